/** A router and the neighbours that it says it exchanges datagrams with. */
export interface GraphNode {
  readonly shortId: number
  readonly neighbours: readonly number[]
}

export interface Route {
  /** The neighbour that frames for the peer are given to. */
  readonly nextHop: number
  readonly hops: number
}

/**
 * Shortest paths from `self` over links that both ends call established. Breadth first in order of short id, so routers with the
 * same graph make the same choices (Weave row GOS-07).
 */
export function computeRoutes(self: number, nodes: readonly GraphNode[]): ReadonlyMap<number, Route> {
  const graph = new Map(nodes.map(node => [node.shortId, new Set(node.neighbours)]))
  const routes = new Map<number, Route>()
  let frontier: readonly number[] = [self]
  for (let hops = 1; frontier.length > 0; hops++) {
    const next: number[] = []
    for (const from of frontier) {
      for (const to of mutualNeighbours(graph, from)) {
        if (to === self || routes.has(to)) continue
        routes.set(to, { nextHop: from === self ? to : (routes.get(from)?.nextHop ?? to), hops })
        next.push(to)
      }
    }
    frontier = next
  }
  return routes
}

function mutualNeighbours(graph: ReadonlyMap<number, ReadonlySet<number>>, from: number): readonly number[] {
  const neighbours = [...(graph.get(from) ?? [])].filter(to => graph.get(to)?.has(from) === true)
  return neighbours.sort((a, b) => a - b)
}
