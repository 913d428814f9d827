import { LinkGraph } from '../mesh/link-graph.ts'
import { HOP_COST } from '../mesh/link-quality.ts'
import { decodeFastNeighbours } from '../wire/fast-neighbours.ts'
import { Topic } from '../wire/topic.ts'
import type { ConversationContext } from './conversation.ts'
import type { Ways } from './publication.ts'

type Context = Pick<ConversationContext, 'options' | 'membership' | 'topics'> & Pick<Ways, 'pricesOf'>

/**
 * Links over trusted networks, by what all say of theirs and `open`, those of this router. A link costs what operators say that the way
 * between its ends costs, the higher of both, and else a hop: all that every router hears alike, so that all draw the same ways.
 */
export function fastGraph(context: Context, open: readonly number[]): LinkGraph {
  const { topics, membership, options, pricesOf } = context
  const graph = new LinkGraph()
  const add = (shortId: number, neighbours: readonly number[]) => {
    const prices = pricesOf(shortId)
    graph.addNode(shortId)
    for (const peer of neighbours) graph.addLink(peer, prices.get(peer) ?? HOP_COST)
  }
  for (const peer of topics.peersWith(Topic.fastPath)) {
    if (peer !== options.shortId && membership.host(peer) !== undefined) add(peer, fastNeighboursOf(topics, peer))
  }
  add(options.shortId, open)
  return graph
}

/** What cannot be read names nobody. */
export function fastNeighboursOf(topics: Context['topics'], peer: number): readonly number[] {
  return decodeFastNeighbours(topics.bodyOf(peer, Topic.fastPath) ?? new Uint8Array(0)) ?? []
}
