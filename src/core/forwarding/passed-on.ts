import { readU32 } from '../wire/big-endian.ts'
import { TAG_BYTES } from '../wire/datagram.ts'

/** As many datagrams as a busy relay passes on in some milliseconds: what goes in circles comes round before that. */
const BUCKETS = 1_024
const BUCKET_MASK = BUCKETS - 1
/** Words: four datagrams of two words each, the latest first. 32 bytes, so that it is a part of one cache line. */
const BUCKET_WORDS = 8
const NONE = new Uint32Array(0)

/**
 * The datagrams that a relay has passed on last, by their tags: those of no two datagrams are the same, and nobody makes one that he has
 * not seen. Routes of different routers may make a circle for as long as they are not drawn from the same links; what comes by again
 * would come by again and again, until its hops are over.
 */
export class PassedOn {
  /** Not before there is something to note: most hosts relay nothing. */
  #words = NONE

  /** True when the datagram that ends at `end` was noted before; else it is noted. Hot path. */
  isAgain(memory: Uint8Array, end: number): boolean {
    if (this.#words === NONE) this.#words = new Uint32Array(BUCKETS * BUCKET_WORDS)
    const words = this.#words
    const tag = end - TAG_BYTES
    const first = readU32(memory, tag)
    const second = readU32(memory, tag + 4)
    const bucket = (readU32(memory, tag + 8) & BUCKET_MASK) * BUCKET_WORDS
    for (let at = bucket; at < bucket + BUCKET_WORDS; at += 2) {
      if (words[at] === first && words[at + 1] === second) return true
    }
    for (let at = bucket + BUCKET_WORDS - 1; at > bucket + 1; at--) words[at] = words[at - 2] ?? 0
    words[bucket] = first
    words[bucket + 1] = second
    return false
  }
}
