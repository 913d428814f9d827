import { EventHeap } from './event-heap.ts'

/** So many events with no time to speak of between them are somebody waking himself. */
const EVENTS_AT_ONCE_MAX = 20_000
const INSTANT_MS = 1e-6

/** The only clock of a world, which goes from event to event. */
export class VirtualTime {
  now = 0
  /** Events so far. */
  events = 0
  readonly #queue = new EventHeap<() => void>()
  #eventsAtOnce = 0
  readonly #eventsAtOnceMax: number

  constructor(eventsAtOnceMax = EVENTS_AT_ONCE_MAX) {
    this.#eventsAtOnceMax = eventsAtOnceMax
  }

  get isSpinning(): boolean {
    return this.#eventsAtOnce > this.#eventsAtOnceMax
  }

  at(time: number, run: () => void): void {
    this.#queue.push(time, run)
  }

  after(delayMs: number, run: () => void): void {
    this.#queue.push(this.now + delayMs, run)
  }

  /** Lets the next event happen, if it is not later than `end`; false, and `end` is reached, when there is none. */
  step(end: number): boolean {
    const { soonest } = this.#queue
    if (soonest > end) {
      this.now = end
      return false
    }
    this.#eventsAtOnce = soonest > this.now + INSTANT_MS ? 0 : this.#eventsAtOnce + 1
    this.now = Math.max(this.now, soonest)
    this.events++
    this.#queue.pop()?.()
    return true
  }
}
