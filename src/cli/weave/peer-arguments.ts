import { lookup } from 'node:dns/promises'
import { parseInterfaceAddress } from '../../base/cidr.ts'
import { type Endpoint, formatEndpoint, parseEndpoint } from '../../base/endpoint.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { CONTROL_PORT } from '../../contract/ports.ts'
import { warn } from './report.ts'

/** `ip_or_name[:port]`, each (Weave row ARG-01); a name stands for its first IPv4 address. */
export function resolvePeers(peers: readonly string[], defaultPort = CONTROL_PORT): Promise<readonly Endpoint[]> {
  return Promise.all(peers.map(peer => resolvePeer(peer, defaultPort)))
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

async function resolvePeer(peer: string, defaultPort: number): Promise<Endpoint> {
  const [, name = '', port] = /^([^:]+)(?::(\d+))?$/.exec(peer) ?? []
  const address = /^[\d.]+$/.test(name) || name === '' ? name : await lookUp(name)
  const endpoint = parseEndpoint(port === undefined ? address : `${address}:${port}`, defaultPort)
  if (endpoint.ok) return endpoint.value
  throw badPeer(`'${peer}' is not a peer`)
}

async function lookUp(name: string): Promise<string> {
  try {
    return (await lookup(name, { family: 4 })).address
  } catch (cause) {
    throw badPeer(`the name '${name}' has no IPv4 address: ${(cause as NodeJS.ErrnoException).code}`)
  }
}

function badPeer(cause: string): UserError {
  return new UserError({ cause, remedy: 'give a peer as ADDRESS[:PORT] or NAME[:PORT]' }, EXIT_CODES.badInput)
}
