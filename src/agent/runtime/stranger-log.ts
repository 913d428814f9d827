import { TokenBucket } from '../transport/token-bucket.ts'
import type { Logger } from './logger.ts'

const BURST = 10
const PER_SECOND = 0.1

/** Reasons that are counted by name; what a stranger makes up besides is counted together. */
const NAMES_MAX = 16
const OTHER = 'other'

/** Counts who was refused, and logs it, but no more than strangers should be able to fill a disk with. */
export class StrangerLog {
  readonly #log: Logger
  readonly #clock: () => number
  readonly #bucket: TokenBucket
  readonly #counts = new Map<string, number>()
  #unmentioned = 0

  constructor(log: Logger, clock: () => number) {
    this.#log = log
    this.#clock = clock
    this.#bucket = new TokenBucket(BURST, PER_SECOND, clock())
  }

  /** By reason: what stands in front of its first colon. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  refused(remote: string, reason: string): void {
    this.#count(reason.split(':')[0] ?? reason)
    if (!this.#bucket.take(this.#clock())) {
      this.#unmentioned++
      return
    }
    this.#log.write('warn', 'connection refused', { remote, reason, unmentioned: this.#unmentioned })
    this.#unmentioned = 0
  }

  #count(reason: string): void {
    const name = this.#counts.has(reason) || this.#counts.size < NAMES_MAX ? reason : OTHER
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }
}
