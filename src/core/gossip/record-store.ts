import { BUCKETS, bucketOf, bucketsOf, RecordHashes } from './record-hashes.ts'

/** Orders two states of one record: the later boot wins, then the later version within it (Weave row GOS-05). */
export interface Version {
  readonly bootId: bigint
  readonly version: bigint
}

/** A peer owns one record for each topic. */
export interface VersionedRecord extends Version {
  readonly shortId: number
  readonly topic: number
}

/** A record's signed bytes as they came in: these are what is passed on. */
export interface StoredRecord extends VersionedRecord {
  readonly bytes: Uint8Array
}

/** Names a record: the peer's short id and the topic in one number. */
export type RecordKey = number

export function recordKey({ shortId, topic }: Pick<VersionedRecord, 'shortId' | 'topic'>): RecordKey {
  return shortId * 256 + topic
}

export function isNewer(a: Version, b: Version): boolean {
  return a.bootId === b.bootId ? a.version > b.version : a.bootId > b.bootId
}

/**
 * The newest record of each peer and topic. Merging is commutative, associative and idempotent, so neither order nor repetition of
 * gossip matters. Bounded by the manifest and the number of topics: the caller offers records of members only.
 */
export class RecordStore {
  readonly #records = new Map<RecordKey, StoredRecord>()
  readonly #hashes = new RecordHashes()
  /** Ascending; undefined after one came or went. */
  #keys: readonly RecordKey[] | undefined

  get size(): number {
    return this.#records.size
  }

  get(key: RecordKey): StoredRecord | undefined {
    return this.#records.get(key)
  }

  /** Ascending by short id, then topic, so that every router walks them in the same order. */
  all(): readonly StoredRecord[] {
    this.#keys ??= [...this.#records.keys()].sort((a, b) => a - b)
    const records: StoredRecord[] = []
    for (const key of this.#keys) {
      const record = this.#records.get(key)
      if (record !== undefined) records.push(record)
    }
    return records
  }

  /** True when `stored` would replace what is here. */
  wants(version: VersionedRecord): boolean {
    const known = this.#records.get(recordKey(version))
    return known === undefined || isNewer(version, known)
  }

  /** True when it was newer, and kept. */
  merge(stored: StoredRecord): boolean {
    const key = recordKey(stored)
    const known = this.#records.get(key)
    if (known !== undefined && !isNewer(stored, known)) return false
    if (known === undefined) this.#keys = undefined
    else this.#hashes.remove(known)
    this.#records.set(key, stored)
    this.#hashes.add(stored)
    return true
  }

  /** Forgets all records of a peer; returns the topics that there were. */
  forget(shortId: number): readonly number[] {
    const theirs = this.all().filter(record => record.shortId === shortId)
    for (const record of theirs) this.#drop(recordKey(record))
    return theirs.map(record => record.topic)
  }

  /** What is held in the `buckets`, a mask; all when it is left out. */
  digest(buckets = bucketsOf()): readonly VersionedRecord[] {
    const held = this.all().filter(record => isIn(buckets, record.shortId))
    return held.map(({ shortId, topic, bootId, version }) => ({ shortId, topic, bootId, version }))
  }

  /** Eight bytes that two stores share when their digests are the same: cheap to say, cheap to compare. */
  summary(): Uint8Array {
    return this.#hashes.summary()
  }

  /** Four bytes for each bucket. */
  bucketHashes(): Uint32Array {
    return this.#hashes.buckets()
  }

  /** What the holder of `digest`, which tells of the `buckets`, lacks. */
  newerThan(digest: readonly VersionedRecord[], buckets = bucketsOf()): readonly StoredRecord[] {
    const held = new Map(digest.map(entry => [recordKey(entry), entry]))
    return this.all().filter(record => {
      if (!isIn(buckets, record.shortId)) return false
      const theirs = held.get(recordKey(record))
      return theirs === undefined || isNewer(record, theirs)
    })
  }

  /** The buckets of `digest` that hold something newer than is here. */
  lacking(digest: readonly VersionedRecord[]): bigint {
    let buckets = 0n
    for (const entry of digest) if (this.wants(entry)) buckets |= 1n << BigInt(bucketOf(entry.shortId))
    return buckets
  }

  /** Where two stores differ, by their bucket hashes. */
  differing(theirs: Uint32Array): bigint {
    const own = this.bucketHashes()
    let buckets = 0n
    for (let i = 0; i < BUCKETS; i++) if (own[i] !== theirs[i]) buckets |= 1n << BigInt(i)
    return buckets
  }

  #drop(key: RecordKey): void {
    const known = this.#records.get(key)
    if (known === undefined) return
    this.#keys = undefined
    this.#hashes.remove(known)
    this.#records.delete(key)
  }
}

function isIn(buckets: bigint, shortId: number): boolean {
  return ((buckets >> BigInt(bucketOf(shortId))) & 1n) === 1n
}
