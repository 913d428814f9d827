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
  readonly way: Way
  readonly since: number
}

/** Since when frames for each peer have gone the way that they go. */
export class WayAges {
  #known = new Map<number, Known>()

  /** The ways as they are from `now` on; what is not among them is forgotten. Gives those of the sleeve that have changed. */
  note(ways: readonly Way[], now: number): readonly WayMove[] {
    const known = new Map<number, Known>()
    const moves: WayMove[] = []
    for (const way of ways) {
      if (way.nextHop === undefined) continue
      const before = this.#known.get(way.shortId)
      const isSame = before !== undefined && isSameWay(before.way, way)
      known.set(way.shortId, isSame ? before : { way, since: now })
      if (before !== undefined && !isSame && !inKernel(before.way) && !inKernel(way)) {
        moves.push({ before: before.way, after: way })
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

function isSameWay(a: Way, b: Way): boolean {
  return a.nextHop === b.nextHop && (a.isBeside ?? false) === (b.isBeside ?? false) && inKernel(a) === inKernel(b)
}

function inKernel({ isFloodedByKernel = false }: Way): boolean {
  return isFloodedByKernel
}
