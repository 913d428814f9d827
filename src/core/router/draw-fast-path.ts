import type { IpAddress } from '../../base/ip-address.ts'
import type { FastPathTable, FloodTree } from '../mesh/fast-path-table.ts'
import type { FloodTrees } from '../mesh/flood-trees.ts'
import type { LinkGraph } from '../mesh/link-graph.ts'
import { HOP_COST } from '../mesh/link-quality.ts'
import type { Route, Routes } from '../mesh/routes.ts'
import { tunnelEndOf } from '../mesh/tunnel-address.ts'

/** What the fast path is drawn from. */
export interface FastPathFacts {
  readonly self: number
  /** Links over trusted networks, this router's included, and what they cost. */
  readonly graph: LinkGraph
  readonly floodTrees: FloodTrees
  /** Along these links. */
  readonly clear: Routes
  /** Peers that this router exchanges VXLAN with inside a tunnel, proved by both ends. */
  readonly tunnelled: readonly number[]
  /** Where the link to a neighbour over trusted networks leads. */
  readonly addressOf: (peer: number) => IpAddress | undefined
  readonly endpoints: ReadonlyMap<IpAddress, number>
  /** All but this router. */
  readonly members: readonly number[]
  /** Whether the sleeve has a way to the peer. */
  readonly isReachable: (peer: number) => boolean
}

export interface DrawnFastPath {
  readonly table: FastPathTable
  readonly routes: ReadonlyMap<number, Route>
}

/**
 * Over trusted networks the cheapest way; to a peer without such a way, the tunnel, if there is one. Nothing is relayed into
 * a tunnel or out of one: it ends where frames are opened, and a relay must not see what is sealed (docs/decisions/0009).
 */
export function drawFastPath(facts: FastPathFacts): DrawnFastPath {
  const { self, addressOf, members, isReachable } = facts
  const routes = new Map(facts.clear)
  const hops = new Map<number, IpAddress>()
  for (const [peer, { nextHop }] of routes) {
    const address = addressOf(nextHop)
    if (address !== undefined) hops.set(peer, address)
  }
  const tunnelled = facts.tunnelled.filter(peer => !routes.has(peer))
  for (const peer of tunnelled) {
    routes.set(peer, { nextHop: peer, hops: 1, cost: HOP_COST })
    hops.set(peer, tunnelEndOf(peer))
  }
  const flooded = new Set(hops.keys())
  const puntsFloods = members.some(peer => !flooded.has(peer) && isReachable(peer))
  const { endpoints } = facts
  const trees = drawTrees(facts, tunnelled)
  return { routes, table: { self, members: new Set(members), endpoints, hops, trees, flooded, puntsFloods } }
}

/** What a source floods into a tunnel ends at its other end. */
function drawTrees(facts: FastPathFacts, tunnelled: readonly number[]): Map<number, FloodTree> {
  const { self, graph, floodTrees, addressOf } = facts
  const trees = new Map<number, FloodTree>()
  for (const [source, { parent, children }] of floodTrees.of(graph)) {
    const sealed = source === self ? tunnelled.map(tunnelEndOf) : []
    trees.set(source, { parent, children: [...children.flatMap(child => addressOf(child) ?? []), ...sealed] })
  }
  for (const peer of tunnelled) trees.set(peer, { parent: peer, children: [] })
  return trees
}
