import fc from 'fast-check'
import { computeFloodTrees, type TreePlace } from '../../../../src/core/mesh/flood-trees.ts'
import { type GraphNode, LinkGraph } from '../../../../src/core/mesh/link-graph.ts'
import { computeRoutes } from '../../../../src/core/mesh/routes.ts'

describe('flood trees', () => {
  it('in a row, pass on what comes from one side to the other', () => {
    const row = graphOf([
      [1, 2],
      [2, 3],
    ])
    expect([...computeFloodTrees(2, row)]).toEqual([
      [1, { parent: 1, children: [3] }],
      [2, { parent: 0, children: [1, 3] }],
      [3, { parent: 3, children: [1] }],
    ])
  })

  it('leave out links that only one end calls open', () => {
    expect([...computeFloodTrees(1, [{ shortId: 1, neighbours: [2] }])]).toEqual([[1, { parent: 0, children: [] }]])
  })

  it('bring a flood of any source to each router that routes lead to, once', () => {
    const pair = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 30 }), pairs => {
        const graph = graphOf(pairs)
        const places = new Map(graph.map(({ shortId }) => [shortId, computeFloodTrees(shortId, graph)]))
        for (const { shortId: source } of graph) {
          const reached = flood(source, places)
          expect(new Set(reached).size).toBe(reached.length)
          const routes = computeRoutes(source, LinkGraph.of(graph))
          expect(reached.sort((a, b) => a - b)).toEqual([...routes].map(([peer]) => peer))
        }
      }),
    )
  })
})

/** Who hears a flood, following what each router believes of its own place. */
function flood(source: number, places: ReadonlyMap<number, ReadonlyMap<number, TreePlace>>): number[] {
  const heard: number[] = []
  const queue = [source]
  for (const from of queue) {
    for (const to of places.get(from)?.get(source)?.children ?? []) {
      expect(places.get(to)?.get(source)?.parent).toBe(from)
      heard.push(to)
      queue.push(to)
      if (heard.length > 100) throw new Error('a flood turns in circles')
    }
  }
  return heard
}

function graphOf(pairs: readonly (readonly [number, number])[]): readonly GraphNode[] {
  const neighbours = new Map<number, Set<number>>()
  const add = (a: number, b: number) => neighbours.set(a, (neighbours.get(a) ?? new Set()).add(b))
  for (const [a, b] of pairs) {
    add(a, b)
    add(b, a)
  }
  return [...neighbours].sort(([a], [b]) => a - b).map(([shortId, set]) => ({ shortId, neighbours: [...set] }))
}
