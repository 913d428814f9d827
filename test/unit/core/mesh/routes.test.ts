import { computeRoutes } from '../../../../src/core/mesh/routes.ts'

describe('routes', () => {
  it('lead over the fewest hops, and over the lowest short id among equals', () => {
    const square = graph({ 1: [2, 3], 2: [1, 4], 3: [1, 4], 4: [2, 3] })
    expect(computeRoutes(1, square).get(4)).toEqual({ nextHop: 2, hops: 2 })
    expect(computeRoutes(4, square).get(1)).toEqual({ nextHop: 2, hops: 2 })
  })

  it('ignore a link that only one end calls established', () => {
    expect(computeRoutes(1, graph({ 1: [2], 2: [] })).size).toBe(0)
  })

  it('end where no link leads', () => {
    const routes = computeRoutes(1, graph({ 1: [2], 2: [1], 3: [4], 4: [3] }))
    expect([...routes.keys()]).toEqual([2])
  })

  it('cross chains of any length', () => {
    const chain = Array.from({ length: 50 }, (_, i) => ({ shortId: i + 1, neighbours: [i, i + 2] }))
    expect(computeRoutes(1, chain).get(50)).toEqual({ nextHop: 2, hops: 49 })
  })
})

function graph(neighbours: Record<number, number[]>) {
  return Object.entries(neighbours).map(([id, list]) => ({ shortId: Number(id), neighbours: list }))
}
