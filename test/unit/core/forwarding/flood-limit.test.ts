import fc from 'fast-check'
import { COPIES_PER_SECOND as COSTS, FloodLimit } from '../../../../src/core/forwarding/flood-limit.ts'

const SOURCE = 0x02_00_00_00_00_01

describe('the limit on floods', () => {
  it('lets a source cause as many copies a second as it may, and one flood that empties the bucket', () => {
    const limit = new FloodLimit(COSTS)
    expect(floods(limit, { source: SOURCE, copies: 1000, attempts: 1000, now: 0 })).toBe(COSTS.ofSource / 1000)
    expect(floods(limit, { source: SOURCE, copies: 1000, attempts: 1000, now: 500 })).toBe(COSTS.ofSource / 2000)
  })

  it('counts work, not frames: in a small cluster more floods pass', () => {
    expect(floods(new FloodLimit(COSTS), { source: SOURCE, copies: 2, attempts: 1e6, now: 0 })).toBe(COSTS.ofSource / 2)
  })

  it('a storm of one source leaves the others what they may', () => {
    const limit = new FloodLimit(COSTS)
    floods(limit, { source: SOURCE, copies: 100, attempts: 1e5, now: 0 })
    expect(limit.admits(SOURCE, 100, 0)).toBe(false)
    expect(limit.admits(SOURCE + 1, 100, 0)).toBe(true)
  })

  it('invented sources do not get around the limit of the host', () => {
    const limit = new FloodLimit(COSTS)
    let passed = 0
    for (let i = 0; i < 20_000; i++) if (limit.admits(SOURCE + i, 100, 0)) passed += 100
    expect(passed).toBe(COSTS.ofAll)
  })

  it('a source that is quiet is heard though one flood costs more than a bucket holds', () => {
    const limit = new FloodLimit(COSTS)
    expect(limit.admits(SOURCE, COSTS.ofSource * 2, 0)).toBe(true)
    expect(limit.admits(SOURCE, 1, 900)).toBe(false)
    expect(limit.admits(SOURCE, 1, 1_100)).toBe(true)
  })

  it('in no second does a source cause more than two buckets and one flood', () => {
    const floodsOf = fc.array(fc.record({ pauseMs: fc.nat(50), copies: fc.integer({ min: 1, max: 4_000 }) }), {
      maxLength: 400,
    })
    fc.assert(
      fc.property(floodsOf, all => {
        const limit = new FloodLimit(COSTS)
        const passed: { at: number; copies: number }[] = []
        let now = 0
        for (const { pauseMs, copies } of all) {
          now += pauseMs
          if (limit.admits(SOURCE, copies, now)) passed.push({ at: now, copies })
        }
        for (const { at } of passed) {
          const inSecond = passed.filter(each => each.at >= at && each.at < at + 1000)
          const sum = inSecond.reduce((total, each) => total + each.copies, 0)
          expect(sum).toBeLessThanOrEqual(2 * COSTS.ofSource + 4_000)
        }
      }),
    )
  })
})

interface Attempts {
  readonly source: number
  readonly copies: number
  readonly attempts: number
  readonly now: number
}

/** How many passed. */
function floods(limit: FloodLimit, { source, copies, attempts, now }: Attempts): number {
  let passed = 0
  for (let i = 0; i < attempts; i++) if (limit.admits(source, copies, now)) passed++
  return passed
}
