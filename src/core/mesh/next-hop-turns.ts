import { isSameNumbers, type LinkGraph } from './link-graph.ts'
import type { Route } from './routes.ts'

/** So many steps after a link was lost all changes are made at once: until all near it have heard of it, and of what follows. */
const UNSETTLED_STEPS = 4

interface Turn {
  readonly nextHop: number
  readonly at: number
}

/**
 * When this router takes another next hop though no link was lost: a link has come to cost more or less, or there is one more.
 *
 * A step is the time in which a neighbour hears what this router has heard. A router waits a step for each hop that the peer is away from
 * its new next hop, so those on the new way change first: a frame keeps to the old way, or is on the new one to its end, and none goes in
 * circles (RFC 6976, with an order for each peer). That holds for one change at a time: of several within a few steps some frames may be lost.
 * Once a link was lost nobody waits, for what is lost by then goes on being lost.
 */
export class NextHopTurns {
  readonly #stepMs: () => number
  /** Of the graph before, by the short ids of both ends. Numbers of two bytes: there may be thousands. */
  #links = new Uint16Array(0)
  #unsettledUntil = Number.NEGATIVE_INFINITY
  #turns = new Map<number, Turn>()

  constructor(stepMs: () => number) {
    this.#stepMs = stepMs
  }

  /** Call with each graph, before `take`. `links`: those that lead somewhere, by the short ids of both ends. */
  note(graph: LinkGraph, links: readonly number[], now: number): void {
    if (isSameNumbers(links, this.#links)) return
    if (lacksSome(graph, this.#links)) this.#unsettledUntil = now + UNSETTLED_STEPS * this.#stepMs()
    this.#links = Uint16Array.from(links)
  }

  /** When each may change, by peer. `wanted`: the best ways to all peers that have another next hop; a peer that is left out begins anew. */
  take(wanted: readonly (readonly [number, Route])[], now: number): ReadonlyMap<number, number> {
    const before = this.#turns
    this.#turns = new Map(wanted.map(([peer, route]) => [peer, this.#turnOf(route, before.get(peer), now)]))
    return new Map([...this.#turns].map(([peer, { at }]) => [peer, at]))
  }

  #turnOf({ nextHop, hops }: Route, known: Turn | undefined, now: number): Turn {
    const at = now < this.#unsettledUntil ? now : now + (hops - 1) * this.#stepMs()
    return { nextHop, at: known?.nextHop === nextHop ? Math.min(known.at, at) : at }
  }
}

function lacksSome(graph: LinkGraph, links: Uint16Array): boolean {
  for (let i = 0; i < links.length; i += 2) if (!graph.hasLink(links[i] ?? 0, links[i + 1] ?? 0)) return true
  return false
}
