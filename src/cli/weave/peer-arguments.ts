import { lookup } from 'node:dns/promises'
import { parseInterfaceAddress } from '../../base/cidr.ts'
import { type Endpoint, formatEndpoint, isIpv6Text, parseEndpoint, splitPort } from '../../base/endpoint.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { CONTROL_PORT } from '../../contract/ports.ts'
import { warn } from './report.ts'

/** Of one name. */
const NAME_ADDRESSES_MAX = 8

/** `ip_or_name[:port]`, each (Weave row ARG-01), IPv6 as `[ip]:port`; a name stands for all its addresses. */
export async function resolvePeers(peers: readonly string[], defaultPort = CONTROL_PORT): Promise<readonly Endpoint[]> {
  const resolved = await Promise.all(peers.map(peer => resolvePeer(peer, defaultPort)))
  return resolved.flat()
}

/** As the router takes them. */
export function peerForm(peers: readonly Endpoint[]): URLSearchParams {
  const form = new URLSearchParams()
  for (const peer of peers) form.append('peer', formatEndpoint(peer))
  return form
}

/** `weave launch` once took the router's own address first (Weave row OLD-01). */
export function withoutOwnAddress(peers: readonly string[]): readonly string[] {
  const [first = '', ...others] = peers
  if (!parseInterfaceAddress(first).ok) return peers
  warn(`'${first}' is ignored: a router needs no address of its own`)
  return others
}

async function resolvePeer(peer: string, defaultPort: number): Promise<readonly Endpoint[]> {
  const endpoint = parseEndpoint(peer, defaultPort)
  if (endpoint.ok) return [endpoint.value]
  const { host, port = defaultPort } = splitPort(peer)
  const isName = host !== '' && !isIpv6Text(host) && !/^[\d.]+$/.test(host)
  if (!isName || port < 1 || port > 65535) throw badPeer(`'${peer}' is not a peer`)
  return (await lookUp(host)).map(ip => ({ ip, port }))
}

async function lookUp(name: string): Promise<readonly string[]> {
  try {
    const found = await lookup(name, { all: true })
    return [...new Set(found.map(({ address }) => address))].slice(0, NAME_ADDRESSES_MAX)
  } catch (cause) {
    throw badPeer(`the name '${name}' has no address: ${(cause as NodeJS.ErrnoException).code}`)
  }
}

function badPeer(cause: string): UserError {
  return new UserError(
    { cause, remedy: 'give a peer as ADDRESS[:PORT], [IPV6][:PORT] or NAME[:PORT]' },
    EXIT_CODES.badInput,
  )
}
