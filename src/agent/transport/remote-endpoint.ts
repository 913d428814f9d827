import type { Socket } from 'node:net'
import type { Endpoint } from '../../base/endpoint.ts'
import { firstOf, formatIpAddress, formatIpNetwork, isIpv4, parseIpAddress } from '../../base/ip-address.ts'

const SITE_PREFIX = 64

/** Who is at the other end: of a socket of both families, an IPv4 address in its own form. Without an address when it has gone. */
export function remoteOf(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): Endpoint {
  const parsed = parseIpAddress((socket.remoteAddress ?? '').replace(/%.*$/, ''))
  return { ip: parsed.ok ? formatIpAddress(parsed.value) : '', port: socket.remotePort ?? 0 }
}

/** What counts as one stranger: who has an IPv6 address has all of its network of 64 bits (RFC 6177). */
export function strangerAt(ip: string): string {
  const address = parseIpAddress(ip)
  if (!address.ok || isIpv4(address.value)) return ip
  return formatIpNetwork({ network: firstOf(address.value, SITE_PREFIX), prefix: SITE_PREFIX })
}
