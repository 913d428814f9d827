import fc from 'fast-check'
import type { PeerName } from '../../../../src/base/peer-name.ts'
import { decodeRecord, encodeRecord, LINKS_MAX, type PeerRecord } from '../../../../src/core/wire/peer-record.ts'
import { viewRecord } from '../../../../src/core/wire/record-view.ts'
import { underlayIp } from './underlay-ip.ts'

/** Of each with an IPv4 address, in the encoding. */
const LINK_BYTES = 12
const u16 = fc.integer({ min: 0, max: 0xffff })
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const endpoint = fc.record({ ip: underlayIp, port: u16 })
const flags = { isOutbound: fc.boolean(), isEstablished: fc.boolean() }
const link = fc.record({ shortId: u16, ...flags, remote: endpoint, cost: u16 })
const record: fc.Arbitrary<PeerRecord> = fc.record({
  shortId: u16,
  name: fc.constant('02:01:02:03:04:05' as PeerName),
  bootId: u64,
  version: u64,
  nickname: fc.string({ maxLength: 30 }),
  port: u16,
  addresses: fc.array(underlayIp, { maxLength: 8 }),
  keyId: u16,
  publicKey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  links: fc.array(link, { maxLength: 20 }),
})

describe('a peer record', () => {
  it('decodes to what was encoded', () => {
    fc.assert(fc.property(record, value => expect(decodeRecord(encodeRecord(value))).toEqual({ ok: true, value })))
  })

  it('is refused, not thrown at, when bytes are random, cut or added', () => {
    fc.assert(
      fc.property(record, fc.uint8Array({ maxLength: 300 }), fc.nat(400), (value, noise, at) => {
        const encoded = encodeRecord(value)
        decodeRecord(noise)
        expect(decodeRecord(encoded.slice(0, at % encoded.length)).ok).toBe(false)
        expect(decodeRecord(Uint8Array.from([...encoded, 0])).ok).toBe(false)
      }),
    )
  })

  it.each(['a\nb', '\u001b[2J', 'a\u0000', '\u0085', '\u007f'])('is refused with the nickname %j', nickname => {
    const [base] = fc.sample(record, 1)
    const encoded = encodeRecord({ ...base!, nickname })
    expect(decodeRecord(encoded)).toEqual({ ok: false, error: 'text with control characters' })
    expect(viewRecord(encoded).ok).toBe(false)
  })

  it('is refused when it counts more links than a router may have', () => {
    const remote = { ip: '10.0.0.1', port: 1 }
    const links = Array.from({ length: LINKS_MAX + 5 }, (_, i) => ({
      shortId: i,
      isOutbound: true,
      isEstablished: true,
      remote,
      cost: 8,
    }))
    const [base] = fc.sample(record, 1)
    const encoded = encodeRecord({ ...base!, links })
    const decoded = decodeRecord(encoded)
    expect(decoded.ok && decoded.value.links.length).toBe(LINKS_MAX)
    encoded[encoded.length - LINKS_MAX * LINK_BYTES - 2] = 0xff
    expect(decodeRecord(encoded).ok).toBe(false)
  })
})
