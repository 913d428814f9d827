/** As many as can wait at the receiver: what is sparse overtakes them, and none of them must be too old then. */
const WINDOW_BITS = 16_384
/** A power of two, so that a mask takes the remainder: that of numbers beyond 31 bits is slow. */
const WORDS = WINDOW_BITS / 32
const WORD_MASK = WORDS - 1
const NONE = new Uint32Array(0)

/**
 * Rejects counters seen before (RFC 6479).
 * A window, not a set: memory stays constant however long a session lives.
 */
export class ReplayWindow {
  /** Not before there is something to note: most peers of a large cluster send nothing. */
  #words = NONE
  #highest = -1

  /** True when `counter` is neither seen nor too old. Changes nothing, so that a forgery cannot move the window. */
  accepts(counter: number): boolean {
    if (counter > this.#highest) return true
    if (this.#highest - counter >= WINDOW_BITS - 32) return false
    const word = this.#words[Math.floor(counter / 32) & WORD_MASK] ?? 0
    return (word & (1 << (counter & 31))) === 0
  }

  /** Call with a counter that was accepted, once its datagram has proved authentic. */
  mark(counter: number): void {
    if (this.#words === NONE) this.#words = new Uint32Array(WORDS)
    const block = Math.floor(counter / 32)
    if (counter > this.#highest) {
      this.#clear(Math.floor(this.#highest / 32), block)
      this.#highest = counter
    }
    const index = block & WORD_MASK
    this.#words[index] = (this.#words[index] ?? 0) | (1 << (counter & 31))
  }

  #clear(from: number, to: number): void {
    const count = Math.min(to - from, WORDS)
    for (let i = 1; i <= count; i++) this.#words[(from + i) & WORD_MASK] = 0
  }
}
