import { COST_HELD_MS, HOP_COST, LinkQuality } from '../../../../src/core/mesh/link-quality.ts'

describe('the quality of a link', () => {
  it('costs one hop on a short link that loses nothing', () => {
    const quality = new LinkQuality()
    expect(quality.answered(0.3, 0)).toBe(false)
    expect(quality.cost).toBe(HOP_COST)
  })

  it('costs more with each doubling of the round trip', () => {
    const costs = [1, 3, 6, 12, 24].map(roundTripMs => costAfter(roundTripMs))
    expect(costs).toEqual([...costs].sort((a, b) => a - b))
    expect(new Set(costs).size).toBe(costs.length)
  })

  it('stays what it is while the measured value swings about a border', () => {
    const quality = new LinkQuality()
    quality.answered(3, 0)
    const before = quality.cost
    for (let i = 1; i < 200; i++) quality.answered(i % 2 === 0 ? 1.6 : 2.4, i * 1_000)
    expect(quality.cost).toBe(before)
  })

  it('changes at most once in the time for which it is held', () => {
    const quality = new LinkQuality()
    const changes: number[] = []
    for (let now = 0; now < 300_000; now += 1_000) {
      if (quality.answered((now / 30_000) % 2 < 1 ? 1 : 400, now)) changes.push(now)
    }
    const pauses = changes.slice(2).map((at, i) => at - (changes[i + 1] ?? 0))
    expect(changes.length).toBeGreaterThan(3)
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(COST_HELD_MS)
  })

  it('costs no more when some probes come back late, and more when all do', () => {
    const quality = new LinkQuality()
    let now = 0
    const probe = (roundTrips: readonly number[]) => {
      for (const roundTripMs of roundTrips) {
        now += 4_000
        quality.answered(roundTripMs, now)
      }
    }
    probe([0.3, 80, 80, 80, 0.3, 80, 80, 80, 0.3])
    expect(quality.cost).toBe(HOP_COST)
    probe([80, 80, 80, 80])
    expect(quality.cost).toBeGreaterThan(HOP_COST + 32)
  })

  it('costs more when probes are lost, and less again when they are not', () => {
    const quality = new LinkQuality()
    let now = 0
    const probe = (count: number, lostOf10: number) => {
      for (let i = 0; i < count; i++, now += 1_000) {
        if (i % 10 < lostOf10) quality.lost(now)
        else quality.answered(1, now)
      }
    }
    probe(40, 0)
    expect(quality.cost).toBe(HOP_COST)
    probe(40, 3)
    expect(quality.loss).toBeCloseTo(0.3, 1)
    expect(quality.cost).toBeGreaterThan(HOP_COST + 100)
    probe(60, 0)
    expect(quality.cost).toBe(HOP_COST)
  })
})

function costAfter(roundTripMs: number): number {
  const quality = new LinkQuality()
  quality.answered(roundTripMs, 0)
  return quality.cost
}
