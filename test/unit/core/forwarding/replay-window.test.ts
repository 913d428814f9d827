import fc from 'fast-check'
import { ReplayWindow } from '../../../../src/core/forwarding/replay-window.ts'

describe('the replay window (RFC 6479)', () => {
  it('agrees with a set of all counters seen, as far back as it reaches', () => {
    const steps = fc.array(fc.integer({ min: -12_000, max: 24_000 }), { maxLength: 300 })
    fc.assert(
      fc.property(steps, moves => {
        const window = new ReplayWindow()
        const seen = new Set<number>()
        let highest = 0
        for (const move of moves) {
          const counter = Math.max(0, highest + move)
          const isRecent = highest - counter < 16_352
          if (isRecent) expect(window.accepts(counter)).toBe(!seen.has(counter))
          if (!window.accepts(counter)) continue
          window.mark(counter)
          seen.add(counter)
          highest = Math.max(highest, counter)
        }
      }),
    )
  })

  it('refuses what is too old to know', () => {
    const window = new ReplayWindow()
    window.mark(100_000)
    expect(window.accepts(83_000)).toBe(false)
    expect(window.accepts(84_000)).toBe(true)
  })
})
