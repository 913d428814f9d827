import fc from 'fast-check'
import {
  intersect,
  largestBlock,
  type Range,
  rangeContains,
  sizeOfRange,
  without,
} from '../../../../src/core/ipam/range.ts'

const ranges = fc
  .tuple(fc.bigInt(0n, 60n), fc.bigInt(0n, 20n))
  .map(([from, size]): Range => ({ from, to: from + size }))
const numbers = Array.from({ length: 90 }, (_, i) => BigInt(i))

describe('ranges of addresses', () => {
  it('without others are what a set would leave, in order', () => {
    fc.assert(
      fc.property(ranges, fc.array(ranges, { maxLength: 5 }), (range, others) => {
        const left = without(range, others)
        for (const number of numbers) {
          const expected = rangeContains(range, number) && !others.some(other => rangeContains(other, number))
          expect(left.some(part => rangeContains(part, number))).toBe(expected)
        }
        expect(left.every((part, i) => i === 0 || (left[i - 1]?.to ?? 0n) + 1n < part.from)).toBe(true)
      }),
    )
  })

  it('intersect where both are', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const both = numbers.filter(number => rangeContains(a, number) && rangeContains(b, number))
        const part = intersect(a, b)
        expect(part === undefined ? 0n : sizeOfRange(part)).toBe(BigInt(both.length))
      }),
    )
  })

  it('give blocks that are aligned, within them, and no larger than asked for', () => {
    fc.assert(
      fc.property(ranges, fc.bigInt(1n, 40n), (range, sizeMax) => {
        const block = largestBlock(range, sizeMax)
        const size = sizeOfRange(block)
        expect(block.from >= range.from && block.to <= range.to && size <= sizeMax && block.from % size === 0n).toBe(
          true,
        )
        expect(size & (size - 1n)).toBe(0n)
      }),
    )
  })
})
