import { HOPS_MAX } from '../wire/datagram.ts'
import { Frontier, stepAt, stepOf } from './frontier.ts'
import type { LinkGraph } from './link-graph.ts'

export interface Route {
  /** The neighbour that frames for the peer are given to. */
  readonly nextHop: number
  readonly hops: number
  readonly cost: number
}

/** Ways to peers, by short id. Eight bytes for each rather than an object: there may be thousands. */
export class Routes implements Iterable<[number, Route]> {
  readonly #nextHops: Uint16Array
  readonly #hops: Uint8Array
  readonly #costs: Uint32Array
  #size = 0

  /** `shortIdMax`: the highest of those that may be added. */
  constructor(shortIdMax = 0) {
    this.#nextHops = new Uint16Array(shortIdMax + 1)
    this.#hops = new Uint8Array(shortIdMax + 1)
    this.#costs = new Uint32Array(shortIdMax + 1)
  }

  get size(): number {
    return this.#size
  }

  has(peer: number): boolean {
    return (this.#hops[peer] ?? 0) > 0
  }

  get(peer: number): Route | undefined {
    const hops = this.#hops[peer] ?? 0
    return hops === 0 ? undefined : { nextHop: this.#nextHops[peer] ?? 0, hops, cost: this.#costs[peer] ?? 0 }
  }

  /** Peers that there is no way to among the other ones. */
  lackingIn(others: Routes): readonly number[] {
    const lacking: number[] = []
    for (let peer = 0; peer < this.#hops.length; peer++) if (this.has(peer) && !others.has(peer)) lacking.push(peer)
    return lacking
  }

  /** 0 when there is no way. */
  nextHopTo(peer: number): number {
    return this.#nextHops[peer] ?? 0
  }

  /** Ascending. */
  *[Symbol.iterator](): Iterator<[number, Route]> {
    for (let peer = 0; peer < this.#hops.length; peer++) {
      const route = this.get(peer)
      if (route !== undefined) yield [peer, route]
    }
  }

  /** In the place of the way that there is, if there is one. */
  set(peer: number, { nextHop, hops, cost }: Route): void {
    if (!this.has(peer)) this.#size++
    this.#nextHops[peer] = nextHop
    this.#hops[peer] = hops
    this.#costs[peer] = cost
  }
}

/**
 * Cheapest paths from `self` (Dijkstra) over links that both ends call established, each at the higher of the costs that its ends
 * give it. Among equals the path over the lower short id, so that routers with the same graph make the same choices (Weave row
 * GOS-07), and a frame comes nearer with every hop. Peers more than `HOPS_MAX` away have no route: datagrams do not get there.
 * `mayGo`: to leave out links, asked at the end that is nearer to `self`; both by short id.
 */
export function computeRoutes(
  self: number,
  graph: LinkGraph,
  mayGo: (from: number, to: number) => boolean = () => true,
): Routes {
  const { shortIds } = graph
  const routes = new Routes(shortIds.reduce((max, shortId) => Math.max(max, shortId), 0))
  const start = graph.placeOf(self)
  if (start === undefined) return routes
  const frontier = new Frontier()
  frontier.push(stepOf({ place: start, cost: 0, hops: 0, by: self }))
  const settled = new Uint8Array(shortIds.length)
  for (let step = frontier.pop(); step !== undefined; step = frontier.pop()) {
    const { place, cost, hops, by } = stepAt(step)
    if (settled[place] === 1) continue
    settled[place] = 1
    const from = shortIds[place] ?? 0
    if (hops > 0) routes.set(from, { nextHop: by, hops, cost })
    if (hops >= HOPS_MAX) continue
    graph.eachLink(place, (to, more) => {
      const peer = shortIds[to] ?? 0
      if (settled[to] === 1 || !mayGo(from, peer)) return
      frontier.push(stepOf({ place: to, cost: cost + more, hops: hops + 1, by: hops === 0 ? peer : by }))
    })
  }
  return routes
}
