import { TokenBucket } from '../transport/token-bucket.ts'
import type { Logger } from './logger.ts'

const BURST = 10
const PER_SECOND = 0.1

/** Logs who was refused, but no more than strangers should be able to fill a disk with. */
export class StrangerLog {
  readonly #log: Logger
  readonly #clock: () => number
  readonly #bucket: TokenBucket
  #unmentioned = 0

  constructor(log: Logger, clock: () => number) {
    this.#log = log
    this.#clock = clock
    this.#bucket = new TokenBucket(BURST, PER_SECOND, clock())
  }

  refused(remote: string, reason: string): void {
    if (!this.#bucket.take(this.#clock())) {
      this.#unmentioned++
      return
    }
    this.#log.write('warn', 'connection refused', { remote, reason, unmentioned: this.#unmentioned })
    this.#unmentioned = 0
  }
}
