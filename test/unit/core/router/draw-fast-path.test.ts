import { FloodTrees } from '../../../../src/core/mesh/flood-trees.ts'
import { LinkGraph } from '../../../../src/core/mesh/link-graph.ts'
import { computeRoutes } from '../../../../src/core/mesh/routes.ts'
import { tunnelEndOf } from '../../../../src/core/mesh/tunnel-address.ts'
import { drawFastPath, type FastPathFacts } from '../../../../src/core/router/draw-fast-path.ts'
import { addressOf } from './fast-path-world.ts'

describe('the drawing of the fast path', () => {
  it('has a tunnel to each peer at its other end, and none onward', () => {
    const { table, routes } = draw({ tunnelled: [2, 3] })
    expect([...table.hops]).toEqual([
      [2, tunnelEndOf(2)],
      [3, tunnelEndOf(3)],
    ])
    expect(routes.get(3)).toMatchObject({ hops: 1, nextHop: 3 })
    expect(table.trees.get(1)).toEqual({ parent: 0, children: [tunnelEndOf(2), tunnelEndOf(3)] })
    expect(table.trees.get(2)).toEqual({ parent: 2, children: [] })
  })

  it('prefers the clear way, over relays too, and then takes floods from there only', () => {
    const graph = LinkGraph.of([
      { shortId: 1, neighbours: [2] },
      { shortId: 2, neighbours: [1, 3] },
      { shortId: 3, neighbours: [2] },
    ])
    const { table } = draw({ graph, tunnelled: [3] })
    expect(table.hops.get(3)).toBe(addressOf(2))
    expect(table.trees.get(3)).toEqual({ parent: 2, children: [] })
    expect(table.trees.get(1)).toEqual({ parent: 0, children: [addressOf(2)] })
  })

  it('passes floods on in the clear, and not into tunnels', () => {
    const graph = LinkGraph.of([
      { shortId: 1, neighbours: [2, 4] },
      { shortId: 2, neighbours: [1] },
      { shortId: 4, neighbours: [1] },
    ])
    const { table } = draw({ graph, tunnelled: [3] })
    expect(table.trees.get(2)).toEqual({ parent: 2, children: [addressOf(4)] })
    expect(table.trees.get(1)?.children).toEqual([addressOf(2), addressOf(4), tunnelEndOf(3)])
    expect(table.trees.get(3)).toEqual({ parent: 3, children: [] })
  })

  it('leaves floods to the sleeve as well while it alone reaches somebody', () => {
    expect(draw({ tunnelled: [2] }).table.puntsFloods).toBe(true)
    expect(draw({ tunnelled: [2, 3, 4] }).table.puntsFloods).toBe(false)
  })
})

function draw(facts: Partial<FastPathFacts>) {
  const graph = facts.graph ?? LinkGraph.of([{ shortId: 1, neighbours: [] }])
  return drawFastPath({
    self: 1,
    floodTrees: new FloodTrees(1),
    graph,
    clear: computeRoutes(1, graph),
    tunnelled: [],
    addressOf,
    endpoints: new Map(),
    members: [2, 3, 4],
    isReachable: () => true,
    ...facts,
  })
}
