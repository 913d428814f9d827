/** Orders two states of one peer: the later boot wins, then the later version within it (Weave row GOS-05). */
export interface Version {
  readonly bootId: bigint
  readonly version: bigint
}

export interface VersionedRecord extends Version {
  readonly shortId: number
}

/** A record together with the signed bytes that it came in: these are what is passed on. */
export interface StoredRecord<T extends VersionedRecord> {
  readonly record: T
  readonly bytes: Uint8Array
}

export function isNewer(a: Version, b: Version): boolean {
  return a.bootId === b.bootId ? a.version > b.version : a.bootId > b.bootId
}

/**
 * The newest record of each peer. Merging is commutative, associative and idempotent, so neither order nor repetition of
 * gossip matters. Bounded by the manifest: the caller offers records of members only.
 */
export class RecordStore<T extends VersionedRecord> {
  readonly #records = new Map<number, StoredRecord<T>>()

  get(shortId: number): StoredRecord<T> | undefined {
    return this.#records.get(shortId)
  }

  /** Ascending by short id, so that every router walks them in the same order. */
  all(): readonly StoredRecord<T>[] {
    return [...this.#records.values()].sort((a, b) => a.record.shortId - b.record.shortId)
  }

  /** True when `stored` would replace what is here. */
  wants(version: VersionedRecord): boolean {
    const known = this.#records.get(version.shortId)
    return known === undefined || isNewer(version, known.record)
  }

  /** True when it was newer, and kept. */
  merge(stored: StoredRecord<T>): boolean {
    if (!this.wants(stored.record)) return false
    this.#records.set(stored.record.shortId, stored)
    return true
  }

  forget(shortId: number): void {
    this.#records.delete(shortId)
  }

  digest(): readonly VersionedRecord[] {
    return this.all().map(({ record: { shortId, bootId, version } }) => ({ shortId, bootId, version }))
  }

  /** Eight bytes that two stores share when their digests are the same (FNV-1a, twice 32 bits): cheap to say, cheap to compare. */
  summary(): Uint8Array {
    const view = new DataView(new ArrayBuffer(18))
    let [a, b] = [0x811c9dc5, 0x01000193]
    for (const { shortId, bootId, version } of this.digest()) {
      view.setUint16(0, shortId)
      view.setBigUint64(2, bootId)
      view.setBigUint64(10, version)
      for (let i = 0; i < 18; i++) {
        a = Math.imul(a ^ view.getUint8(i), 0x01000193)
        b = Math.imul(b ^ view.getUint8(17 - i), 0x01000193)
      }
    }
    view.setInt32(0, a)
    view.setInt32(4, b)
    return new Uint8Array(view.buffer.slice(0, 8))
  }

  /** What the holder of `digest` lacks. */
  newerThan(digest: readonly VersionedRecord[]): readonly StoredRecord<T>[] {
    const held = new Map(digest.map(entry => [entry.shortId, entry]))
    return this.all().filter(({ record }) => {
      const theirs = held.get(record.shortId)
      return theirs === undefined || isNewer(record, theirs)
    })
  }
}
