import { HOPS_MAX } from '../wire/datagram.ts'
import { Frontier, stepAt, stepOf } from './frontier.ts'
import { LinkGraph } from './link-graph.ts'

/** A router's place in the tree of one source. */
export interface TreePlace {
  /** The neighbour nearer to the source; 0 at the source itself. */
  readonly parent: number
  readonly children: readonly number[]
}

/**
 * For each source, where `self` stands in the tree of cheapest paths from it, over links that both ends call open. Of paths of the same cost
 * those with fewer hops, and then by the router that the search came to first, in order of short id: all routers with the same graph
 * draw the same trees (Weave row GOS-07).
 */
export function computeFloodTrees(self: number, graph: LinkGraph): ReadonlyMap<number, TreePlace> {
  const net = netOf(graph)
  const at = net.shortIds.indexOf(self)
  const places = new Map<number, TreePlace>()
  if (at < 0) return places
  for (const [source, shortId] of net.shortIds.entries()) {
    const place = new TreeSearch(net, at).from(source)
    if (place !== undefined) places.set(shortId, place)
  }
  return places
}

/** Trees of the graph of the last time: a search from each source takes long in a large cluster, and most changes there are no links'. */
export class FloodTrees {
  readonly #self: number
  #graph = new LinkGraph()
  #places: ReadonlyMap<number, TreePlace> = new Map()

  constructor(self: number) {
    this.#self = self
  }

  of(graph: LinkGraph): ReadonlyMap<number, TreePlace> {
    if (this.#graph.equals(graph)) return this.#places
    this.#graph = graph
    this.#places = computeFloodTrees(this.#self, graph)
    return this.#places
  }
}

/** The graph in order of short ids, whatever order it was told in; routers by their place in that. */
interface Net {
  readonly shortIds: readonly number[]
  readonly links: readonly (readonly Link[])[]
}

interface Link {
  readonly to: number
  readonly cost: number
}

function netOf(graph: LinkGraph): Net {
  const shortIds = [...graph.shortIds].sort((a, b) => a - b)
  const placeOf = new Map(shortIds.map((shortId, place) => [shortId, place]))
  const links = shortIds.map(shortId => {
    const all: Link[] = []
    graph.eachLink(graph.placeOf(shortId) ?? 0, (to, cost) => {
      const peer = graph.shortIds[to] ?? 0
      if (peer !== shortId) all.push({ to: placeOf.get(peer) ?? 0, cost })
    })
    return all
  })
  return { shortIds, links }
}

/** For cheapest paths from one source, as far as they tell where `self` stands. */
class TreeSearch {
  readonly #net: Net
  readonly #self: number
  readonly #frontier = new Frontier()
  /** The least step to each router so far, and where it is from. */
  readonly #best: Float64Array
  readonly #parents: Int16Array
  readonly #settled: Uint8Array
  readonly #children: number[] = []
  /** Routers that may yet turn out to be children of `self`. */
  #claimed = 0

  constructor(net: Net, self: number) {
    const { length } = net.shortIds
    this.#net = net
    this.#self = self
    this.#best = new Float64Array(length).fill(Number.POSITIVE_INFINITY)
    this.#parents = new Int16Array(length).fill(NOWHERE)
    this.#settled = new Uint8Array(length)
  }

  /** Undefined when the source does not get to `self`. Once only. */
  from(source: number): TreePlace | undefined {
    this.#frontier.push(stepOf({ place: source, cost: 0, hops: 0, by: 0 }))
    let settledCount = 0
    for (let step = this.#frontier.pop(); step !== undefined; step = this.#frontier.pop()) {
      const { place, cost, hops } = stepAt(step)
      if (this.#settled[place] === 1) continue
      this.#settle(place)
      const by = settledCount++
      for (const link of hops < HOPS_MAX ? this.#linksOf(place) : []) {
        this.#offer(place, stepOf({ place: link.to, cost: cost + link.cost, hops: hops + 1, by }), link.to)
      }
      // Behind this router's own turn nobody becomes its child who is not claimed by then.
      if (this.#settled[this.#self] === 1 && this.#claimed === 0) break
    }
    if (this.#settled[this.#self] !== 1) return undefined
    const parent = this.#parents[this.#self] ?? NOWHERE
    return { parent: parent === NOWHERE ? 0 : this.#shortIdOf(parent), children: this.#children.sort((a, b) => a - b) }
  }

  #settle(place: number): void {
    this.#settled[place] = 1
    if (this.#parents[place] !== this.#self) return
    this.#children.push(this.#shortIdOf(place))
    this.#claimed--
  }

  #offer(from: number, step: number, to: number): void {
    if (this.#settled[to] === 1 || step >= (this.#best[to] ?? 0)) return
    if (this.#parents[to] === this.#self) this.#claimed--
    if (from === this.#self) this.#claimed++
    this.#best[to] = step
    this.#parents[to] = from
    this.#frontier.push(step)
  }

  #linksOf(place: number): readonly Link[] {
    return this.#net.links[place] ?? []
  }

  #shortIdOf(place: number): number {
    return this.#net.shortIds[place] ?? 0
  }
}

const NOWHERE = -1
