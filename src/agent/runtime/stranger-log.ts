import { ReasonCounts } from '../../base/reason-counts.ts'
import { TokenBucket } from '../transport/token-bucket.ts'
import type { Logger } from './logger.ts'

const BURST = 10
const PER_SECOND = 0.1

/** Reasons that are counted by name; what a stranger makes up besides is counted together. */
const NAMES_MAX = 16

/** Counts who was refused, and logs it, but no more than strangers should be able to fill a disk with. */
export class StrangerLog {
  readonly #log: Logger
  readonly #clock: () => number
  readonly #bucket: TokenBucket
  readonly #counts = new ReasonCounts(NAMES_MAX)
  #unmentioned = 0

  constructor(log: Logger, clock: () => number) {
    this.#log = log
    this.#clock = clock
    this.#bucket = new TokenBucket(BURST, PER_SECOND, clock())
  }

  /** By reason: what stands in front of its first colon. */
  get counts(): Readonly<Record<string, number>> {
    return this.#counts.all
  }

  refused(remote: string, reason: string): void {
    this.#counts.count(reason)
    if (!this.#bucket.take(this.#clock())) {
      this.#unmentioned++
      return
    }
    this.#log.write('warn', 'connection refused', { remote, reason, unmentioned: this.#unmentioned })
    this.#unmentioned = 0
  }
}
