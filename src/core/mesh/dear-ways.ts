import type { Routes } from './routes.ts'

/** What was decided stays for so long, as long as it is nearly as good as the other. */
export const DEAR_HELD_MS = 10_000
/** By which share of the cheaper way's cost the other may be dearer that is kept for that reason. */
const DEARER_MAX = 0.25

interface Choice {
  readonly isDear: boolean
  readonly changedAt: number
}

/**
 * To which peers the way straight there is left alone, because it costs more than the way over links does, by what an operator says, or
 * as it was measured:
 *
 *     straight ──a route is cheaper──▶ dear ──the route is lost, or dearer──▶ straight
 *
 * Where the two cost nearly the same, frames would change ways again and again: a choice is held, as next hops are (`HeldRoutes`). A
 * route that is lost is followed at once. Ways of which no cost is given are not dear.
 */
export class DearWays {
  #choices = new Map<number, Choice>()
  #releaseAt = Number.POSITIVE_INFINITY

  /** When to update though nothing has changed: a choice is held no longer. */
  get deadline(): number {
    return this.#releaseAt
  }

  /** `straight`: what the ways straight to peers cost. Gives those of it that are to be left alone. */
  update(straight: ReadonlyMap<number, number>, routes: Routes, now: number): ReadonlyMap<number, number> {
    this.#releaseAt = Number.POSITIVE_INFINITY
    const choices = new Map<number, Choice>()
    const dear = new Map<number, number>()
    for (const [peer, cost] of straight) {
      const choice = this.#choose(peer, cost, { route: routes.get(peer)?.cost, now })
      choices.set(peer, choice)
      if (choice.isDear) dear.set(peer, cost)
    }
    this.#choices = choices
    return dear
  }

  #choose(
    peer: number,
    cost: number,
    { route, now }: { readonly route: number | undefined; readonly now: number },
  ): Choice {
    const isDear = route !== undefined && route < cost
    const before = this.#choices.get(peer)
    if (before === undefined) return { isDear, changedAt: Number.NEGATIVE_INFINITY }
    if (before.isDear === isDear) return before
    const heldUntil = before.changedAt + DEAR_HELD_MS
    const isNear = route !== undefined && Math.max(cost, route) <= Math.min(cost, route) * (1 + DEARER_MAX)
    if (!isNear || now >= heldUntil) return { isDear, changedAt: now }
    this.#releaseAt = Math.min(this.#releaseAt, heldUntil)
    return before
  }
}
