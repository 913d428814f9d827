import fc from 'fast-check'
import type { PeerName } from '../../../../src/base/peer-name.ts'
import { decodeRecord, encodeRecord, type PeerRecord } from '../../../../src/core/wire/peer-record.ts'
import {
  eachEstablishedLink,
  headOf,
  identityBytesOf,
  nameBytesOf,
  viewRecord,
} from '../../../../src/core/wire/record-view.ts'
import { encodeTopicRecord } from '../../../../src/core/wire/topic-record.ts'
import { underlayIp } from './underlay-ip.ts'

const u16 = fc.integer({ min: 0, max: 0xffff })
const remote = fc.record({ ip: underlayIp, port: u16 })
const link = fc.record({ shortId: u16, isOutbound: fc.boolean(), isEstablished: fc.boolean(), remote, cost: u16 })
const record: fc.Arbitrary<PeerRecord> = fc.record({
  shortId: u16,
  name: fc.constant('02:01:02:03:04:05' as PeerName),
  bootId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  version: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  nickname: fc.string({ unit: 'grapheme', maxLength: 30 }),
  port: u16,
  addresses: fc.array(underlayIp, { maxLength: 8 }),
  keyId: u16,
  publicKey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  links: fc.array(link, { maxLength: 12 }),
})

/** With control characters, and beyond ASCII. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'binary-ascii', maxLength: 3 }),
)

describe('a view of a record', () => {
  it('shows what decoding shows', () => {
    fc.assert(
      fc.property(record, value => {
        const encoded = encodeRecord(value)
        const view = viewRecord(encoded)
        const established = value.links.filter(known => known.isEstablished)
        const { shortId, bootId, version } = value
        expect(headOf(0, encoded)).toEqual({ shortId, bootId, version })
        expect([...nameBytesOf(encoded)]).toEqual([2, 1, 2, 3, 4, 5])
        expect(view).toMatchObject({ ok: true, value: { keyId: value.keyId, publicKey: value.publicKey } })
        const links: number[][] = []
        eachEstablishedLink(encoded, (neighbour, cost) => links.push([neighbour, cost]))
        expect(links).toEqual(established.map(known => [known.shortId, known.cost]))
      }),
    )
  })

  it('accepts what decoding accepts, and refuses what it refuses', () => {
    fc.assert(
      fc.property(record, anyText, fc.nat(400), fc.nat(255), (value, text, at, byte) => {
        const encoded = encodeRecord(value)
        const named = encodeRecord({ ...value, nickname: text })
        const changed = encoded.slice()
        changed[at % encoded.length] = byte
        for (const bytes of [changed, named, encoded.slice(0, at % encoded.length), Uint8Array.from([...encoded, 0])]) {
          expect(viewRecord(bytes).ok).toBe(decodeRecord(bytes).ok)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('has its identity in the same bytes as long as it says the same of name and addresses', () => {
    fc.assert(
      fc.property(record, u16, (value, keyId) => {
        const [one, other] = [value, { ...value, keyId, links: [] }].map(encodeRecord).map(identityBytesOf)
        expect(one).toEqual(other)
      }),
    )
  })

  it('finds the head of a record of another topic', () => {
    const head = { shortId: 7, bootId: 5n, version: 9n }
    expect(headOf(2, encodeTopicRecord({ ...head, topic: 2, body: new Uint8Array(0) }))).toEqual(head)
    expect(headOf(2, new Uint8Array(18))).toBeUndefined()
  })
})
