import { OWN_RECORD_PAUSE_MIN_MS, OWN_RECORDS_BURST, Pace } from '../../../../src/core/router/pace.ts'

describe('the pace of a router', () => {
  it('lets a few records go at once, and then one each pause, however often links flap', () => {
    const pace = new Pace(() => 30, 0)
    const issued: number[] = []
    for (let now = 0; now < 10_000; now += 10) {
      if (pace.recordAt(0, now) > now) continue
      pace.recorded(now)
      issued.push(now)
    }
    expect(issued.slice(0, OWN_RECORDS_BURST).every(at => at < OWN_RECORD_PAUSE_MIN_MS)).toBe(true)
    expect(issued.length).toBeLessThanOrEqual(OWN_RECORDS_BURST + 10_000 / OWN_RECORD_PAUSE_MIN_MS)
    expect(pace.recordAt(0, 60_000)).toBe(60_000)
  })

  it('does more at once, and less often, on a host that comes late to what is due', () => {
    const pace = new Pace(() => 60, 0)
    const inTime = pace.noteLag(100, 100)
    const late = pace.noteLag(100, 250)
    expect([inTime, late, pace.noteLag(100, 60_000), pace.noteLag(Number.NEGATIVE_INFINITY, 100)]).toEqual([
      0, 150, 400, 0,
    ])
    pace.flushed(250 + late)
    pace.routed(250 + late)
    expect(pace.flushAt('soon', 260)).toBe(400 + 6 + 20)
    expect(pace.routesAt(260)).toBe(400 + 18)
  })

  it('lets changes of links settle for longer on such a host, but for those that are lost', () => {
    const pace = new Pace(() => 60, 0)
    expect(pace.recordAt(100, 100)).toBe(103)
    pace.noteLag(100, 600)
    expect(pace.recordAt(100, 100)).toBe(1_103)
    expect(pace.recordAt(100, 100, true)).toBe(103)
    pace.noteLag(100, 60_000)
    expect(pace.recordAt(100, 100)).toBe(4_103)
    pace.noteLag(100, 100)
    expect(pace.recordAt(100, 100)).toBe(103)
  })

  it('gives a neighbour more time to hear of something the more there are, whatever else is due', () => {
    for (const count of [2, 30, 1_000]) {
      const pace = new Pace(() => count, 0)
      pace.flushed(0)
      pace.routed(0)
      expect(pace.flushAt('soon', 0)).toBeLessThan(pace.stepMs)
      expect(pace.flushAt('soon', 0) + pace.routesAt(0)).toBeLessThan(pace.stepMs)
    }
  })

  it('says when the next record may go', () => {
    const pace = new Pace(() => 1_000, 0)
    pace.recorded(0)
    const at = pace.recordAt(0, 200)
    expect(at).toBe(2_000)
    expect(pace.recordAt(0, at)).toBe(at)
  })

  it('does not keep back the news of a few lost links, and damps those too', () => {
    const pace = new Pace(() => 1_000, 0)
    pace.recorded(0)
    expect(pace.recordAt(0, 200)).toBe(2_000)
    const told: number[] = []
    for (let now = 200; now < 12_000; now += 10) {
      if (pace.recordAt(0, now, true) > now) continue
      pace.recorded(now)
      told.push(now)
    }
    expect(told.slice(0, 5)).toEqual([200, 210, 220, 230, 240])
    expect(told.length).toBeLessThanOrEqual(5 + 2 * (12_000 / 2_000))
  })

  it('lets a record wait for what changes with the first change, the longer the more must hear of it', () => {
    expect(new Pace(() => 1_000, 0).recordAt(500, 500)).toBe(550)
    expect(new Pace(() => 2, 0).recordAt(500, 500)).toBeLessThan(501)
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
    expect(large.flushAt('soon', 5)).toBe(125)
    expect(large.flushAt('soon', 900)).toBe(910)
    expect(large.routesAt(5)).toBe(305)
    expect(large.routesAt(900)).toBe(900)
  })
})
