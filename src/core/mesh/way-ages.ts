/** The way that frames for a peer take: the first hop, and whether it is beside the links or in the kernel. */
export interface Way {
  readonly shortId: number
  readonly nextHop?: number
  readonly isBeside?: boolean
  readonly isFloodedByKernel?: boolean
}

interface Known {
  /** All that a way is, in one number. */
  readonly way: number
  readonly since: number
}

/** Since when frames for each peer have gone the way that they go. */
export class WayAges {
  #known = new Map<number, Known>()

  /** The ways as they are from `now` on; what is not among them is forgotten. */
  note(ways: readonly Way[], now: number): void {
    const known = new Map<number, Known>()
    for (const { shortId, nextHop, isBeside = false, isFloodedByKernel = false } of ways) {
      if (nextHop === undefined) continue
      const way = nextHop * 4 + (isBeside ? 2 : 0) + (isFloodedByKernel ? 1 : 0)
      const before = this.#known.get(shortId)
      known.set(shortId, before?.way === way ? before : { way, since: now })
    }
    this.#known = known
  }

  /** Undefined when there is no way. */
  sinceOf(peer: number): number | undefined {
    return this.#known.get(peer)?.since
  }
}
