/** So many starts in a row are nobody's business: hosts are set up, and tried, more than once. */
export const STARTS_FREE = 5
/** Of the starts that were counted half are forgotten after so long. */
export const HALF_LIFE_MS = 30_000
const FIRST_HOLD_MS = 1_000
/** Short enough that a cluster is whole again soon after the last start. */
export const HOLD_MAX_MS = 10_000

/** A peer that starts again and again. */
export interface Flapping {
  /** Lately: older ones count for less. */
  readonly starts: number
  /** Until then no links are taken with it. */
  readonly heldUntil: number
}

/**
 * Counts the starts of peers, and holds down those that start again and again: each start costs everybody a few records and new
 * routes, and a peer that ends at once is of no use as a neighbour. As with BGP's flap damping (RFC 2439) what is counted fades:
 *
 *     free ──more than STARTS_FREE starts──▶ held for 1 s ──once more──▶ 2 s ──▶ 4 s … HOLD_MAX_MS ──no more starts──▶ free
 */
export class Restarts {
  /** Those that have started again lately only. */
  readonly #counted = new Map<number, Flapping & { readonly countedAt: number }>()

  /** The peer has started again. True when that is what it is held down for. */
  started(peer: number, now: number): boolean {
    const wasHeld = this.of(peer, now) !== undefined
    const starts = this.#startsOf(peer, now) + 1
    const isHeld = starts > STARTS_FREE
    const holdMs = Math.min(HOLD_MAX_MS, FIRST_HOLD_MS * 2 ** (Math.ceil(starts) - STARTS_FREE - 1))
    this.#counted.set(peer, { starts, countedAt: now, heldUntil: isHeld ? now + holdMs : now })
    this.#forgetFaded(now)
    return isHeld && !wasHeld
  }

  /** While it is held down. */
  of(peer: number, now: number): Flapping | undefined {
    const known = this.#counted.get(peer)
    return known === undefined || now >= known.heldUntil ? undefined : known
  }

  forget(peer: number): void {
    this.#counted.delete(peer)
  }

  #startsOf(peer: number, now: number): number {
    const known = this.#counted.get(peer)
    return known === undefined ? 0 : known.starts * 2 ** ((known.countedAt - now) / HALF_LIFE_MS)
  }

  #forgetFaded(now: number): void {
    for (const peer of this.#counted.keys()) if (this.#startsOf(peer, now) < 0.5) this.#counted.delete(peer)
  }
}
