import fc from 'fast-check'
import { META_BYTES, readMeta, writeMeta } from '../../../../src/core/wire/frame-meta.ts'

describe('what is said of a frame', () => {
  it.each([
    ['a whole frame', [0, 0, 0, 0], 14, true],
    ['a checksum within the frame', [1, 16, 0, 34], 52, true],
    ['a checksum that ends behind the frame', [1, 16, 0, 34], 51, false],
    ['a sum that would begin in the Ethernet header', [1, 16, 0, 13], 1000, false],
    ['a place without the flag', [0, 16, 0, 34], 1000, false],
    ['an unknown flag', [2, 0, 0, 0], 1000, false],
  ] as const)('is accepted or not: %s', (_, meta, length, isAccepted) => {
    expect(readMeta(Uint8Array.from(meta), 0, length, { checksumStart: 0, checksumOffset: 0 })).toBe(isAccepted)
  })

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 14, max: 0xffff }), fc.nat(255), (checksumStart, checksumOffset) => {
        const bytes = new Uint8Array(META_BYTES)
        writeMeta(bytes, 0, { checksumStart, checksumOffset })
        const read = { checksumStart: 0, checksumOffset: 0 }
        expect(readMeta(bytes, 0, 66_000, read)).toBe(true)
        expect(read).toEqual({ checksumStart, checksumOffset })
      }),
    )
  })
})
