/** The way that frames for a peer take: the first hop, and whether it is beside the links or in the kernel. */
export interface Way {
  readonly shortId: number
  readonly nextHop?: number
  readonly isBeside?: boolean
  readonly isFloodedByKernel?: boolean
}

/** Another first hop, or the same beside the links where it was by one, or the other way round. */
export interface WayMove {
  readonly before: Way
  readonly after: Way
}

interface Known {
  /** All that a way is, in one number: the way itself may be part of a table that would be kept with it. */
  readonly way: number
  readonly since: number
}

/** Since when frames for each peer have gone the way that they go. */
export class WayAges {
  #known = new Map<number, Known>()

  /** The ways as they are from `now` on; what is not among them is forgotten. Gives those of the sleeve that have changed. */
  note(ways: readonly Way[], now: number): readonly WayMove[] {
    const known = new Map<number, Known>()
    const moves: WayMove[] = []
    for (const { shortId, nextHop, isBeside = false, isFloodedByKernel = false } of ways) {
      if (nextHop === undefined) continue
      const way = pack(nextHop, isBeside, isFloodedByKernel)
      const before = this.#known.get(shortId)
      const isSame = before?.way === way
      known.set(shortId, isSame ? before : { way, since: now })
      if (before !== undefined && !isSame && !inKernel(before.way) && !inKernel(way)) {
        moves.push({ before: unpack(shortId, before.way), after: unpack(shortId, way) })
      }
    }
    this.#known = known
    return moves
  }

  /** Undefined when there is no way. */
  sinceOf(peer: number): number | undefined {
    return this.#known.get(peer)?.since
  }
}

function pack(nextHop: number, isBeside: boolean, isFloodedByKernel: boolean): number {
  return nextHop * 4 + (isBeside ? 2 : 0) + (isFloodedByKernel ? 1 : 0)
}

/** Of a way that the kernel does not flood. */
function unpack(shortId: number, way: number): Way {
  return { shortId, nextHop: way >>> 2, isBeside: (way & 2) !== 0 }
}

function inKernel(way: number): boolean {
  return (way & 1) !== 0
}
