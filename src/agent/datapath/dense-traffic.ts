const WINDOW_MS = 1
const DENSE_PACKETS_PER_MS = 25
const SMALL_BYTES = 512

/**
 * Tells when frames come so fast, and are so small, that to wake for each costs more than to handle it. Then it is better to let
 * some gather: one call sends and one receives them all. Streams of large frames gather by themselves, and what comes seldom must
 * not wait.
 */
export class DenseTraffic {
  #startedAt = Number.NEGATIVE_INFINITY
  #packets = 0
  #bytes = 0
  #isDense = false

  /** Notes what came at once. True when it is worth to wait for more. Hot path. */
  note(packets: number, bytes: number, now: number): boolean {
    this.#packets += packets
    this.#bytes += bytes
    const lasted = now - this.#startedAt
    if (lasted < WINDOW_MS) return this.#isDense
    this.#isDense = this.#packets >= DENSE_PACKETS_PER_MS * lasted && this.#bytes <= SMALL_BYTES * this.#packets
    this.#startedAt = now
    this.#packets = 0
    this.#bytes = 0
    return this.#isDense
  }
}
