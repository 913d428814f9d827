import fc from 'fast-check'
import { type GraphNode, LinkGraph } from '../../../../src/core/mesh/link-graph.ts'
import { computeRoutes } from '../../../../src/core/mesh/routes.ts'
import { HOPS_MAX } from '../../../../src/core/wire/datagram.ts'

const COUNT = 8
/** Routers with costs of their own for links with all others, and some links that one end does not know of. */
const graphs = fc
  .array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: COUNT, maxLength: COUNT }), {
    minLength: COUNT,
    maxLength: COUNT,
  })
  .map(rows =>
    rows.map((row, from) => {
      const links = row.flatMap((cost, to) => (cost === 0 || to === from ? [] : [{ to: to + 1, cost }]))
      return { shortId: from + 1, neighbours: links.map(link => link.to), costs: links.map(link => link.cost) }
    }),
  )

describe('routes', () => {
  it('lead over the fewest hops, and over the lowest short id among equals', () => {
    const square = graph({ 1: [2, 3], 2: [1, 4], 3: [1, 4], 4: [2, 3] })
    expect(routesOf(1, square).get(4)).toEqual({ nextHop: 2, hops: 2, cost: 2 })
    expect(routesOf(4, square).get(1)).toEqual({ nextHop: 2, hops: 2, cost: 2 })
  })

  it('ignore a link that only one end calls established', () => {
    expect(routesOf(1, graph({ 1: [2], 2: [] })).size).toBe(0)
  })

  it('end where no link leads', () => {
    const routes = routesOf(1, graph({ 1: [2], 2: [1], 3: [4], 4: [3] }))
    expect([...routes].map(([peer]) => peer)).toEqual([2])
  })

  it('end where datagrams end: after their last hop', () => {
    const chain = Array.from({ length: 50 }, (_, i) => ({ shortId: i + 1, neighbours: [i, i + 2] }))
    const routes = routesOf(1, chain)
    expect(routes.get(1 + HOPS_MAX)).toEqual({ nextHop: 2, hops: HOPS_MAX, cost: HOPS_MAX })
    expect(routes.get(2 + HOPS_MAX)).toBeUndefined()
  })

  it('take the cheaper way though it has more hops, at the higher of the costs that the ends give', () => {
    const nodes = [
      { shortId: 1, neighbours: [2, 3], costs: [9, 1] },
      { shortId: 2, neighbours: [1, 3], costs: [1, 1] },
      { shortId: 3, neighbours: [1, 2], costs: [1, 5] },
    ]
    expect(routesOf(1, nodes).get(2)).toEqual({ nextHop: 3, hops: 2, cost: 6 })
  })

  it('bring a frame nearer with each hop, whatever the costs', () => {
    fc.assert(
      fc.property(graphs, nodes => {
        const tables = new Map(nodes.map(node => [node.shortId, routesOf(node.shortId, nodes)]))
        for (const [from, table] of tables) {
          for (const [to, route] of table) {
            if (route.nextHop === to) continue
            const rest = tables.get(route.nextHop)?.get(to)
            expect(rest?.cost).toBeLessThan(route.cost)
            expect(rest?.nextHop).not.toBe(from)
          }
        }
      }),
    )
  })
})

function routesOf(self: number, nodes: readonly GraphNode[]) {
  return computeRoutes(self, LinkGraph.of(nodes))
}

function graph(neighbours: Record<number, number[]>) {
  return Object.entries(neighbours).map(([id, list]) => ({ shortId: Number(id), neighbours: list }))
}
