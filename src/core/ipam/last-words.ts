import type { PeerName } from '../../base/peer-name.ts'
import type { Range } from './range.ts'
import type { Territory } from './territory.ts'

/**
 * What members out of reach have last claimed or given. Out of contact with most of the cluster nobody comes to have more, so none of
 * them has space beyond it. It outlasts what is forgotten of a peer once its heirs have all that it left.
 */
export class LastWords {
  readonly #said = new Map<PeerName, readonly Range[]>()

  /** Call more often than peers are forgotten. */
  note({ contacts, views }: Territory): void {
    for (const peer of this.#said.keys()) {
      if (!contacts.members.has(peer) || contacts.isReachable(peer)) this.#said.delete(peer)
    }
    for (const peer of contacts.absent) {
      const body = views.get(peer)?.body
      if (body !== undefined) this.#said.set(peer, [...body.claims, ...body.grants])
    }
  }

  /** Undefined where nothing has come of it since this router started. */
  of(peer: PeerName): readonly Range[] | undefined {
    return this.#said.get(peer)
  }

  get all(): readonly Range[] {
    return [...this.#said.values()].flat()
  }
}
