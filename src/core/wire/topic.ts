/**
 * What records are about. Each peer owns one signed, versioned record for each topic, and gossip carries all of them alike: routers
 * pass on topics that they make nothing of, so that clusters of mixed releases work.
 */
export const Topic = {
  /** The peer itself: addresses, data key, links. */
  peer: 0,
  /** Names that the peer's containers have (DNS). */
  names: 1,
  /** Addresses that the peer owns and has given out (IPAM). */
  addresses: 2,
  /** Peers that this one exchanges VXLAN with. */
  fastPath: 3,
  /** The peer's WireGuard device, and peers that this one exchanges VXLAN with inside it. */
  tunnel: 4,
  /** What the peer's operator says that the way straight to others costs. */
  costs: 5,
  /** What this router has measured that its links of `fastPath` cost. */
  fastCosts: 6,
} as const

/** Topics are numbers below this: with the sizes of their records it bounds what gossip keeps for one peer. */
export const TOPICS_MAX = 8

/** What a signature covers in front of the record, so that a record of one topic can never pass for one of another. */
export function contextOf(topic: number): string {
  return CONTEXTS[topic] ?? `weave topic ${topic} v1`
}

const CONTEXTS = ['weave record v1', 'weave names v1', 'weave addresses v1', 'weave fast path v1', 'weave tunnel v1']
