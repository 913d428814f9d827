import { parseIpv4 } from './ipv4.ts'
import { ok, type Result, refused } from './result.ts'

/** Where a socket is: an IPv4 address in text form and a port. */
export interface Endpoint {
  readonly ip: string
  readonly port: number
}

export function formatEndpoint(endpoint: Endpoint): string {
  return `${endpoint.ip}:${endpoint.port}`
}

/** `ip[:port]` (ARG-01). */
export function parseEndpoint(text: string, defaultPort: number): Result<Endpoint> {
  const match = /^([^:]+)(?::(\d{1,5}))?$/.exec(text)
  const port = match?.[2] === undefined ? defaultPort : Number(match[2])
  if (match === null || port < 1 || port > 65535) return refused(`'${text}' is not an address with an optional port`)
  const ip = parseIpv4(match[1] ?? '')
  return ip.ok ? ok({ ip: match[1] ?? '', port }) : ip
}
