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
/** Changes are told to the others together, not one by one: those of one moment, and all that come soon after the last were told. */
const GATHER_MS = 10
const FLUSHES_APART_MS = 20
const FLUSH_PER_HOST_MS = 0.1
/** Routes take time to compute in a large cluster, and in one that changes all the time they would take all of it. */
const ROUTES_PER_HOST_MS = 0.3

/** A message to a neighbour takes no longer, and neither does what a busy host adds. */
const HEARD_WITHIN_MS = 500

/** Of the pauses between two flushes, and between two computations of routes, what a busy host adds. */
const LAG_MAX_MS = 400

/** What a busy host adds to the time for which changes of links settle; those that are lost it tells of as ever. */
const UNSETTLED_MAX_MS = 4_000

/** Records beyond these that tell of a lost link: others must not give frames to a dead router because its neighbour has just said something else. */
const LOSSES_IN_A_ROW = 5

/** How often a router does what every change in the cluster asks for. Pauses grow with the cluster; the first change after one is quick. */
export class Pace {
  readonly #hostCount: () => number
  readonly #records: Allowance
  readonly #losses: Allowance
  #flushedAt = Number.NEGATIVE_INFINITY
  #routedAt = Number.NEGATIVE_INFINITY
  #unsettledMs = 0

  constructor(hostCount: () => number, now: Instant) {
    this.#hostCount = hostCount
    this.#records = new Allowance(now)
    this.#losses = new Allowance(now)
  }

  /** When to flush for a change at `now`. */
  flushAt(when: 'soon' | 'at once', now: Instant): Instant {
    const nextAt = this.#flushedAt + this.#hostCount() * FLUSH_PER_HOST_MS
    return when === 'at once' ? Math.max(now, nextAt) : Math.max(now + GATHER_MS, nextAt + FLUSHES_APART_MS)
  }

  flushed(at: Instant): void {
    this.#flushedAt = at
  }

  /** When this router may next issue a record, which it has wanted to since `since`: `now` if it may. `isLoss`: a link is gone. */
  recordAt(since: Instant, now: Instant, isLoss = false): Instant {
    const turnAt = isLoss ? Math.min(this.#recordTurn(now), this.#lossTurn(now)) : this.#recordTurn(now)
    const unsettledMs = isLoss ? 0 : this.#unsettledMs
    return Math.max(now, turnAt, since + unsettledMs + this.#hostCount() * SETTLE_PER_HOST_MS)
  }

  /** Call when a record was issued. */
  recorded(now: Instant): void {
    if (this.#recordTurn(now) <= now) this.#records.used++
    else this.#losses.used++
  }

  /** When routes may next be computed: `now` if they may. */
  routesAt(now: Instant): Instant {
    return Math.max(now, this.#routedAt + this.#hostCount() * ROUTES_PER_HOST_MS)
  }

  /** In so long a neighbour has heard what this router has just heard, and has computed its routes. */
  get stepMs(): number {
    return HEARD_WITHIN_MS + this.#hostCount() * (FLUSH_PER_HOST_MS + ROUTES_PER_HOST_MS)
  }

  routed(at: Instant): void {
    this.#routedAt = at
  }

  /**
   * Call when something is done at `now` that was due at `deadline`. Gives for how much later to take it: a host that cannot keep up
   * does more at once, and less often. Records of its own it issues more seldom still: all others have to take note of each.
   */
  noteLag(deadline: Instant, now: Instant): number {
    const lateMs = Number.isFinite(deadline) ? Math.max(0, now - deadline) : 0
    this.#unsettledMs = Math.min(2 * lateMs, UNSETTLED_MAX_MS)
    return Math.min(lateMs, LAG_MAX_MS)
  }

  #recordTurn(now: Instant): Instant {
    return this.#records.turnAt(now, this.#burst, this.#recordPauseMs)
  }

  #lossTurn(now: Instant): Instant {
    return this.#losses.turnAt(now, LOSSES_IN_A_ROW, this.#recordPauseMs)
  }

  get #burst(): number {
    const share = Math.round(OWN_RECORDS_IN_A_ROW_BY_ALL / this.#hostCount())
    return Math.min(OWN_RECORDS_BURST, Math.max(1, share))
  }

  get #recordPauseMs(): number {
    return Math.max(OWN_RECORD_PAUSE_MIN_MS, this.#hostCount() * OWN_RECORD_PAUSE_PER_HOST_MS)
  }
}

/** So many in a row, and then one each pause. */
class Allowance {
  /** Those in a row: one less for each pause that has gone by. */
  used = 0
  #countedAt: Instant

  constructor(now: Instant) {
    this.#countedAt = now
  }

  turnAt(now: Instant, inRow: number, pauseMs: number): Instant {
    const pauses = Math.floor((now - this.#countedAt) / pauseMs)
    if (pauses > 0) {
      this.used = Math.max(0, this.used - pauses)
      this.#countedAt += pauses * pauseMs
    }
    return this.used < inRow ? now : this.#countedAt + pauseMs
  }
}
