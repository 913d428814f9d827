import fc from 'fast-check'
import { RecordStore, type VersionedRecord } from '../../../../src/core/gossip/record-store.ts'

const small = fc.bigInt({ min: 0n, max: 3n })
const records = fc.array(fc.record({ shortId: fc.integer({ min: 1, max: 4 }), bootId: small, version: small }), {
  maxLength: 30,
})

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
        after.merge({ record: { shortId: 2, bootId: 9n, version: 0n }, bytes: new Uint8Array(0) })
        expect(after.summary()).not.toEqual(before.summary())
      }),
    )
  })
})

function storeOf(all: readonly VersionedRecord[]): RecordStore<VersionedRecord> {
  const store = new RecordStore<VersionedRecord>()
  for (const record of all) store.merge({ record, bytes: new Uint8Array(0) })
  return store
}
