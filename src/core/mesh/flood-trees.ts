import type { GraphNode } from './link-graph.ts'

/** A router's place in the tree of one source. */
export interface TreePlace {
  /** The neighbour nearer to the source; 0 at the source itself. */
  readonly parent: number
  readonly children: readonly number[]
}

/**
 * For each source, where `self` stands in the tree of shortest paths from it, over links that both ends call open. Breadth first
 * in order of short id, so that all routers with the same graph draw the same trees (Weave row GOS-07).
 */
export function computeFloodTrees(self: number, nodes: readonly GraphNode[]): ReadonlyMap<number, TreePlace> {
  const graph = mutualGraph(nodes)
  const places = new Map<number, TreePlace>()
  for (const source of graph.keys()) {
    const place = placeIn(graph, source, self)
    if (place !== undefined) places.set(source, place)
  }
  return places
}

type Graph = ReadonlyMap<number, readonly number[]>

function mutualGraph(nodes: readonly GraphNode[]): Graph {
  const said = new Map(nodes.map(({ shortId, neighbours }) => [shortId, new Set(neighbours)]))
  return new Map(
    nodes.map(({ shortId, neighbours }) => {
      const mutual = [...new Set(neighbours)].filter(to => to !== shortId && said.get(to)?.has(shortId) === true)
      return [shortId, mutual.sort((a, b) => a - b)]
    }),
  )
}

function placeIn(graph: Graph, source: number, self: number): TreePlace | undefined {
  const parents = new Map<number, number>([[source, 0]])
  const children: number[] = []
  const queue = [source]
  for (const from of queue) {
    for (const to of graph.get(from) ?? []) {
      if (parents.has(to)) continue
      parents.set(to, from)
      if (from === self) children.push(to)
      queue.push(to)
    }
    // Behind this router's own turn nothing changes its place.
    if (from === self) break
  }
  const parent = parents.get(self)
  return parent === undefined ? undefined : { parent, children }
}
