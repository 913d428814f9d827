import type { LinkGraph } from './link-graph.ts'
import { NextHopTurns } from './next-hop-turns.ts'
import { computeRoutes, type Route, Routes } from './routes.ts'

/** A next hop that was changed stays for so long at least, as long as its way is nearly as good as the best one. */
export const NEXT_HOP_HELD_MS = 10_000
/** By which share of the best cost a way may be dearer that is kept for that reason. */
const DEARER_MAX = 0.25

/**
 * Routes whose next hops change seldom: frames that take another way overtake those before them, so two ways that are the better one
 * by turns would have them arrive out of order again and again. And they change in turn with those of others, see `NextHopTurns`.
 *
 *     steady ──another next hop is better──▶ waits for its turn ──▶ changed, recent ──10 s──▶ steady
 *     recent ──another next hop is better──▶ held while near ──10 s since the change, or not near any more──▶ waits for its turn
 *
 * Near: the neighbour is nearer to the peer than this router is, by the best ways of both (the downstream path criterion, RFC 5286,
 * section 3.1, inequality 2), and the way over it is at most a quarter dearer than the best. So each router gives a frame to one that is nearer,
 * however many of them hold, and no loop arises among routers with the same graph. Once no change is recent, all routes are the best.
 */
export class HeldRoutes {
  #routes = new Routes()
  /** When the next hop changed last, by peer; of the last `NEXT_HOP_HELD_MS` only. */
  readonly #changedAt = new Map<number, number>()
  readonly #turns: NextHopTurns
  #releaseAt = Number.POSITIVE_INFINITY

  /** `stepMs`: in so long a neighbour hears what this router has heard, and has drawn its routes. */
  constructor(stepMs: () => number) {
    this.#turns = new NextHopTurns(stepMs)
  }

  /** When to update though nothing has changed: a next hop is held no longer, or it is another one's turn. */
  get deadline(): number {
    return this.#releaseAt
  }

  update(self: number, graph: LinkGraph, now: number): Routes {
    for (const [peer, changedAt] of this.#changedAt) {
      if (changedAt + NEXT_HOP_HELD_MS <= now) this.#changedAt.delete(peer)
    }
    const links: number[] = []
    // Asked of each link once: the search has found out which of them both ends call established.
    const routes = computeRoutes(self, graph, (from, to) => links.push(from, to) > 0)
    this.#releaseAt = Number.POSITIVE_INFINITY
    this.#turns.note(graph, links, now)
    const turns = this.#turns.take(this.#changesTo(routes), now)
    const early = [...this.#changedAt].filter(([peer]) => turns.has(peer))
    if (early.length > 0) this.#hold(early, routes, this.#routesAsBefore(self, graph, early))
    for (const [peer, turnAt] of turns) if (now < turnAt) this.#wait(peer, routes, turnAt)
    for (const [peer] of routes) if (this.#wouldChange(peer, routes)) this.#changedAt.set(peer, now)
    this.#routes = routes
    return routes
  }

  #changesTo(routes: Routes): readonly (readonly [number, Route])[] {
    return [...routes].filter(([peer]) => this.#wouldChange(peer, routes))
  }

  /** A first way is no change, and neither is a way's end. */
  #wouldChange(peer: number, routes: Routes): boolean {
    const [before, after] = [this.#routes.nextHopTo(peer), routes.nextHopTo(peer)]
    return before !== 0 && after !== 0 && before !== after
  }

  /**
   * Ways over the next hops of before, along routers that all have the same one: all ways were like that when they were the best.
   * One more search, and a small one, where a search from each neighbour would have to tell how far each peer is from it.
   */
  #routesAsBefore(self: number, graph: LinkGraph, early: readonly (readonly [number, number])[]): Routes {
    const before = this.#routes
    const wanted = new Set(early.map(([peer]) => before.nextHopTo(peer)))
    return computeRoutes(self, graph, (from, to) => {
      const nextHop = before.nextHopTo(to)
      return from === self ? to === nextHop && wanted.has(to) : nextHop === before.nextHopTo(from)
    })
  }

  #wait(peer: number, routes: Routes, turnAt: number): void {
    const before = this.#routes.get(peer)
    if (before === undefined || !this.#wouldChange(peer, routes)) return
    routes.set(peer, before)
    this.#releaseAt = Math.min(this.#releaseAt, turnAt)
  }

  #hold(early: readonly (readonly [number, number])[], routes: Routes, asBefore: Routes): void {
    for (const [peer, changedAt] of early) {
      const best = routes.get(peer)
      const way = asBefore.get(peer)
      const first = asBefore.get(way?.nextHop ?? 0)
      if (best === undefined || way === undefined || first === undefined) continue
      const isNearer = way.cost - first.cost < best.cost
      if (!isNearer || way.cost > best.cost * (1 + DEARER_MAX)) continue
      routes.set(peer, way)
      this.#releaseAt = Math.min(this.#releaseAt, changedAt + NEXT_HOP_HELD_MS)
    }
  }
}
