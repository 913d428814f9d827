import type { Instant } from './api.ts'

/** Records of its own that a router may issue in a row; after that one each pause. What flaps is told late, and then once. */
export const OWN_RECORDS_BURST = 5
export const OWN_RECORD_PAUSE_MIN_MS = 200
/** Everybody hears of everybody: with twice the members there is twice as much to pass on. */
const OWN_RECORD_PAUSE_PER_HOST_MS = 2
/** Changes are told to the others together, not one by one. */
const FLUSH_AFTER_MS = 50
const FLUSH_PER_HOST_MS = 0.1
/** Routes take time to compute in a large cluster, and in one that changes all the time they would take all of it. */
const ROUTES_PER_HOST_MS = 0.5

/** How often a router does what every change in the cluster asks for. Pauses grow with the cluster; the first change after one is quick. */
export class Pace {
  readonly #hostCount: () => number
  #tokens = OWN_RECORDS_BURST
  #tokensAt: Instant
  #flushedAt = Number.NEGATIVE_INFINITY
  #routedAt = Number.NEGATIVE_INFINITY

  constructor(hostCount: () => number, now: Instant) {
    this.#hostCount = hostCount
    this.#tokensAt = now
  }

  /** When to flush for a change at `now`. */
  flushAt(when: 'soon' | 'at once', now: Instant): Instant {
    const pause = this.#hostCount() * FLUSH_PER_HOST_MS
    return when === 'soon' ? now + FLUSH_AFTER_MS + pause : Math.max(now, this.#flushedAt + pause)
  }

  flushed(now: Instant): void {
    this.#flushedAt = now
  }

  /** When this router may next issue a record: `now` if it may. */
  recordAt(now: Instant): Instant {
    const pause = this.#recordPauseMs
    const gained = Math.floor((now - this.#tokensAt) / pause)
    if (gained > 0) {
      this.#tokens = Math.min(OWN_RECORDS_BURST, this.#tokens + gained)
      this.#tokensAt += gained * pause
    }
    return this.#tokens > 0 ? now : this.#tokensAt + pause
  }

  /** Call when a record was issued. */
  recorded(): void {
    this.#tokens = Math.max(0, this.#tokens - 1)
  }

  /** When routes may next be computed: `now` if they may. */
  routesAt(now: Instant): Instant {
    return Math.max(now, this.#routedAt + this.#hostCount() * ROUTES_PER_HOST_MS)
  }

  routed(now: Instant): void {
    this.#routedAt = now
  }

  get #recordPauseMs(): number {
    return Math.max(OWN_RECORD_PAUSE_MIN_MS, this.#hostCount() * OWN_RECORD_PAUSE_PER_HOST_MS)
  }
}
