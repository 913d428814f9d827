import fc from 'fast-check'
import { HeldRoutes } from '../../../../src/core/mesh/held-routes.ts'
import { type GraphNode, LinkGraph } from '../../../../src/core/mesh/link-graph.ts'
import { computeRoutes, type Routes } from '../../../../src/core/mesh/routes.ts'

const STEP_MS = 500
const COUNT = 7
const LINKS = (COUNT * (COUNT - 1)) / 2

/** Each link's cost, 0 where there is none. From each router to the next there always is one, so that all reach all. */
const costs = fc.array(fc.oneof(fc.constant(0), fc.constant(8), fc.integer({ min: 1, max: 60 })), {
  minLength: LINKS,
  maxLength: LINKS,
})
const changes = fc.record({
  costs,
  link: fc.nat(LINKS - 1),
  cost: fc.integer({ min: 1, max: 60 }),
  /** By link: how long news take over it. */
  delays: fc.array(fc.integer({ min: 0, max: STEP_MS - 1 }), { minLength: LINKS, maxLength: LINKS }),
})

describe('next hops that change in turn', () => {
  it('lead no frame in circles while routers hear one after the other of a cost or a further link', () => {
    fc.assert(
      fc.property(changes, change => {
        expect(circlesIn(change, STEP_MS)).toBe(0)
      }),
      { numRuns: 300, seed: 5426816 },
    )
  })

  it('would lead some in circles if all changed at once', () => {
    const drawn = fc.sample(changes, { numRuns: 300, seed: 5426816 })
    expect(drawn.reduce((sum, change) => sum + circlesIn(change, 0), 0)).toBeGreaterThan(0)
  })

  it('wait a step for each hop behind the next one', () => {
    const held = new HeldRoutes(() => STEP_MS)
    expect(nextHops(held, 0, ring(8))).toEqual([2, 2, 2])
    const dear = ring(100)
    expect(nextHops(held, 1_000, dear)).toEqual([2, 2, 2])
    expect(held.deadline).toBe(1_000 + 2 * STEP_MS)
    expect(nextHops(held, 999 + 2 * STEP_MS, dear)).toEqual([2, 2, 2])
    expect(nextHops(held, 1_000 + 2 * STEP_MS, dear)).toEqual([2, 2, 5])
    expect(nextHops(held, 1_000 + 3 * STEP_MS, dear)).toEqual([2, 5, 5])
    expect(nextHops(held, 1_000 + 4 * STEP_MS, dear)).toEqual([5, 5, 5])
    expect(held.deadline).toBe(Number.POSITIVE_INFINITY)
  })

  it('change at once to the peer itself', () => {
    const held = new HeldRoutes(() => STEP_MS)
    const links: Links = [
      [1, 2, 8],
      [2, 3, 8],
    ]
    expect(held.update(1, graphOf(links), 0).nextHopTo(3)).toBe(2)
    expect(held.update(1, graphOf([...links, [1, 3, 8]]), 1_000).nextHopTo(3)).toBe(3)
  })

  it('change at once when a link was lost, and what has waited changes with it', () => {
    const held = new HeldRoutes(() => STEP_MS)
    nextHops(held, 0, ring(8))
    expect(nextHops(held, 1_000, ring(100))).toEqual([2, 2, 2])
    const torn = ring(100).filter(([a, b]) => a !== 2 || b !== 3)
    expect(nextHops(held, 1_001, torn)).toEqual([2, 5, 5])
  })

  it('change at once for some steps after a loss, for others do so too', () => {
    const held = new HeldRoutes(() => STEP_MS)
    nextHops(held, 0, [...ring(8), [6, 7, 8]])
    nextHops(held, 1_000, ring(8))
    expect(nextHops(held, 1_000 + 3 * STEP_MS, ring(100))).toEqual([5, 5, 5])
  })

  it('begin to wait anew for one that was not the best meanwhile', () => {
    const held = new HeldRoutes(() => STEP_MS)
    nextHops(held, 0, ring(8))
    nextHops(held, 1_000, ring(100))
    nextHops(held, 1_200, ring(8))
    expect(nextHops(held, 1_000 + 3 * STEP_MS, ring(100))).toEqual([2, 2, 2])
  })
})

type Links = readonly (readonly [number, number, number])[]

/** A ring: from 1 by way of 2 and 3 to 4, or by way of 5 and 6. */
function ring(cost: number): Links {
  return [
    [1, 2, cost],
    [2, 3, 8],
    [3, 4, 8],
    [1, 5, 8],
    [5, 6, 8],
    [6, 4, 9],
  ]
}

/** From 1 to 2, 3 and 4. */
function nextHops(held: HeldRoutes, now: number, links: Links): readonly number[] {
  const routes = held.update(1, graphOf(links), now)
  return [2, 3, 4].map(peer => routes.nextHopTo(peer))
}

type Change = typeof changes extends fc.Arbitrary<infer T> ? T : never

/** How many pairs of routers have no way to each other at some time, while all hear of the change. */
function circlesIn(change: Change, stepMs: number): number {
  const [before, after] = [linksOf(change.costs), linksOf(change.costs.with(change.link, change.cost))]
  const [graph, changed] = [graphOf(before), graphOf(after)]
  const heardAt = timesOfHearing(change, after)
  const routers = heardAt.map(() => new HeldRoutes(() => stepMs))
  const tables = routers.map((router, i) => router.update(i + 1, graph, 0))
  const times = [...heardAt]
  let circles = 0
  for (let at = Math.min(...times); at < Number.POSITIVE_INFINITY; at = Math.min(...times)) {
    const i = times.indexOf(at)
    tables[i] = routers[i]?.update(i + 1, changed, at) as Routes
    times[i] = routers[i]?.deadline ?? 0
    circles += countCircles(tables)
  }
  expect(tables.map(table => [...table])).toEqual(routers.map((_, i) => [...computeRoutes(i + 1, changed)]))
  return circles
}

/** By router; one end of the link knows first, long after all began. */
function timesOfHearing({ link, delays }: Change, links: Links): readonly number[] {
  const times = Array.from({ length: COUNT }, () => Number.POSITIVE_INFINITY)
  times[(endsOf(link)[0] ?? 0) - 1] = 60_000
  for (let round = 0; round < COUNT; round++) {
    for (const [a, b] of links) {
      const delay = delays[placeOf(a, b)] ?? 0
      times[a - 1] = Math.min(times[a - 1] ?? 0, (times[b - 1] ?? 0) + delay)
      times[b - 1] = Math.min(times[b - 1] ?? 0, (times[a - 1] ?? 0) + delay)
    }
  }
  return times
}

function countCircles(tables: readonly Routes[]): number {
  let circles = 0
  for (let from = 1; from <= COUNT; from++) {
    for (let to = 1; to <= COUNT; to++) {
      let at = from
      for (let hops = 0; at !== to && hops <= COUNT; hops++) at = tables[at - 1]?.nextHopTo(to) ?? 0
      if (at !== to) circles++
    }
  }
  return circles
}

function linksOf(drawn: readonly number[]): Links {
  return drawn.flatMap((cost, link) => {
    const [a = 0, b = 0] = endsOf(link)
    const least = b === a + 1 ? Math.max(1, cost) : cost
    return least > 0 ? [[a, b, least] as const] : []
  })
}

function endsOf(link: number): readonly number[] {
  const pairs: (readonly number[])[] = []
  for (let a = 1; a <= COUNT; a++) for (let b = a + 1; b <= COUNT; b++) pairs.push([a, b])
  return pairs[link] ?? []
}

function placeOf(a: number, b: number): number {
  return ((a - 1) * (2 * COUNT - a)) / 2 + b - a - 1
}

function graphOf(links: Links): LinkGraph {
  const nodes: GraphNode[] = Array.from({ length: COUNT }, (_, i) => {
    const own = links.filter(([a, b]) => a === i + 1 || b === i + 1)
    return {
      shortId: i + 1,
      neighbours: own.map(([a, b]) => (a === i + 1 ? b : a)),
      costs: own.map(([, , cost]) => cost),
    }
  })
  return LinkGraph.of(nodes)
}
