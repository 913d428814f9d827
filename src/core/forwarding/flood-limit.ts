/** What floods may cost in a second, and at once. */
export interface FloodCosts {
  readonly ofSource: number
  /** Of all sources together: some can be invented. */
  readonly ofAll: number
}

/** Sealed copies that floods from this host may cost, by the address that they come from. */
export const COPIES_PER_SECOND: FloodCosts = { ofSource: 200_000, ofAll: 800_000 }
/** Floods that the bridge is given, by the peer that they come from. Streams of 1 Gbit/s to a multicast group pass. */
export const ARRIVALS_PER_SECOND: FloodCosts = { ofSource: 100_000, ofAll: 400_000 }
/** Sources that hash to the same slot share its bucket, so memory is what it is. */
const SLOTS = 1024

/**
 * Damps broadcast storms: a token bucket for each source, and one for all. A flood from the bridge costs as many tokens as there are
 * peers to seal it for, since that is the work that it makes, and one from a peer costs one; a flood passes whatever it costs while the
 * buckets are not empty, so that in the largest cluster too a quiet source is heard. Hot path: allocates nothing.
 */
export class FloodLimit {
  readonly #most: FloodCosts
  readonly #tokens: Float64Array
  readonly #at = new Float64Array(SLOTS + 1)

  constructor(most: FloodCosts) {
    this.#most = most
    this.#tokens = new Float64Array(SLOTS + 1).fill(most.ofSource)
    this.#tokens[SLOTS] = most.ofAll
  }

  /** Takes what the flood costs, if it may pass. `source`: as a number. `now`: milliseconds of one clock. */
  admits(source: number, cost: number, now: number): boolean {
    const slot = slotOf(source)
    const ofSource = this.#fill(slot, this.#most.ofSource, now)
    const ofAll = this.#fill(SLOTS, this.#most.ofAll, now)
    if (ofSource <= 0 || ofAll <= 0) return false
    this.#tokens[slot] = ofSource - cost
    this.#tokens[SLOTS] = ofAll - cost
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
function slotOf(source: number): number {
  const high = Math.floor(source / 0x1_0000_0000)
  const low = source % 0x1_0000_0000
  return Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x9e3779b1) >>> 22
}
