import { TAG_BYTES } from '../../src/core/wire/datagram.ts'
import type { Voyage } from './invariants.ts'

/** Longer than anything is on its way. */
const GENERATION_MS = 30_000

/** Datagrams on their way, by their tags, which are those of no others: relays change nothing but the hops. */
export class Voyages {
  #young = new Map<string, Voyage>()
  #old = new Map<string, Voyage>()
  #bornUntil = GENERATION_MS

  of(datagram: Uint8Array, now: number): Voyage {
    if (now >= this.#bornUntil) {
      this.#old = this.#young
      this.#young = new Map()
      this.#bornUntil = now + GENERATION_MS
    }
    const tag = Buffer.from(datagram.subarray(-TAG_BYTES)).toString('latin1')
    const voyage = this.#young.get(tag) ?? this.#old.get(tag) ?? { path: [], injectedAt: new Set() }
    this.#young.set(tag, voyage)
    return voyage
  }
}
