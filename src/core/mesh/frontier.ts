/** How a search for cheapest paths gets to a router. */
export interface Step {
  /** Of the router, in the graph. */
  readonly place: number
  readonly cost: number
  readonly hops: number
  /** What decides among paths of the same cost and as many hops: the lower goes first. 12 bits. */
  readonly by: number
}

/** Short ids have 12 bits, of which 0 is no router's. */
const PLACES = 4096
const BYS = 4096
const HOPS = 64

/** One number, so that the lesser of two is the better one: cost, then hops, then what decides among equals. 51 bits. */
export function stepOf({ place, cost, hops, by }: Step): number {
  return ((cost * HOPS + hops) * BYS + by) * PLACES + place
}

export function stepAt(step: number): Step {
  const upper = Math.floor(step / PLACES)
  const top = Math.floor(upper / BYS)
  return { place: step % PLACES, cost: Math.floor(top / HOPS), hops: top % HOPS, by: upper % BYS }
}

/** Steps that are still to be taken, the least first: a binary heap. */
export class Frontier {
  readonly #heap: number[] = []

  push(step: number): void {
    const heap = this.#heap
    let at = heap.push(step) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above] ?? 0
      if (parent <= step) break
      heap[at] = parent
      at = above
    }
    heap[at] = step
  }

  pop(): number | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) this.#sink(last)
    return first
  }

  #sink(step: number): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      const left = heap[2 * at + 1] ?? Number.POSITIVE_INFINITY
      const right = heap[2 * at + 2] ?? Number.POSITIVE_INFINITY
      const least = Math.min(left, right)
      if (least >= step) break
      heap[at] = least
      at = 2 * at + (right < left ? 2 : 1)
    }
    heap[at] = step
  }
}
