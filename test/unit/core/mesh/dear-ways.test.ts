import { DEAR_HELD_MS, DearWays } from '../../../../src/core/mesh/dear-ways.ts'
import { Routes } from '../../../../src/core/mesh/routes.ts'

describe('the way straight to a peer, of which an operator says what it costs', () => {
  it('is dear while there is a route that costs less, and no longer', () => {
    const ways = new DearWays()
    expect([...update(ways, { set: 500, route: 16, now: 0 })]).toEqual([[2, 500]])
    expect([...update(ways, { set: 500, route: 508, now: 20_000 })]).toEqual([])
    expect([...update(ways, { set: 500, route: 500, now: 40_000 })]).toEqual([])
    expect([...update(ways, { set: 500, route: 16, now: 60_000 })]).toEqual([[2, 500]])
    expect([...update(ways, { set: undefined, route: 16, now: 80_000 })]).toEqual([])
  })

  it('is taken at once when the route is lost, or costs much more', () => {
    for (const route of [undefined, 700]) {
      const ways = new DearWays()
      update(ways, { set: 500, route: 700, now: 0 })
      expect(update(ways, { set: 500, route: 16, now: 1 }).size).toBe(1)
      expect(update(ways, { set: 500, route, now: 2 }).size).toBe(0)
    }
  })

  it('changes once in 10 s at most where it costs nearly the same', () => {
    const ways = new DearWays()
    update(ways, { set: 20, route: 24, now: 0 })
    expect(update(ways, { set: 20, route: 16, now: 1_000 }).size).toBe(1)
    expect(update(ways, { set: 20, route: 24, now: 2_000 }).size).toBe(1)
    expect(ways.deadline).toBe(1_000 + DEAR_HELD_MS)
    expect(update(ways, { set: 20, route: 24, now: ways.deadline }).size).toBe(0)
    expect(ways.deadline).toBe(Number.POSITIVE_INFINITY)
  })
})

interface Costs {
  readonly set: number | undefined
  readonly route: number | undefined
  readonly now: number
}

/** Of peer 2. */
function update(ways: DearWays, { set, route, now }: Costs): ReadonlyMap<number, number> {
  const routes = new Routes(2)
  if (route !== undefined) routes.set(2, { nextHop: 3, hops: 2, cost: route })
  return ways.update(new Map(set === undefined ? [] : [[2, set]]), routes, now)
}
