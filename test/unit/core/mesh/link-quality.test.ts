import { COST_HELD_MS, COST_HELD_MS_MAX, HOP_COST, LinkQuality } from '../../../../src/core/mesh/link-quality.ts'

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
    for (let i = 0; i < 4; i++) quality.answered(3, i)
    const before = quality.cost
    for (let i = 1; i < 200; i++) quality.answered(i % 2 === 0 ? 1.6 : 2.4, i * 1_000)
    expect(quality.cost).toBe(before)
  })

  it('is judged by no fewer answers than tell a busy host from a longer way', () => {
    const quality = new LinkQuality()
    expect([1, 2, 3, 4].map(i => quality.answered(400, i * 4_000))).toEqual([false, false, false, true])
    const busy = new LinkQuality()
    for (const [i, roundTripMs] of [90, 40, 15, 0.3, 0.4, 0.3].entries()) busy.answered(roundTripMs, i * 4_000)
    expect(busy.cost).toBe(HOP_COST)
  })

  it('is not judged by probes that this host was late to send: neither by answers nor by losses', () => {
    const costsAfter = (lateMs: number) => {
      const answered = new LinkQuality()
      const lost = new LinkQuality()
      for (let now = 0; now < 100_000; now += 4_000) {
        for (const quality of [answered, lost]) quality.sent(now - lateMs, now)
        answered.answered(400, now)
        lost.lost(now)
      }
      return [answered.cost, lost.cost].map(cost => cost > HOP_COST)
    }
    expect(costsAfter(300)).toEqual([false, false])
    expect(costsAfter(200)).toEqual([true, true])
  })

  it('is held for longer each time while it keeps changing, and as at first after a calm', () => {
    const quality = new LinkQuality()
    const swing = (from: number, to: number) => {
      const changes: number[] = []
      for (let now = from; now < to; now += 500) {
        if (quality.answered((now / 5_000) % 2 < 1 ? 1 : 400, now)) changes.push(now)
      }
      return changes.slice(1).map((at, i) => at - (changes[i] ?? 0))
    }
    const pauses = swing(0, 2_000_000)
    expect(pauses.slice(0, 4).map(pause => pause >= COST_HELD_MS)).toEqual([true, true, true, true])
    expect(pauses[2]).toBeGreaterThan(1.5 * (pauses[1] ?? 0))
    expect(Math.max(...pauses)).toBeGreaterThanOrEqual(COST_HELD_MS_MAX)
    expect(Math.max(...pauses)).toBeLessThan(COST_HELD_MS_MAX + 20_000)
    for (let now = 2_000_000; now < 3_000_000; now += 500) quality.answered(1, now)
    expect(swing(3_000_000, 3_100_000)[0]).toBeLessThan(3 * COST_HELD_MS)
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
  for (let i = 0; i < 4; i++) quality.answered(roundTripMs, i * 4_000)
  return quality.cost
}
