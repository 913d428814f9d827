import fc from 'fast-check'
import { computeFloodTrees, FloodTrees, type TreePlace } from '../../../../src/core/mesh/flood-trees.ts'
import { type GraphNode, LinkGraph } from '../../../../src/core/mesh/link-graph.ts'
import { computeRoutes } from '../../../../src/core/mesh/routes.ts'

describe('flood trees', () => {
  it('in a row, pass on what comes from one side to the other', () => {
    const row = graphOf([
      [1, 2],
      [2, 3],
    ])
    expect([...computeFloodTrees(2, LinkGraph.of(row))]).toEqual([
      [1, { parent: 1, children: [3] }],
      [2, { parent: 0, children: [1, 3] }],
      [3, { parent: 3, children: [1] }],
    ])
  })

  it('leave out links that only one end calls open', () => {
    const graph = LinkGraph.of([{ shortId: 1, neighbours: [2] }])
    expect([...computeFloodTrees(1, graph)]).toEqual([[1, { parent: 0, children: [] }]])
  })

  it('go round a link that costs more than the way round it, and over it where there is no other', () => {
    const ring = graphOf([
      [1, 2, 500],
      [1, 3],
      [2, 4],
      [3, 4],
      [2, 5],
    ])
    const places = placesOf(ring)
    expect(places.get(1)?.get(1)).toEqual({ parent: 0, children: [3] })
    expect(places.get(2)?.get(1)).toEqual({ parent: 4, children: [5] })
    const row = placesOf(ring.filter(({ shortId }) => shortId !== 4))
    expect(row.get(1)?.get(3)).toEqual({ parent: 3, children: [2] })
  })

  it('bring a flood of any source to each router that routes lead to, once, by a way that costs no more than the route', () => {
    const shortId = fc.integer({ min: 1, max: 12 })
    const link = fc.tuple(shortId, shortId, fc.integer({ min: 1, max: 4 }))
    fc.assert(
      fc.property(fc.array(link, { maxLength: 30 }), links => {
        const nodes = graphOf(links)
        const places = placesOf(nodes)
        for (const { shortId: source } of nodes) {
          const routes = computeRoutes(source, LinkGraph.of(nodes))
          const reached = flood(source, places, costsOf(nodes))
          expect([...reached].sort(([a], [b]) => a - b)).toEqual([...routes].map(([peer, { cost }]) => [peer, cost]))
        }
      }),
    )
  })

  it('are the same in whatever order routers were heard of', () => {
    const links = [1, 2, 3, 4, 5, 6].flatMap(a => [7, 8, 9].map(b => [a, b, ((a * b) % 3) + 1] as const))
    const nodes = graphOf(links)
    for (const { shortId } of nodes) {
      const trees = computeFloodTrees(shortId, LinkGraph.of(nodes))
      expect(computeFloodTrees(shortId, LinkGraph.of([...nodes].reverse()))).toEqual(trees)
    }
  })

  it('are searched for anew only when a router or a link has come, has gone, or costs otherwise', () => {
    const trees = new FloodTrees(1)
    const graphs = [
      graphOf([]),
      graphOf([[1, 2]]),
      graphOf([[1, 2, 3]]),
      graphOf([
        [1, 2, 3],
        [2, 3],
      ]),
      graphOf([
        [1, 2],
        [3, 2],
      ]),
    ]
    const drawn = graphs.map(nodes => {
      const first = trees.of(LinkGraph.of(nodes))
      expect(trees.of(LinkGraph.of(nodes))).toBe(first)
      expect(first).toEqual(computeFloodTrees(1, LinkGraph.of(nodes)))
      return first
    })
    expect(new Set(drawn).size).toBe(graphs.length)
  })
})

type Places = ReadonlyMap<number, ReadonlyMap<number, TreePlace>>

function placesOf(nodes: readonly GraphNode[]): Places {
  return new Map(nodes.map(({ shortId }) => [shortId, computeFloodTrees(shortId, LinkGraph.of(nodes))]))
}

/** Who hears a flood, each once, and what its way there costs, following what each router believes of its own place. */
function flood(
  source: number,
  places: Places,
  costOf: (from: number, to: number) => number,
): ReadonlyMap<number, number> {
  const heard = new Map<number, number>()
  const queue = [{ from: source, cost: 0 }]
  for (const { from, cost } of queue) {
    for (const to of places.get(from)?.get(source)?.children ?? []) {
      expect(places.get(to)?.get(source)?.parent).toBe(from)
      expect(heard.has(to)).toBe(false)
      heard.set(to, cost + costOf(from, to))
      queue.push({ from: to, cost: cost + costOf(from, to) })
      if (queue.length > 100) throw new Error('a flood turns in circles')
    }
  }
  return heard
}

function costsOf(nodes: readonly GraphNode[]): (from: number, to: number) => number {
  const all = new Map(nodes.map(node => [node.shortId, new Map(node.neighbours.map((to, i) => [to, node.costs?.[i]]))]))
  return (from, to) => Math.max(all.get(from)?.get(to) ?? 1, all.get(to)?.get(from) ?? 1)
}

/** Both ends of a link, and what one of them says that it costs. */
function graphOf(links: readonly (readonly [number, number, number?])[]): readonly GraphNode[] {
  const costs = new Map<number, Map<number, number>>()
  const add = (a: number, b: number, cost: number) => costs.set(a, (costs.get(a) ?? new Map()).set(b, cost))
  for (const [a, b, cost = 1] of links) {
    add(a, b, cost)
    add(b, a, 1)
  }
  return [...costs]
    .sort(([a], [b]) => a - b)
    .map(([shortId, all]) => ({ shortId, neighbours: [...all.keys()], costs: [...all.values()] }))
}
