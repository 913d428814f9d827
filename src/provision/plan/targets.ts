import { formatEndpoint, parseEndpoint } from '../../base/endpoint.ts'
import type { Problem } from '../../base/user-error.ts'
import { CONTROL_PORT } from '../../contract/ports.ts'
import type { InventoryHost } from './inventory.ts'

export interface Targets {
  readonly endpoints: readonly string[]
  readonly problems: readonly Problem[]
}

/** In a cluster up to this size every host dials every other. */
const ALL_MAX = 64
/** The nearest on either side, which keep the row whole; then ever further ones, so that few steps lead anywhere. */
const NEAR = [1, 2, 3, 4]

/**
 * Whom a host dials at start: everybody else under all their addresses, unless the inventory names peers. In a large cluster it is
 * some of them, for gossip tells of the rest: in the order of their numbers they form a row with chords, so that a new host
 * changes the files of a few.
 */
export function targetsFor(host: InventoryHost, hosts: readonly InventoryHost[], position: number): Targets {
  if (host.peers === undefined) {
    const chosen = hosts.length <= ALL_MAX ? hosts.filter(({ name }) => name !== host.name) : chordsOf(hosts, position)
    return { endpoints: chosen.flatMap(endpointsOf), problems: [] }
  }
  const others = hosts.filter(({ name }) => name !== host.name)
  const found = host.peers.map(peer => resolvePeer(peer, others))
  const problems = host.peers
    .filter((_, i) => found[i] === undefined)
    .map(peer => ({
      cause: `weave_peers of host '${host.name}': '${peer}' is neither an address nor another host of the inventory`,
      remedy: 'give ip[:port] or names of hosts in the inventory',
    }))
  return { endpoints: [...new Set(found.flatMap(endpoints => endpoints ?? []))], problems }
}

/** A name that is misspelt would be passed over by the router. */
export function checkLinkCosts(host: InventoryHost, hosts: readonly InventoryHost[]): readonly Problem[] {
  const others = new Set(hosts.map(({ name }) => name))
  others.delete(host.name)
  return Object.keys(host.linkCosts ?? {})
    .filter(name => !others.has(name))
    .map(name => ({
      cause: `weave_link_costs of host '${host.name}': '${name}' is not another host of the inventory`,
      remedy: 'give costs by names of other hosts in the inventory',
    }))
}

function chordsOf(hosts: readonly InventoryHost[], position: number): readonly InventoryHost[] {
  const distances = [...NEAR]
  for (let distance = 8; distance < hosts.length; distance *= 2) distances.push(distance)
  const positions = distances.flatMap(distance => [position - distance, position + distance])
  return positions.sort((a, b) => a - b).flatMap(each => hosts[each] ?? [])
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
