import { LinkGraph } from '../mesh/link-graph.ts'
import { HOP_COST } from '../mesh/link-quality.ts'
import { decodeFastNeighbours } from '../wire/fast-neighbours.ts'
import { decodeLinkCosts } from '../wire/link-costs.ts'
import { Topic } from '../wire/topic.ts'
import { decodeTunnelNotice } from '../wire/tunnel-notice.ts'
import type { ConversationContext } from './conversation.ts'
import type { PathFacts } from './path-reasons.ts'
import type { Ways } from './publication.ts'

export type FastGraphContext = Pick<ConversationContext, 'options' | 'membership' | 'topics'> & Pick<Ways, 'pricesOf'>

/**
 * Links over trusted networks, by what all say of theirs and `open`, those of this router. A link costs the higher of what its ends say:
 * what their operators do, else what they have measured, else a hop. It is what every router hears alike, so that all draw the same ways.
 */
export function fastGraph(context: FastGraphContext, open: readonly number[]): LinkGraph {
  const { topics, membership, options, pricesOf } = context
  const graph = new LinkGraph()
  const add = (shortId: number, neighbours: readonly number[]) => {
    const [prices, measured] = [pricesOf(shortId), fastCostsOf(topics, shortId)]
    graph.addNode(shortId)
    for (const peer of neighbours) graph.addLink(peer, prices.get(peer) ?? measured.get(peer) ?? HOP_COST)
  }
  for (const peer of topics.peersWith(Topic.fastPath)) {
    if (peer !== options.shortId && membership.host(peer) !== undefined) add(peer, fastNeighboursOf(topics, peer))
  }
  add(options.shortId, open)
  return graph
}

/** What cannot be read names nobody. */
export function fastNeighboursOf(topics: FastGraphContext['topics'], peer: number): readonly number[] {
  return decodeFastNeighbours(topics.bodyOf(peer, Topic.fastPath) ?? NOTHING) ?? []
}

/** By peer: what the router has measured that its links cost, of those that cost more than a hop. */
export function fastCostsOf(topics: FastGraphContext['topics'], router: number): ReadonlyMap<number, number> {
  return decodeLinkCosts(topics.bodyOf(router, Topic.fastCosts) ?? NOTHING) ?? new Map()
}

/** Why some link of the way, which leads from each router to the next, costs more than a hop. */
export function whyMore({ topics, pricesOf }: FastGraphContext, way: readonly number[]): PathFacts['costsMore'] {
  const costs = (costsOf: (router: number) => ReadonlyMap<number, number>) =>
    way.slice(1).some((to, i) => {
      const from = way[i] ?? 0
      return Math.max(costsOf(from).get(to) ?? 0, costsOf(to).get(from) ?? 0) > HOP_COST
    })
  if (costs(pricesOf)) return 'priced'
  return costs(router => fastCostsOf(topics, router)) ? 'measured' : undefined
}

/** What cannot be read stands for nothing. */
export function hearOfFastLinks(context: Pick<ConversationContext, 'topics' | 'refusals' | 'changed'>): void {
  const hear = (topic: number, isRead: (body: Uint8Array) => boolean) =>
    context.topics.listen(topic, (peer, body = NOTHING) => {
      if (body.length > 0 && !isRead(body))
        context.refusals.note('links of the fast path that cannot be read', { peer })
      context.changed('soon')
    })
  hear(Topic.fastPath, body => decodeFastNeighbours(body) !== undefined)
  hear(Topic.fastCosts, body => decodeLinkCosts(body) !== undefined)
  hear(Topic.tunnel, body => decodeTunnelNotice(body) !== undefined)
}

const NOTHING = new Uint8Array(0)
