import { FadingCounts } from './fading-counts.ts'

/** So many starts in a row are nobody's business: hosts are set up, and tried, more than once. */
export const TIMES_FREE = 5
/** Starts that are half a minute apart are not held against a peer. */
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
 *     free ──more than TIMES_FREE starts──▶ held for 1 s ──once more──▶ 2 s ──▶ 4 s … HOLD_MAX_MS ──no more starts──▶ free
 */
export class Restarts {
  readonly #counts = new FadingCounts(HALF_LIFE_MS)
  /** The last hold of each, over or not. */
  readonly #held = new Map<number, Flapping>()

  /** The peer has started again. True when that is what it is held down for. */
  started(peer: number, now: number): boolean {
    const wasHeld = this.of(peer, now) !== undefined
    const starts = this.#counts.add(peer, now)
    if (starts <= TIMES_FREE) return false
    this.#held.set(peer, { starts, heldUntil: now + holdMsFor(starts) })
    return !wasHeld
  }

  /** While it is held down. */
  of(peer: number, now: number): Flapping | undefined {
    const held = this.#held.get(peer)
    return held !== undefined && now < held.heldUntil ? held : undefined
  }

  get size(): number {
    return Math.max(this.#counts.size, this.#held.size)
  }

  forget(peer: number): void {
    this.#counts.forget(peer)
    this.#held.delete(peer)
  }
}

/** For a peer that does what costs all others something again and again: `times` lately, more than are free. */
export function holdMsFor(times: number): number {
  return Math.min(HOLD_MAX_MS, FIRST_HOLD_MS * 2 ** (Math.ceil(times) - TIMES_FREE - 1))
}
