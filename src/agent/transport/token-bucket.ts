/** Lets a burst through, and then so many a second (Weave row PEER-07). */
export class TokenBucket {
  readonly #size: number
  readonly #perSecond: number
  #tokens: number
  #at: number

  constructor(size: number, perSecond: number, now: number) {
    this.#size = size
    this.#perSecond = perSecond
    this.#tokens = size
    this.#at = now
  }

  /** False when there is none left. */
  take(now: number): boolean {
    this.#tokens = Math.min(this.#size, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond)
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  /** For what turned out to cost nothing. */
  giveBack(): void {
    this.#tokens = Math.min(this.#size, this.#tokens + 1)
  }
}
