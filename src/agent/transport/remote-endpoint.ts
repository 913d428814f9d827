import type { Socket } from 'node:net'
import type { Endpoint } from '../../base/endpoint.ts'
import { formatIpAddress, parseIpAddress } from '../../base/ip-address.ts'

/** Who is at the other end: of a socket of both families, an IPv4 address in its own form. Without an address when it has gone. */
export function remoteOf(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): Endpoint {
  const parsed = parseIpAddress((socket.remoteAddress ?? '').replace(/%.*$/, ''))
  return { ip: parsed.ok ? formatIpAddress(parsed.value) : '', port: socket.remotePort ?? 0 }
}
