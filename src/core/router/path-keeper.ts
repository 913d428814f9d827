import type { Endpoint } from '../../base/endpoint.ts'
import { DirectPaths } from '../mesh/direct-paths.ts'
import type { Probe } from '../wire/probe.ts'
import type { Instant } from './api.ts'
import type { ConversationContext } from './conversation.ts'

type PathContext = Pick<ConversationContext, 'membership' | 'neighbours' | 'emit' | 'log' | 'changed'>

/** Opens direct paths to peers without a link when the data plane wants them, and answers the probes of others who do. */
export class PathKeeper {
  readonly paths: DirectPaths
  readonly #context: PathContext

  constructor(context: PathContext, candidatesOf: (peer: number) => readonly Endpoint[]) {
    this.#context = context
    this.paths = new DirectPaths(candidatesOf)
  }

  want(peer: number, now: Instant): void {
    const isNeighbour = this.#context.neighbours.linkTo(peer)?.isEstablished === true
    if (!isNeighbour && this.#context.membership.host(peer) !== undefined) this.paths.want(peer, now)
  }

  /** An authentic probe of a peer that has no link with us. */
  probed(peer: number, probe: Probe, from: Endpoint, now: Instant): void {
    if (this.#context.membership.host(peer) === undefined) return
    if (!probe.isReply) return this.#send(peer, from, { sequence: probe.sequence, isReply: true })
    if (!this.paths.answered(peer, probe.sequence, from, now)) return
    this.#context.log('info', 'direct path open', { peer, remote: from.ip })
    this.#context.changed('at once')
  }

  tend(now: Instant): void {
    for (const { peer } of this.paths.all) {
      const isNeighbour = this.#context.neighbours.linkTo(peer)?.isEstablished === true
      if (isNeighbour || this.#context.membership.host(peer) === undefined) this.paths.forget(peer)
    }
    const { probes, hasChanged } = this.paths.due(now)
    for (const { peer, to, sequence } of probes) this.#send(peer, to, { sequence, isReply: false })
    if (hasChanged) this.#context.changed('at once')
  }

  #send(peer: number, to: Endpoint, probe: Probe): void {
    this.#context.emit({ kind: 'probe', peer, to, probe })
  }
}
