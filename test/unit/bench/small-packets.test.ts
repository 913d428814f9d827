import type { Candidate } from '../../../bench/compare/candidate.ts'
import { computeRatios, formatRatio } from '../../../bench/compare/ratios.ts'
import { describeCell, Results } from '../../../bench/compare/results.ts'
import { findHighest, SMALL_STEPS } from '../../../bench/compare/small-packets.ts'

describe('the highest rate of small packets', () => {
  it('is what was received at the last step at which little is lost', async () => {
    const asked: number[] = []
    const rate = await findHighest(0, thousands => {
      asked.push(thousands)
      return Promise.resolve({
        sent: thousands * 1000,
        lost: thousands > 90 ? thousands * 20 : thousands * 5,
        seconds: 1,
      })
    })
    expect(rate).toBeCloseTo(90 * 0.995)
    expect(asked.length).toBeLessThanOrEqual(5)
  })

  it('is never one that was not sent', async () => {
    const rate = await findHighest(0, thousands => {
      return Promise.resolve({ sent: Math.min(thousands, 340) * 1000, lost: 0, seconds: 1 })
    })
    expect(rate).toBe(340)
  })

  it('may lose besides what the cable loses', async () => {
    const send = (thousands: number) => Promise.resolve({ sent: thousands * 1000, lost: thousands * 11, seconds: 1 })
    expect(await findHighest(0, send)).toBe(0)
    expect(await findHighest(1, send)).toBeCloseTo(1000 * 0.989)
  })

  it('is looked for far beyond what the fastest candidates carry', () => {
    expect(Math.max(...SMALL_STEPS)).toBeGreaterThanOrEqual(1000)
    expect([...SMALL_STEPS].sort((a, b) => a - b)).toEqual(SMALL_STEPS)
  })
})

describe('a candidate that carries as many small packets as bare cables', () => {
  const results = new Results()
  add('sleeve', 'ours', 199)
  add('nebula', 'peer', 100)
  add('veth', 'reference', 201)

  it('is marked, as are bare cables, and the ratio', () => {
    expect(cellOf('sleeve')).toBe('199.0‡ (199.0–199.0)')
    expect(cellOf('nebula')).toBe('100.0 (100.0–100.0)')
    expect(cellOf('veth')).toBe('201.0‡ (201.0–201.0)')
    expect(computeRatios(results).map(formatRatio)).toEqual([
      '| sleeve ÷ best sealed peer, 64 B UDP with ≤ 1 % loss | ≥ 1.2 | 1.99‡ | reached |',
    ])
  })

  function add(name: string, kind: Candidate['kind'], value: number): void {
    const start = () => Promise.reject(new Error('not to be started'))
    const candidate = { name, kind, about: '', isSealed: name !== 'veth', start }
    results.add(candidate, { measure: 'small', condition: 'direct' }, { value, isNoisy: false })
  }

  function cellOf(candidate: string): string {
    return describeCell(results, { candidate, measure: 'small', condition: 'direct' })
  }
})
