/** What a link costs that is short and loses nothing. */
export const HOP_COST = 8
export const COST_MAX = 65_535
/** A cost stays for so long at least: what flaps is neither told to all nor allowed to move routes to and fro. */
export const COST_HELD_MS = 10_000
/** That time doubles with each change that comes soon after it is over, up to this. */
export const COST_HELD_MS_MAX = 160_000
/** Probes by which loss is judged. */
const WINDOW = 32
/** By how much a measured value must pass a step's border for the step to be taken. */
const HYSTERESIS = 0.25
/** Weight of one more round trip in the mean (RFC 6298). */
const GAIN = 1 / 8
/**
 * Answers of which the quickest judges the latency: a host that is busy for a while delays some, a longer way delays all. Nothing is
 * judged by fewer: hosts are busy when many routers start, and each cost that all have to be told of would keep them so.
 */
const ANSWERS_JUDGED = 4
/** A probe that goes out so much later than it was due tells of this host, and not of the path: neither its answer nor its loss is judged. */
const LATE_MAX_MS = 250
/** Round trips up to here are all alike; from here on each doubling is a step. Milliseconds. */
const LATENCY_FIRST_STEP_MS = 2
const LATENCY_STEPS_MAX = 12
/** Shares of probes lost, and what each step adds to the cost. */
const LOSS_STEPS: readonly { readonly above: number; readonly cost: number }[] = [
  { above: 0.05, cost: 32 },
  { above: 0.15, cost: 256 },
  { above: 0.4, cost: 2048 },
]

/**
 * Latency and loss of one link, or path, as its probes show them, and the cost that follows. Costs are coarse steps with hysteresis, and held:
 * they are gossiped to all routers, and every change is a change of the record.
 */
export class LinkQuality {
  /** Mean, milliseconds; undefined before the first answer. */
  roundTripMs: number | undefined
  readonly #outcomes: boolean[] = []
  readonly #roundTrips: number[] = []
  #latencyStep = 0
  #lossStep = 0
  #steppedAt = Number.NEGATIVE_INFINITY
  #heldMs = COST_HELD_MS
  #isHostLate = false

  /** Share of the last probes without an answer, 0 to 1. */
  get loss(): number {
    const { length } = this.#outcomes
    return length === 0 ? 0 : this.#outcomes.filter(isAnswered => !isAnswered).length / length
  }

  /** It loses so much that it costs more for that. */
  get isLossy(): boolean {
    return this.#lossStep > 0
  }

  /** 1 to `COST_MAX`. */
  get cost(): number {
    const latency = this.#latencyStep === 0 ? 0 : LATENCY_FIRST_STEP_MS * 2 ** this.#latencyStep
    return Math.min(COST_MAX, HOP_COST + latency + (LOSS_STEPS[this.#lossStep - 1]?.cost ?? 0))
  }

  /** A probe goes out at `now` that was due at `dueAt`. */
  sent(dueAt: number, now: number): void {
    this.#isHostLate = now > dueAt + LATE_MAX_MS
  }

  /** A probe came back. True when the cost is another. */
  answered(roundTripMs: number, now: number): boolean {
    this.roundTripMs = this.roundTripMs === undefined ? roundTripMs : this.#mean(this.roundTripMs, roundTripMs)
    if (this.#isHostLate) return false
    this.#roundTrips.push(roundTripMs)
    if (this.#roundTrips.length > ANSWERS_JUDGED) this.#roundTrips.shift()
    return this.#note(true, now)
  }

  /** The time for a probe's answer is over. True when the cost is another. */
  lost(now: number): boolean {
    return !this.#isHostLate && this.#note(false, now)
  }

  /** The path is gone: what comes back is measured afresh. */
  reset(): void {
    this.roundTripMs = undefined
    this.#roundTrips.length = 0
    this.#outcomes.length = 0
  }

  get #judgedMs(): number {
    return this.#roundTrips.length === 0 ? 0 : Math.min(...this.#roundTrips)
  }

  #mean(before: number, sample: number): number {
    return before + (sample - before) * GAIN
  }

  #note(isAnswered: boolean, now: number): boolean {
    this.#outcomes.push(isAnswered)
    if (this.#outcomes.length > WINDOW) this.#outcomes.shift()
    if (now < this.#steppedAt + this.#heldMs) return false
    const before = this.cost
    const isTimed = this.#roundTrips.length >= ANSWERS_JUDGED
    if (isTimed) this.#latencyStep = stepOf(this.#judgedMs, this.#latencyStep, latencyBorder, LATENCY_STEPS_MAX)
    const isJudged = this.#outcomes.length >= WINDOW / 2
    if (isJudged) this.#lossStep = stepOf(this.loss, this.#lossStep, lossBorder, LOSS_STEPS.length)
    if (this.cost === before) return false
    const isSoon = now < this.#steppedAt + 2 * this.#heldMs
    this.#heldMs = isSoon ? Math.min(2 * this.#heldMs, COST_HELD_MS_MAX) : COST_HELD_MS
    this.#steppedAt = now
    return true
  }
}

/** The step that `value` belongs to; `step`, where it is, has borders that lie a little further off. */
function stepOf(value: number, step: number, borderOf: (step: number) => number, max: number): number {
  let next = step
  while (next < max && value > borderOf(next + 1) * (1 + HYSTERESIS)) next++
  while (next > 0 && value < borderOf(next) * (1 - HYSTERESIS)) next--
  return next
}

/** Above it a value belongs to `step` or a higher one. */
function latencyBorder(step: number): number {
  return LATENCY_FIRST_STEP_MS * 2 ** (step - 1)
}

function lossBorder(step: number): number {
  return LOSS_STEPS[step - 1]?.above ?? 1
}
