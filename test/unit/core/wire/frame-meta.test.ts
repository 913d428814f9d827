import fc from 'fast-check'
import { fitsMeta, META_BYTES, readMeta, writeCutMeta, writeMeta } from '../../../../src/core/wire/frame-meta.ts'

describe('what is said of a frame', () => {
  it.each([
    ['a whole frame', [0, 0, 0, 0], 14, true],
    ['a checksum within the frame', [1, 16, 0, 34], 52, true],
    ['a checksum that ends behind the frame', [1, 16, 0, 34], 51, false],
    ['a sum that would begin in the Ethernet header', [1, 16, 0, 13], 1000, false],
    ['a place without the flag', [0, 16, 0, 34], 1000, false],
    ['an unknown flag', [2, 0, 0, 0], 1000, false],
    ['a stream to be cut', [3, 34, 5, 0], 2000, true],
    ['a stream to be cut, of no known kind', [5, 34, 5, 0], 2000, false],
    ['a stream to be cut into nothing', [3, 34, 0, 0], 2000, false],
    ['a stream to be cut whose checksum is complete', [2, 34, 5, 0], 2000, false],
    ['a stream to be cut that ends before its checksum', [11, 34, 5, 0], 41, false],
  ] as const)('is accepted or not: %s', (_, meta, length, isAccepted) => {
    expect(readMeta(Uint8Array.from(meta), 0, length, nothing())).toBe(isAccepted)
  })

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 14, max: 0xffff }), fc.nat(255), (checksumStart, checksumOffset) => {
        const bytes = new Uint8Array(META_BYTES)
        writeMeta(bytes, 0, { checksumStart, checksumOffset })
        const read = nothing()
        expect(readMeta(bytes, 0, 66_000, read)).toBe(true)
        expect(read).toEqual({ ...nothing(), checksumStart, checksumOffset })
      }),
    )
  })

  it('is read as it was written of a frame that is to be cut; one whose headers are too long for it is not sent so', () => {
    const kinds = fc.constantFrom([1, 16] as const, [4, 16] as const, [5, 6] as const)
    fc.assert(
      fc.property(
        kinds,
        fc.integer({ min: 14, max: 300 }),
        fc.integer({ min: 1, max: 0xffff }),
        (kind, start, size) => {
          const [segmentation, checksumOffset] = kind
          const lack = { checksumStart: start, checksumOffset, segmentation, segmentBytes: size }
          expect(fitsMeta(lack)).toBe(start <= 255)
          if (start > 255) return
          const bytes = new Uint8Array(META_BYTES)
          writeCutMeta(bytes, 0, lack)
          const read = nothing()
          expect(readMeta(bytes, 0, 66_000, read)).toBe(true)
          expect(read).toEqual(lack)
        },
      ),
    )
  })
})

function nothing() {
  return { checksumStart: 0, checksumOffset: 0, segmentation: 0, segmentBytes: 0 }
}
