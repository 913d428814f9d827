import fc from 'fast-check'
import { HeldRoutes, NEXT_HOP_HELD_MS } from '../../../../src/core/mesh/held-routes.ts'
import { type GraphNode, LinkGraph } from '../../../../src/core/mesh/link-graph.ts'
import { computeRoutes } from '../../../../src/core/mesh/routes.ts'

const COUNT = 7
/** What the links among all routers cost; 0 where there is none. */
const costs = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: COUNT ** 2, maxLength: COUNT ** 2 })
const histories = fc.array(fc.record({ costs, afterMs: fc.integer({ min: 0, max: 5_000 }) }), {
  minLength: 2,
  maxLength: 6,
})

describe('routes that are held', () => {
  it('change at once when the next hop was long the same, and again after 10 s only', () => {
    const held = new HeldRoutes(() => 0)
    expect(nextHopAt(held, 0, twoWays(20, 22))).toBe(2)
    expect(nextHopAt(held, 100, twoWays(23, 22))).toBe(3)
    expect(nextHopAt(held, 200, twoWays(20, 22))).toBe(3)
    expect(held.deadline).toBe(100 + NEXT_HOP_HELD_MS)
    expect(nextHopAt(held, 99 + NEXT_HOP_HELD_MS, twoWays(20, 22))).toBe(3)
    expect(nextHopAt(held, 100 + NEXT_HOP_HELD_MS, twoWays(20, 22))).toBe(2)
    expect(held.deadline).toBe(Number.POSITIVE_INFINITY)
  })

  it('change once in 10 s though the better way is another one each second', () => {
    const held = new HeldRoutes(() => 0)
    const hops = Array.from({ length: 60 }, (_, second) =>
      nextHopAt(held, second * 1000, second % 2 === 0 ? twoWays(20, 22) : twoWays(22, 20)),
    )
    const changes = hops.filter((hop, i) => i > 0 && hop !== hops[i - 1])
    expect(changes.length).toBeGreaterThan(1)
    expect(changes.length).toBeLessThanOrEqual(6)
  })

  it('tell what the way costs that they take', () => {
    const held = flapped()
    expect(held.update(1, LinkGraph.of(twoWays(20, 22)), 200).get(4)).toEqual({ nextHop: 3, hops: 2, cost: 32 })
  })

  it('are left at once when the way is more than a quarter dearer than the best', () => {
    expect(nextHopAt(flapped(), 200, twoWays(10, 15))).toBe(3)
    expect(nextHopAt(flapped(), 200, twoWays(10, 16))).toBe(2)
  })

  it('are left at once when the link to the next hop is gone, or the one behind it', () => {
    expect(nextHopAt(flapped(), 200, without(twoWays(20, 22), 1, 3))).toBe(2)
    expect(nextHopAt(flapped(), 200, without(twoWays(20, 22), 3, 4))).toBe(2)
  })

  it('are left at once when the next hop is not nearer to the peer than this router', () => {
    const held = new HeldRoutes(() => 0)
    const nodes = (overThree: number) =>
      graphOf([
        [1, 2, 10],
        [2, 4, 10],
        [1, 3, 1],
        [3, 4, overThree],
      ])
    expect(nextHopAt(held, 0, nodes(30))).toBe(2)
    expect(nextHopAt(held, 100, nodes(18))).toBe(3)
    expect(nextHopAt(held, 200, nodes(20))).toBe(2)
  })

  it('hold what lies behind a peer with it', () => {
    const held = new HeldRoutes(() => 0)
    const tail = (nodes: readonly (readonly [number, number, number])[]) => graphOf([...nodes, [4, 5, 10], [5, 6, 10]])
    const ways = (a: number, b: number) =>
      tail([
        [1, 2, 10],
        [2, 4, a],
        [1, 3, 10],
        [3, 4, b],
      ])
    for (const [now, nodes] of [ways(20, 22), ways(23, 22), ways(20, 22)].entries()) {
      held.update(1, LinkGraph.of(nodes), now)
    }
    const routes = held.update(1, LinkGraph.of(ways(20, 22)), 3)
    expect([4, 5, 6].map(peer => routes.get(peer)?.nextHop)).toEqual([3, 3, 3])
  })

  it('lead to their ends without a loop whatever each router holds, and are the best ones after 10 s', () => {
    let heldCount = 0
    fc.assert(
      fc.property(histories, history => {
        const routers = Array.from({ length: COUNT }, () => new HeldRoutes(() => 0))
        let now = 0
        for (const { costs: drawn, afterMs } of history) {
          now += afterMs
          const graph = LinkGraph.of(nodesOf(drawn))
          const tables = routers.map((router, i) => router.update(i + 1, graph, now))
          heldCount += routers.filter(router => router.deadline < Number.POSITIVE_INFINITY).length
          for (const [i, table] of tables.entries()) {
            const best = computeRoutes(i + 1, graph)
            expect(table.size).toBe(best.size)
            for (const [peer, route] of table) {
              expect(route.cost).toBeLessThanOrEqual((best.get(peer)?.cost ?? 0) * 1.25)
              expect(hopsTaken(tables, i + 1, peer)).toBeLessThan(COUNT)
            }
          }
        }
        const graph = LinkGraph.of(nodesOf(history.at(-1)?.costs ?? []))
        for (const [i, router] of routers.entries()) {
          const settled = router.update(i + 1, graph, now + NEXT_HOP_HELD_MS)
          expect([...settled]).toEqual([...computeRoutes(i + 1, graph)])
        }
      }),
      { numRuns: 100 },
    )
    expect(heldCount).toBeGreaterThan(0)
  })
})

/** Has changed from 2 to 3 at 100. */
function flapped(): HeldRoutes {
  const held = new HeldRoutes(() => 0)
  nextHopAt(held, 0, twoWays(20, 22))
  nextHopAt(held, 100, twoWays(23, 22))
  return held
}

function nextHopAt(held: HeldRoutes, now: number, nodes: readonly GraphNode[]): number | undefined {
  return held.update(1, LinkGraph.of(nodes), now).get(4)?.nextHop
}

/** From 1 to 4 by way of 2 and of 3. */
function twoWays(overTwo: number, overThree: number): readonly GraphNode[] {
  return graphOf([
    [1, 2, 10],
    [2, 4, overTwo],
    [1, 3, 10],
    [3, 4, overThree],
  ])
}

function without(nodes: readonly GraphNode[], a: number, b: number): readonly GraphNode[] {
  return nodes.map(node =>
    node.shortId === a ? { ...node, neighbours: node.neighbours.map(n => (n === b ? 9 : n)) } : node,
  )
}

function nodesOf(drawn: readonly number[]): readonly GraphNode[] {
  const links: [number, number, number][] = []
  for (let a = 1; a <= COUNT; a++) {
    for (let b = a + 1; b <= COUNT; b++) {
      const cost = drawn[(a - 1) * COUNT + b - 1] ?? 0
      if (cost > 0) links.push([a, b, cost])
    }
  }
  return graphOf(links, COUNT)
}

function graphOf(links: readonly (readonly [number, number, number])[], count = 6): readonly GraphNode[] {
  return Array.from({ length: count }, (_, i) => {
    const own = links.flatMap(([a, b, cost]) =>
      a === i + 1 ? [{ to: b, cost }] : b === i + 1 ? [{ to: a, cost }] : [],
    )
    return { shortId: i + 1, neighbours: own.map(link => link.to), costs: own.map(link => link.cost) }
  })
}

function hopsTaken(tables: readonly { nextHopTo(peer: number): number }[], from: number, to: number): number {
  let at = from
  let hops = 0
  while (at !== to && hops < COUNT) {
    at = tables[at - 1]?.nextHopTo(to) ?? 0
    hops++
  }
  return hops
}
