import fc from 'fast-check'
import {
  CANDIDATES_MAX,
  decodePunch,
  encodePunch,
  PUNCH_BYTES_MAX,
  type Punch,
} from '../../../../src/core/wire/punch.ts'
import { underlayIp } from './underlay-ip.ts'

const u16 = fc.integer({ min: 0, max: 0xffff })
const punch: fc.Arbitrary<Punch> = fc.record({
  source: u16,
  destination: u16,
  bootId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  sequence: fc.integer({ min: 0, max: 0xffffffff }),
  isReply: fc.boolean(),
  isSymmetric: fc.boolean(),
  candidates: fc.array(fc.record({ ip: underlayIp, port: u16 }), { maxLength: CANDIDATES_MAX }),
})

describe('a punch', () => {
  it('decodes to what was encoded, within its largest size', () => {
    fc.assert(
      fc.property(punch, value => {
        const bytes = encodePunch(value)
        expect(bytes.length).toBeLessThanOrEqual(PUNCH_BYTES_MAX - 64)
        expect(decodePunch(bytes)).toEqual({ ok: true, value })
      }),
    )
  })

  it('is refused, not thrown at, when bytes are random', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), bytes => typeof decodePunch(bytes).ok === 'boolean'))
  })

  it('with more candidates than any may have is refused', () => {
    const bytes = encodePunch({ ...fc.sample(punch, 1)[0]!, candidates: [] })
    bytes[bytes.length - 1] = CANDIDATES_MAX + 1
    expect(
      decodePunch(
        Uint8Array.from([
          ...bytes,
          ...Array.from({ length: CANDIDATES_MAX + 1 }, () => [4, 192, 0, 2, 1, 0, 1]).flat(),
        ]),
      ).ok,
    ).toBe(false)
  })
})
