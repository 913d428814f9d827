import { mixed } from '../../base/mixed.ts'
import type { VersionedRecord } from './record-store.ts'

/** Peers are spread over so many buckets, so that two large stores which differ a little need not list all they hold. */
export const BUCKETS = 64

/** Short id, topic, boot id and version. */
const HASHED_BYTES = 19
const FNV_PRIME = 0x01000193

/** A mask with all buckets. */
export function bucketsOf(): bigint {
  return (1n << BigInt(BUCKETS)) - 1n
}

export function bucketOf(shortId: number): number {
  return shortId % BUCKETS
}

/**
 * Hashes of a set of versions, kept up to date record by record: the hash of a set is the sum of those of its members (FNV-1a, 32
 * bits, over 19 bytes each, forwards and backwards, then mixed).
 */
export class RecordHashes {
  readonly #bytes = new Uint8Array(HASHED_BYTES)
  readonly #view = new DataView(this.#bytes.buffer)
  readonly #forwards = new Uint32Array(BUCKETS)
  readonly #backwards = new Uint32Array(BUCKETS)

  add(record: VersionedRecord): void {
    this.#count(record, 1)
  }

  remove(record: VersionedRecord): void {
    this.#count(record, -1)
  }

  buckets(): Uint32Array {
    return this.#forwards.slice()
  }

  summary(): Uint8Array {
    const view = new DataView(new ArrayBuffer(8))
    view.setUint32(0, this.#forwards.reduce(sum, 0))
    view.setUint32(4, this.#backwards.reduce(sum, 0))
    return new Uint8Array(view.buffer)
  }

  /**
   * Mixed: with FNV-1a alone the last byte, a version's lowest, moves a hash by a small multiple of its prime, and two records of a peer
   * that had moved on by one each came to the same sum one time in five.
   */
  #count(record: VersionedRecord, sign: 1 | -1): void {
    const bucket = bucketOf(record.shortId)
    this.#layOut(record)
    let forwards = 0x811c9dc5
    let backwards = 0x01000193
    for (let i = 0; i < HASHED_BYTES; i++) {
      forwards = Math.imul(forwards ^ (this.#bytes[i] ?? 0), FNV_PRIME)
      backwards = Math.imul(backwards ^ (this.#bytes[HASHED_BYTES - 1 - i] ?? 0), FNV_PRIME)
    }
    this.#forwards[bucket] = sum(this.#forwards[bucket] ?? 0, sign * mixed(forwards))
    this.#backwards[bucket] = sum(this.#backwards[bucket] ?? 0, sign * mixed(backwards))
  }

  /** Hot path: the same memory each time. */
  #layOut({ shortId, topic, bootId, version }: VersionedRecord): void {
    const view = this.#view
    view.setUint16(0, shortId)
    view.setUint8(2, topic)
    view.setBigUint64(3, bootId)
    view.setBigUint64(11, version)
  }
}

function sum(a: number, b: number): number {
  return (a + b) >>> 0
}
