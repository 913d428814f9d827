import { formatEndpoint, parseEndpoint } from '../../base/endpoint.ts'
import type { Problem } from '../../base/user-error.ts'
import { CONTROL_PORT } from '../../contract/ports.ts'
import type { Inventory, InventoryHost } from './inventory.ts'

export interface Targets {
  readonly endpoints: readonly string[]
  readonly problems: readonly Problem[]
}

/** Whom a host dials at start: everybody else under all their addresses, unless the inventory names peers. */
export function targetsFor(host: InventoryHost, inventory: Inventory): Targets {
  const others = inventory.hosts.filter(({ name }) => name !== host.name)
  if (host.peers === undefined) return { endpoints: others.flatMap(endpointsOf), problems: [] }
  const found = host.peers.map(peer => resolvePeer(peer, others))
  const problems = host.peers
    .filter((_, i) => found[i] === undefined)
    .map(peer => ({
      cause: `weave_peers of host '${host.name}': '${peer}' is neither an address nor another host of the inventory`,
      remedy: 'give ip[:port] or names of hosts in the inventory',
    }))
  return { endpoints: [...new Set(found.flatMap(endpoints => endpoints ?? []))], problems }
}

function resolvePeer(peer: string, others: readonly InventoryHost[]): readonly string[] | undefined {
  const named = others.find(({ name }) => name === peer)
  if (named !== undefined) return endpointsOf(named)
  const endpoint = parseEndpoint(peer, CONTROL_PORT)
  return endpoint.ok ? [formatEndpoint(endpoint.value)] : undefined
}

function endpointsOf(host: InventoryHost): readonly string[] {
  return host.underlayAddresses.map(ip => formatEndpoint({ ip, port: host.port }))
}
