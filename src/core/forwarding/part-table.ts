import { PART_HEADER_BYTES, readPartNumber, readPartStart, readWholeBytes } from '../wire/part-header.ts'

/** Payloads that wait for parts, at most: of all peers together. The oldest gives way. */
export const WAITING_MAX = 64
/** Parts that come later than this after the first are not joined with it. */
export const WAIT_MS_MAX = 5_000

interface Waiting {
  readonly bytes: Uint8Array
  readonly since: number
  /** Starts of the parts that have come. */
  readonly starts: Set<number>
  got: number
}

/** What came of a part: the whole payload, nothing yet, or nothing ever. */
export type Joined = Uint8Array | 'waiting' | 'malformed'

/** Joins payloads that came in parts. A payload that lacks one is given up, as IP does (RFC 8200, section 4.5). */
export class PartTable {
  /** Payloads that were given up. */
  incomplete = 0
  readonly #waiting = new Map<string, Waiting>()

  /** Payloads of which parts are missing. */
  get size(): number {
    return this.#waiting.size
  }

  /** A part with its header; the result is valid until the next call. */
  add(source: number, part: Uint8Array, now: number): Joined {
    const [number, start, all] = [readPartNumber(part, 0), readPartStart(part, 0), readWholeBytes(part, 0)]
    const piece = part.subarray(PART_HEADER_BYTES)
    if (part.length <= PART_HEADER_BYTES || start + piece.length > all) return 'malformed'
    const key = `${source} ${number} ${all}`
    const waiting = this.#of(key, all, now)
    if (waiting.starts.has(start)) return 'malformed'
    waiting.bytes.set(piece, start)
    waiting.starts.add(start)
    waiting.got += piece.length
    if (waiting.got < all) return 'waiting'
    this.#waiting.delete(key)
    return waiting.bytes
  }

  #of(key: string, all: number, now: number): Waiting {
    const known = this.#waiting.get(key)
    if (known !== undefined && now <= known.since + WAIT_MS_MAX) return known
    this.#giveUp(key)
    const [oldest = key] = this.#waiting.keys()
    if (this.#waiting.size >= WAITING_MAX) this.#giveUp(oldest)
    const waiting = { bytes: new Uint8Array(all), since: now, starts: new Set<number>(), got: 0 }
    this.#waiting.set(key, waiting)
    return waiting
  }

  #giveUp(key: string): void {
    if (this.#waiting.delete(key)) this.incomplete++
  }
}
