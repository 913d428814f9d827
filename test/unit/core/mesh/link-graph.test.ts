import { LinkGraph } from '../../../../src/core/mesh/link-graph.ts'

describe('a graph of links', () => {
  const graph = LinkGraph.of([
    { shortId: 7, neighbours: [3, 5] },
    { shortId: 3, neighbours: [7] },
    { shortId: 5, neighbours: [] },
  ])

  it('has those that both ends call established, whichever end is asked', () => {
    expect([graph.hasLink(3, 7), graph.hasLink(7, 3)]).toEqual([true, true])
    expect([graph.hasLink(7, 5), graph.hasLink(5, 7)]).toEqual([false, false])
    expect(graph.hasLink(7, 9)).toBe(false)
  })
})
