import type { Instant } from './api.ts'

/** Records of its own that a router may issue in a row; after that one each pause. What flaps is told late, and then once. */
export const OWN_RECORDS_BURST = 5
export const OWN_RECORD_PAUSE_MIN_MS = 200
/** Everybody hears of everybody: with twice the members there is twice as much to pass on. */
const OWN_RECORD_PAUSE_PER_HOST_MS = 2
/** In a large cluster fewer in a row: of what all say in a cold start each has to take note. */
const OWN_RECORDS_IN_A_ROW_BY_ALL = 500
/** Links come and go together: a record waits for so long, so that one record tells of all. */
const SETTLE_PER_HOST_MS = 0.05
/** Changes are told to the others together, not one by one. */
const FLUSH_AFTER_MS = 50
const FLUSH_PER_HOST_MS = 0.1
/** Routes take time to compute in a large cluster, and in one that changes all the time they would take all of it. */
const ROUTES_PER_HOST_MS = 0.3

/** How often a router does what every change in the cluster asks for. Pauses grow with the cluster; the first change after one is quick. */
export class Pace {
  readonly #hostCount: () => number
  /** Records issued in a row: one less for each pause that has gone by. */
  #issued = 0
  #countedAt: Instant
  #flushedAt = Number.NEGATIVE_INFINITY
  #routedAt = Number.NEGATIVE_INFINITY

  constructor(hostCount: () => number, now: Instant) {
    this.#hostCount = hostCount
    this.#countedAt = now
  }

  /** When to flush for a change at `now`. */
  flushAt(when: 'soon' | 'at once', now: Instant): Instant {
    const pause = this.#hostCount() * FLUSH_PER_HOST_MS
    if (when === 'at once') return Math.max(now, this.#flushedAt + pause)
    return Math.max(now, this.#flushedAt + pause) + FLUSH_AFTER_MS
  }

  flushed(now: Instant): void {
    this.#flushedAt = now
  }

  /** When this router may next issue a record, which it has wanted to since `since`: `now` if it may. */
  recordAt(since: Instant, now: Instant): Instant {
    return Math.max(now, this.#turnAt(now), since + this.#hostCount() * SETTLE_PER_HOST_MS)
  }

  /** Call when a record was issued. */
  recorded(): void {
    this.#issued++
  }

  /** When routes may next be computed: `now` if they may. */
  routesAt(now: Instant): Instant {
    return Math.max(now, this.#routedAt + this.#hostCount() * ROUTES_PER_HOST_MS)
  }

  routed(now: Instant): void {
    this.#routedAt = now
  }

  #turnAt(now: Instant): Instant {
    const pause = this.#recordPauseMs
    const pauses = Math.floor((now - this.#countedAt) / pause)
    if (pauses > 0) {
      this.#issued = Math.max(0, this.#issued - pauses)
      this.#countedAt += pauses * pause
    }
    return this.#issued < this.#burst ? now : this.#countedAt + pause
  }

  get #burst(): number {
    const share = Math.round(OWN_RECORDS_IN_A_ROW_BY_ALL / this.#hostCount())
    return Math.min(OWN_RECORDS_BURST, Math.max(1, share))
  }

  get #recordPauseMs(): number {
    return Math.max(OWN_RECORD_PAUSE_MIN_MS, this.#hostCount() * OWN_RECORD_PAUSE_PER_HOST_MS)
  }
}
