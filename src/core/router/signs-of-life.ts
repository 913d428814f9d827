import { type RecordStore, recordKey } from '../gossip/record-store.ts'
import { eachEstablishedLink } from '../wire/record-view.ts'
import { Topic } from '../wire/topic.ts'

/**
 * Tells whether a peer that was given up is there after all, though nobody has anything newer from it: after a partition all that it has
 * said may be from before. It is there when a peer that is there has a link with it, as both say: records of the living are of
 * today, and those of the dead name each other at most.
 */
export class SignsOfLife {
  readonly #store: RecordStore
  readonly #isReached: (peer: number) => boolean
  /** Taken since routes were computed last, so none leads there yet. */
  readonly #back = new Set<number>()

  /** `isReached`: by a link, or by routes. */
  constructor(store: RecordStore, isReached: (peer: number) => boolean) {
    this.#store = store
    this.#isReached = isReached
  }

  /** Call when a record of the peer was taken of which none was held. */
  cameBack(peer: number): void {
    this.#back.add(peer)
  }

  routed(): void {
    this.#back.clear()
  }

  /** `bytes`: a record of the peer's own topic, whatever follows its links. */
  areThereOf(peer: number, bytes: Uint8Array): boolean {
    let areThere = false
    eachEstablishedLink(bytes, other => {
      areThere ||= (this.#isReached(other) || this.#back.has(other)) && this.#names(other, peer)
    })
    return areThere
  }

  #names(peer: number, neighbour: number): boolean {
    let isNamed = false
    const { bytes } = this.#store.get(recordKey({ shortId: peer, topic: Topic.peer })) ?? {}
    if (bytes !== undefined) eachEstablishedLink(bytes, other => (isNamed ||= other === neighbour))
    return isNamed
  }
}
