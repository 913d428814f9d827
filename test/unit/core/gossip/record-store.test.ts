import fc from 'fast-check'
import { RecordStore, type VersionedRecord } from '../../../../src/core/gossip/record-store.ts'

const small = fc.bigInt({ min: 0n, max: 3n })
const id = { shortId: fc.integer({ min: 1, max: 70 }), topic: fc.integer({ min: 0, max: 2 }) }
const records = fc.array(fc.record({ ...id, bootId: small, version: small }), { maxLength: 40 })

describe('the record store', () => {
  it('ends the same in whatever order, and however often, records arrive', () => {
    fc.assert(
      fc.property(records, fc.integer(), (all, pivot) => {
        const at = all.length === 0 ? 0 : Math.abs(pivot) % all.length
        const shuffled = [...all.slice(at), ...all, ...all.slice(0, at).reverse()]
        expect(storeOf(shuffled).digest()).toEqual(storeOf(all).digest())
      }),
    )
  })

  it('lets two stores agree by exchanging what the digest shows to be missing', () => {
    fc.assert(
      fc.property(records, records, (left, right) => {
        const [a, b] = [storeOf(left), storeOf(right)]
        for (const stored of a.newerThan(b.digest())) b.merge(stored)
        for (const stored of b.newerThan(a.digest())) a.merge(stored)
        expect(a.digest()).toEqual(b.digest())
        expect(a.newerThan(b.digest())).toEqual([])
        expect(a.summary()).toEqual(b.summary())
      }),
    )
  })

  it('has another summary as soon as one version differs', () => {
    fc.assert(
      fc.property(records, all => {
        const [before, after] = [storeOf(all), storeOf(all)]
        after.merge({ shortId: 2, topic: 1, bootId: 9n, version: 0n, bytes: new Uint8Array(0) })
        expect(after.summary()).not.toEqual(before.summary())
        expect(after.differing(before.bucketHashes())).toBe(1n << 2n)
      }),
    )
  })

  it('has another summary and another bucket when two records of a peer have moved on a little', () => {
    const step = fc.bigInt({ min: 1n, max: 4n })
    const one = fc.record({
      bootId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      version: fc.bigInt({ min: 0n, max: 500n }),
      step,
    })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), one, one, (shortId, first, second) => {
        const stores = [0n, 1n].map(times =>
          storeOf(
            [first, second].map(({ bootId, version, step }, topic) => ({
              shortId,
              topic,
              bootId,
              version: version + times * step,
            })),
          ),
        )
        const [before, after] = stores as [RecordStore, RecordStore]
        expect(after.summary()).not.toEqual(before.summary())
        expect(after.differing(before.bucketHashes())).not.toBe(0n)
      }),
      { numRuns: 2_000 },
    )
  })

  it('lets two stores agree by exchanging only the buckets that differ', () => {
    fc.assert(
      fc.property(records, records, records, (both, left, right) => {
        const [a, b] = [storeOf([...both, ...left]), storeOf([...both, ...right])]
        const buckets = a.differing(b.bucketHashes())
        for (const stored of a.newerThan(b.digest(buckets), buckets)) b.merge(stored)
        for (const stored of b.newerThan(a.digest(buckets), buckets)) a.merge(stored)
        expect(a.digest()).toEqual(b.digest())
      }),
    )
  })

  it('tells in which buckets a digest shows something newer', () => {
    const store = storeOf([{ shortId: 65, topic: 1, bootId: 1n, version: 1n }])
    expect(store.lacking([{ shortId: 65, topic: 1, bootId: 1n, version: 1n }])).toBe(0n)
    expect(store.lacking([{ shortId: 65, topic: 1, bootId: 1n, version: 2n }])).toBe(2n)
    expect(store.lacking([{ shortId: 65, topic: 2, bootId: 0n, version: 0n }])).toBe(2n)
  })

  it('forgets all topics of a peer, and says which there were', () => {
    const store = storeOf([
      { shortId: 1, topic: 0, bootId: 1n, version: 1n },
      { shortId: 1, topic: 2, bootId: 1n, version: 1n },
      { shortId: 2, topic: 0, bootId: 1n, version: 1n },
    ])
    expect(store.forget(1)).toEqual([0, 2])
    expect(store.summary()).toEqual(storeOf([{ shortId: 2, topic: 0, bootId: 1n, version: 1n }]).summary())
  })
})

function storeOf(all: readonly VersionedRecord[]): RecordStore {
  const store = new RecordStore()
  for (const record of all) store.merge({ ...record, bytes: new Uint8Array(0) })
  return store
}
