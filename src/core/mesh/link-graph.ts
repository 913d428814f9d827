/** A router and the neighbours that it says it exchanges datagrams with. */
export interface GraphNode {
  readonly shortId: number
  readonly neighbours: readonly number[]
  /** One for each neighbour, 1 to 65,535; 1 each when left out. */
  readonly costs?: readonly number[]
}

/**
 * Who says to exchange datagrams with whom, and at what cost. In flat lists, without an object for each router or link: a router of a
 * cluster of a thousand draws this anew for every change anywhere. A router comes once, and its links right after it.
 */
export class LinkGraph {
  readonly shortIds: number[] = []
  readonly #places = new Map<number, number>()
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #costs: number[] = []

  static of(nodes: readonly GraphNode[]): LinkGraph {
    const graph = new LinkGraph()
    for (const { shortId, neighbours, costs } of nodes) {
      graph.addNode(shortId)
      for (let i = 0; i < neighbours.length; i++) graph.addLink(neighbours[i] ?? 0, costs?.[i] ?? 1)
    }
    return graph
  }

  addNode(shortId: number): void {
    this.#places.set(shortId, this.shortIds.length)
    this.shortIds.push(shortId)
    this.#starts.push(this.#ends.length)
  }

  /** Of the router that was added last. */
  addLink(to: number, cost: number): void {
    this.#ends.push(to)
    this.#costs.push(Math.max(1, cost))
  }

  /** Undefined when the router has said nothing. */
  placeOf(shortId: number): number | undefined {
    return this.#places.get(shortId)
  }

  /** Links with others that call them established too, each at the higher of the costs that its ends give it. */
  eachLink(place: number, visit: (to: number, cost: number) => void): void {
    const from = this.shortIds[place] ?? 0
    const end = this.#endOf(place)
    for (let at = this.#starts[place] ?? 0; at < end; at++) {
      const to = this.#places.get(this.#ends[at] ?? 0)
      const back = to === undefined ? 0 : this.#costBack(to, from)
      if (to !== undefined && back > 0) visit(to, Math.max(this.#costs[at] ?? 1, back))
    }
  }

  /** Both ends call it established. */
  hasLink(a: number, b: number): boolean {
    const [from, to] = [this.#places.get(a), this.#places.get(b)]
    return from !== undefined && to !== undefined && this.#costBack(from, b) > 0 && this.#costBack(to, a) > 0
  }

  /** The same routers say the same of the same links, in the same order. */
  equals(other: LinkGraph): boolean {
    return (
      isSameNumbers(this.shortIds, other.shortIds) &&
      isSameNumbers(this.#starts, other.#starts) &&
      isSameNumbers(this.#ends, other.#ends) &&
      isSameNumbers(this.#costs, other.#costs)
    )
  }

  /** 0 when the link is not one that the router at `place` knows of. */
  #costBack(place: number, shortId: number): number {
    const end = this.#endOf(place)
    for (let at = this.#starts[place] ?? 0; at < end; at++) if (this.#ends[at] === shortId) return this.#costs[at] ?? 1
    return 0
  }

  #endOf(place: number): number {
    return this.#starts[place + 1] ?? this.#ends.length
  }
}

export function isSameNumbers(list: readonly number[], other: ArrayLike<number>): boolean {
  return list.length === other.length && list.every((number, i) => number === other[i])
}
