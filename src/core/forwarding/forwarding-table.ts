import type { Endpoint } from '../../base/endpoint.ts'

/** All that the data plane knows of the cluster: a value, replaced as a whole whenever the router decides anew. */
export interface ForwardingTable {
  readonly self: number
  readonly peers: readonly ForwardingPeer[]
  /**
   * Neighbours: where their datagrams go to, and the only sources whose datagrams are relayed. Without an endpoint they go over the
   * control link.
   */
  readonly neighbours: readonly { readonly shortId: number; readonly endpoint?: Endpoint }[]
}

export interface ForwardingPeer {
  readonly shortId: number
  /** Neighbour that frames for this peer are given to; absent while the peer is unreachable. */
  readonly nextHop?: number
  /** Its way is beside the links, and is let go unless the data plane says from time to time that there are frames for it. */
  readonly isBeside?: boolean
  /** Seals what is sent to the peer. */
  readonly sealing?: SessionKey
  /** Open what comes from the peer; several during a re-key. */
  readonly opening: readonly SessionKey[]
  /** Floods reach the peer by the fast path; what comes here for it nevertheless is flooded to the others. */
  readonly isFloodedByKernel?: boolean
}

/** A key for one direction between two routers, and the two key ids by which a datagram names it. */
export interface SessionKey {
  readonly sourceKeyId: number
  readonly destinationKeyId: number
  /** AES-256, 32 bytes. */
  readonly key: Uint8Array
}

/** Peer to the endpoint of the neighbour that leads there; `endpoints` are those of neighbours. */
export function routesOf<T>(table: ForwardingTable, endpoints: ReadonlyMap<number, T>): Map<number, T> {
  const routes = new Map<number, T>()
  for (const { shortId, nextHop } of table.peers) {
    const endpoint = nextHop === undefined ? undefined : endpoints.get(nextHop)
    if (endpoint !== undefined) routes.set(shortId, endpoint)
  }
  return routes
}

/** Peers behind a relay, or on a way beside the links. */
export function relayedOf(table: ForwardingTable): readonly number[] {
  const relayed = table.peers.filter(({ nextHop, shortId, isBeside }) => nextHop !== shortId || isBeside === true)
  return relayed.map(({ shortId }) => shortId)
}
