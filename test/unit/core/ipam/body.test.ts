import fc from 'fast-check'
import type { IpAddress } from '../../../../src/base/ip-address.ts'
import type { PeerName } from '../../../../src/base/peer-name.ts'
import { DENIALS, decodeAddressBody, EPOCH_MAX, encodeAddressBody } from '../../../../src/core/ipam/body.ts'

const u32 = fc.nat(0xffffffff)
const epoch = fc.nat(EPOCH_MAX)
const peer = fc.constantFrom('02:00:00:00:00:01', '66:b4:a1:85:da:65').map(name => name as PeerName)
const range = fc
  .tuple(fc.bigInt(0n, (1n << 127n) - 1n), fc.bigInt(0n, 1n << 90n))
  .map(([from, size]) => ({ from, to: from + size }))
const body = fc.record({
  serial: u32,
  claims: fc.array(
    fc
      .tuple(range, epoch, fc.boolean(), fc.bigInt(0n, 1n << 90n))
      .map(([part, at, isSettling, free]) => ({ ...part, epoch: at, isSettling, free })),
  ),
  grants: fc.array(
    fc
      .tuple(peer, u32, range, epoch)
      .map(([receiver, sequence, part, at]) => ({ receiver, sequence, ...part, epoch: at })),
  ),
  taken: fc.array(fc.tuple(peer, u32)).map(pairs => new Map(pairs)),
  wishes: fc.array(fc.tuple(u32, peer, range).map(([id, donor, part]) => ({ id, donor, ...part }))),
  denials: fc.array(fc.record({ peer, wish: u32, reason: fc.constantFrom(...DENIALS) })),
  ranges: fc.array(
    fc
      .tuple(fc.nat((1 << 30) - 1), fc.integer({ min: 30, max: 128 }))
      .map(([top, prefix]) => ({ network: (BigInt(top) << 98n) as IpAddress, prefix })),
    { maxLength: 64 },
  ),
})

describe('what a peer publishes of its addresses', () => {
  it('reads as it was written', () => {
    fc.assert(
      fc.property(body, value => expect(decodeAddressBody(encodeAddressBody(value))).toEqual({ ok: true, value })),
    )
  })

  it('is refused, never thrown at, when it is anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        const decoded = decodeAddressBody(bytes)
        expect(decoded.ok || decoded.error.startsWith('addresses: ')).toBe(true)
      }),
    )
    expect(decodeAddressBody(new Uint8Array(0)).ok).toBe(false)
  })
})
