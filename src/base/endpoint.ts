import { formatIpAddress, parseIpAddress } from './ip-address.ts'
import { parseIpv4 } from './ipv4.ts'
import { ok, type Result, refused } from './result.ts'

/** Where a socket listens to both families. */
export const ANY_ADDRESS = '::'
export const ANY_IPV4_ADDRESS = '0.0.0.0'

/** Where a socket is: an address of either family, as `formatIpAddress` writes it, and a port. */
export interface Endpoint {
  readonly ip: string
  readonly port: number
}

/** `192.0.2.1:6783` or `[2001:db8::1]:6783`. */
export function formatEndpoint({ ip, port }: Endpoint): string {
  return isIpv6Text(ip) ? `[${ip}]:${port}` : `${ip}:${port}`
}

/** `ip[:port]` (ARG-01); an IPv6 address with a port is in brackets. */
export function parseEndpoint(text: string, defaultPort: number): Result<Endpoint> {
  const { host, port = defaultPort } = splitPort(text)
  if (host === '' || port < 1 || port > 65535) return refused(`'${text}' is not an address with an optional port`)
  if (!isIpv6Text(host)) {
    const ipv4 = parseIpv4(host)
    return ipv4.ok ? ok({ ip: host, port }) : ipv4
  }
  const ip = parseIpAddress(host)
  return ip.ok ? ok({ ip: formatIpAddress(ip.value), port }) : ip
}

/** What stands before the port, and the port if there is one; an empty host when the text is neither. */
export function splitPort(text: string): { readonly host: string; readonly port?: number } {
  const [, inBrackets, bare, port] = /^(?:\[([^\][]*:[^\][]*)\]|([^:\][]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = inBrackets ?? bare ?? (/^[^\][]*:[^\][]*:[^\][]*$/.test(text) ? text : '')
  return port === undefined ? { host } : { host, port: Number(port) }
}

export function isSameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.ip === b.ip && a.port === b.port
}

export function isIpv6Text(ip: string): boolean {
  return ip.includes(':')
}
