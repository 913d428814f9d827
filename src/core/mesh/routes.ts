import { HOPS_MAX } from '../wire/datagram.ts'

/** A router and the neighbours that it says it exchanges datagrams with. */
export interface GraphNode {
  readonly shortId: number
  readonly neighbours: readonly number[]
  /** One for each neighbour, 1 to 65,535; 1 each when left out. */
  readonly costs?: readonly number[]
}

export interface Route {
  /** The neighbour that frames for the peer are given to. */
  readonly nextHop: number
  readonly hops: number
  readonly cost: number
}

/**
 * Cheapest paths from `self` (Dijkstra) over links that both ends call established, each at the higher of the costs that its ends
 * give it. Among equals the path over the lower short id, so that routers with the same graph make the same choices (Weave row
 * GOS-07), and a frame comes nearer with every hop. Peers more than `HOPS_MAX` away have no route: datagrams do not get there.
 */
export function computeRoutes(self: number, nodes: readonly GraphNode[]): ReadonlyMap<number, Route> {
  const graph = new Map(nodes.map(node => [node.shortId, node]))
  const routes = new Map<number, Route>()
  const queue = new Frontier()
  queue.push({ cost: 0, to: self, nextHop: self, hops: 0 })
  const settled = new Set<number>()
  for (let step = queue.pop(); step !== undefined; step = queue.pop()) {
    if (settled.has(step.to)) continue
    settled.add(step.to)
    if (step.hops > 0) routes.set(step.to, { nextHop: step.nextHop, hops: step.hops, cost: step.cost })
    if (step.hops < HOPS_MAX) expand(step, { graph, queue, settled })
  }
  return routes
}

interface Step {
  readonly cost: number
  readonly to: number
  readonly nextHop: number
  readonly hops: number
}

interface Search {
  readonly graph: ReadonlyMap<number, GraphNode>
  readonly queue: Frontier
  readonly settled: ReadonlySet<number>
}

function expand(from: Step, { graph, queue, settled }: Search): void {
  const node = graph.get(from.to)
  if (node === undefined) return
  for (let i = 0; i < node.neighbours.length; i++) {
    const to = node.neighbours[i] ?? 0
    if (settled.has(to)) continue
    const far = graph.get(to)
    const back = far?.neighbours.indexOf(from.to) ?? -1
    if (far === undefined || back < 0) continue
    const cost = from.cost + Math.max(costAt(node, i), costAt(far, back))
    queue.push({ cost, to, nextHop: from.hops === 0 ? to : from.nextHop, hops: from.hops + 1 })
  }
}

function costAt(node: GraphNode, index: number): number {
  return Math.max(1, node.costs?.[index] ?? 1)
}

/** Steps by cost, then hops, then the neighbour they begin with: a binary heap. */
class Frontier {
  readonly #heap: Step[] = []

  push(step: Step): void {
    const heap = this.#heap
    let at = heap.push(step) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!this.#swapsIfBefore(at, above)) return
      at = above
    }
  }

  pop(): Step | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    heap[0] = last
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      const least = isBefore(heap[left + 1], heap[left]) ? left + 1 : left
      if (!this.#swapsIfBefore(least, at)) return first
      at = least
    }
  }

  #swapsIfBefore(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]]
    if (one === undefined || other === undefined || !isBefore(one, other)) return false
    this.#heap[a] = other
    this.#heap[b] = one
    return true
  }
}

function isBefore(a: Step | undefined, b: Step | undefined): boolean {
  if (a === undefined || b === undefined) return false
  if (a.cost !== b.cost) return a.cost < b.cost
  return a.hops === b.hops ? a.nextHop < b.nextHop : a.hops < b.hops
}
