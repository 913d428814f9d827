import { HOP_COST } from '../mesh/link-quality.ts'
import { decodeLinkCosts, encodeLinkCosts } from '../wire/link-costs.ts'
import { Topic } from '../wire/topic.ts'
import type { ConversationContext } from './conversation.ts'

type Context = Pick<ConversationContext, 'options' | 'membership' | 'topics' | 'refusals'>

/**
 * What operators say that the way straight to a peer costs, whether there is a link or not. Of links each end's record tells it; of all
 * other pairs, topic `costs` does, so that both ends know what either says.
 */
export class SetCosts {
  readonly #context: Context
  /** What peers' operators say of the way to this router, by peer. */
  readonly #heard = new Map<number, number>()

  constructor(context: Context) {
    this.#context = context
    const { topics, refusals, options } = context
    topics.listen(Topic.costs, (peer, body) => {
      const costs = body === undefined ? undefined : decodeLinkCosts(body)
      if (body !== undefined && costs === undefined) refusals.note('costs of links that cannot be read', { peer })
      const cost = costs?.get(options.shortId)
      if (cost === undefined) this.#heard.delete(peer)
      else this.#heard.set(peer, cost)
    })
  }

  /** What this host's own operator says; goes for links in place of what is measured. */
  own(peer: number): number | undefined {
    const { linkCosts } = this.#context.options
    const host = linkCosts === undefined ? undefined : this.#context.membership.host(peer)?.host
    // A host may have the name of something that every object has.
    return linkCosts === undefined || host === undefined || !Object.hasOwn(linkCosts, host)
      ? undefined
      : linkCosts[host]
  }

  /** An operator, of either end, has the way straight to the peer cost more than a hop. */
  isPriced(peer: number): boolean {
    return Math.max(this.own(peer) ?? 0, this.#heard.get(peer) ?? 0) > HOP_COST
  }

  /** By peer: what the operator of `router` says, be it this one or another. What cannot be read says nothing. */
  saidBy(router: number): ReadonlyMap<number, number> {
    const body = this.#context.topics.bodyOf(router, Topic.costs)
    return (body === undefined ? undefined : decodeLinkCosts(body)) ?? NOTHING
  }

  /** By peer: the higher of what both ends say. */
  get all(): ReadonlyMap<number, number> {
    const all = new Map(this.#heard)
    for (const [peer, cost] of this.#allOwn()) all.set(peer, Math.max(cost, all.get(peer) ?? 0))
    return all
  }

  /** Tells all; nothing where the operator has set none. */
  announce(): void {
    if (this.#context.options.linkCosts !== undefined)
      this.#context.topics.publish(Topic.costs, encodeLinkCosts(this.#allOwn()))
  }

  #allOwn(): ReadonlyMap<number, number> {
    const { options, membership } = this.#context
    const own = new Map<number, number>()
    if (options.linkCosts === undefined) return own
    for (const { shortId } of membership.members) {
      const cost = this.own(shortId)
      if (cost !== undefined && shortId !== options.shortId) own.set(shortId, cost)
    }
    return own
  }
}

const NOTHING: ReadonlyMap<number, number> = new Map()
