import { SILENCES_MAX, Silences } from '../../../../src/core/ipam/silences.ts'

const ALL = { from: 0n, to: 9n }

describe('space that nobody speaks for', () => {
  it('counts from the first of the looks without a break', () => {
    const silences = new Silences()
    silences.note([ALL], 1)
    silences.note([{ from: 2n, to: 9n }], 2)
    silences.note([ALL], 3)
    expect(silences.within(ALL, 0)).toEqual([])
    expect(silences.within(ALL, 1)).toEqual([{ from: 2n, to: 9n }])
    expect(silences.within({ from: 0n, to: 3n }, 3)).toEqual([
      { from: 2n, to: 3n },
      { from: 0n, to: 1n },
    ])
  })

  it('counts anew once it is cleared', () => {
    const silences = new Silences()
    silences.note([ALL], 1)
    silences.clear()
    silences.note([ALL], 2)
    expect(silences.within(ALL, 1)).toEqual([])
  })

  it('is kept in so many pieces at most, the largest', () => {
    const silences = new Silences()
    const single = Array.from({ length: 2 * SILENCES_MAX }, (_, i) => ({ from: BigInt(2 * i), to: BigInt(2 * i) }))
    silences.note([...single, { from: 10_000n, to: 10_001n }], 1)
    expect(silences.within({ from: 0n, to: 20_000n }, 1)).toHaveLength(SILENCES_MAX)
    expect(silences.within({ from: 10_000n, to: 20_000n }, 1)).toEqual([{ from: 10_000n, to: 10_001n }])
  })
})
