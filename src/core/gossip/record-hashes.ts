import type { VersionedRecord } from './record-store.ts'

/** Peers are spread over so many buckets, so that two large stores which differ a little need not list all they hold. */
export const BUCKETS = 64

/** A mask with all buckets. */
export function bucketsOf(): bigint {
  return (1n << BigInt(BUCKETS)) - 1n
}

export function bucketOf(shortId: number): number {
  return shortId % BUCKETS
}

/**
 * Hashes of a set of versions, kept up to date record by record: the hash of a set is the sum of those of its members (FNV-1a, 32
 * bits, over 19 bytes each, forwards and backwards).
 */
export class RecordHashes {
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

  #count(record: VersionedRecord, sign: 1 | -1): void {
    const bucket = bucketOf(record.shortId)
    const bytes = layOut(record)
    this.#forwards[bucket] = sum(this.#forwards[bucket] ?? 0, sign * hash(bytes, 0x811c9dc5))
    this.#backwards[bucket] = sum(this.#backwards[bucket] ?? 0, sign * hash(bytes.reverse(), 0x01000193))
  }
}

function sum(a: number, b: number): number {
  return (a + b) >>> 0
}

function layOut({ shortId, topic, bootId, version }: VersionedRecord): Uint8Array {
  const view = new DataView(new ArrayBuffer(19))
  view.setUint16(0, shortId)
  view.setUint8(2, topic)
  view.setBigUint64(3, bootId)
  view.setBigUint64(11, version)
  return new Uint8Array(view.buffer)
}

function hash(bytes: Uint8Array, start: number): number {
  let value = start
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193)
  return value >>> 0
}
