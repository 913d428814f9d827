import { OWN_RECORD_PAUSE_MIN_MS, OWN_RECORDS_BURST, Pace } from '../../../../src/core/router/pace.ts'

describe('the pace of a router', () => {
  it('lets a few records go at once, and then one each pause, however often links flap', () => {
    const pace = new Pace(() => 30, 0)
    const issued: number[] = []
    for (let now = 0; now < 10_000; now += 10) {
      if (pace.recordAt(now) > now) continue
      pace.recorded()
      issued.push(now)
    }
    expect(issued.slice(0, OWN_RECORDS_BURST).every(at => at < OWN_RECORD_PAUSE_MIN_MS)).toBe(true)
    expect(issued.length).toBeLessThanOrEqual(OWN_RECORDS_BURST + 10_000 / OWN_RECORD_PAUSE_MIN_MS)
    expect(pace.recordAt(60_000)).toBe(60_000)
  })

  it('says when the next record may go', () => {
    const pace = new Pace(() => 1_000, 0)
    for (let i = 0; i < OWN_RECORDS_BURST; i++) pace.recorded()
    const at = pace.recordAt(100)
    expect(at).toBe(2_000)
    expect(pace.recordAt(at)).toBe(at)
  })

  it('is slower in a larger cluster, but quick after a pause', () => {
    const [small, large] = [new Pace(() => 30, 0), new Pace(() => 1_000, 0)]
    for (const pace of [small, large]) {
      expect(pace.flushAt('at once', 5)).toBe(5)
      expect(pace.routesAt(5)).toBe(5)
      pace.flushed(5)
      pace.routed(5)
    }
    expect(large.flushAt('at once', 5)).toBeGreaterThan(small.flushAt('at once', 5))
    expect(large.flushAt('soon', 5)).toBeGreaterThan(small.flushAt('soon', 5))
    expect(large.routesAt(5)).toBe(505)
    expect(large.routesAt(900)).toBe(900)
  })
})
