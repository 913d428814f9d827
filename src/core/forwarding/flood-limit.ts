/** Sealed copies that the floods of one source may cost in a second, and at once. */
export const COPIES_PER_SECOND = 200_000
/** Of all sources of this host together, in a second and at once: addresses can be invented. */
export const COPIES_PER_SECOND_OF_ALL = 800_000
/** Sources that hash to the same slot share its bucket, so memory is what it is. */
const SLOTS = 1024

/**
 * Damps broadcast storms: a token bucket for each source address, and one for all. A flood costs as many tokens as there are peers to
 * seal it for, since that is the work that it makes; one flood passes whatever it costs while the buckets are not empty, so that
 * in the largest cluster too a quiet source is heard. Hot path: allocates nothing.
 */
export class FloodLimit {
  readonly #tokens = new Float64Array(SLOTS + 1).fill(COPIES_PER_SECOND)
  readonly #at = new Float64Array(SLOTS + 1)

  constructor() {
    this.#tokens[SLOTS] = COPIES_PER_SECOND_OF_ALL
  }

  /** Takes what the flood costs, if it may pass. `mac`: the source, as a number. `now`: milliseconds of one clock. */
  admits(mac: number, copies: number, now: number): boolean {
    const slot = slotOf(mac)
    const ofSource = this.#fill(slot, COPIES_PER_SECOND, now)
    const ofAll = this.#fill(SLOTS, COPIES_PER_SECOND_OF_ALL, now)
    if (ofSource <= 0 || ofAll <= 0) return false
    this.#tokens[slot] = ofSource - copies
    this.#tokens[SLOTS] = ofAll - copies
    return true
  }

  /** What is in the bucket at `now`; it holds what it gains in a second. */
  #fill(slot: number, perSecond: number, now: number): number {
    const gained = (Math.max(0, now - (this.#at[slot] ?? 0)) * perSecond) / 1000
    const tokens = Math.min(perSecond, (this.#tokens[slot] ?? 0) + gained)
    this.#tokens[slot] = tokens
    this.#at[slot] = now
    return tokens
  }
}

/** Containers of one host often differ in the last bytes alone: all six count (Knuth's multiplicative hash). */
function slotOf(mac: number): number {
  const high = Math.floor(mac / 0x1_0000_0000)
  const low = mac % 0x1_0000_0000
  return Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x9e3779b1) >>> 22
}
