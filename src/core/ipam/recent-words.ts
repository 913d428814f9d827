import type { PeerName } from '../../base/peer-name.ts'
import type { AddressBody } from './body.ts'

/** By then word of the peer's being in reach has come too. */
const RECENT_MS = 60_000

interface Word {
  readonly serial: number
  readonly heardAt: number
}

/** When peers last said something that they had not said before: who does is not dead, though it may not be known yet that it is in reach. */
export class RecentWords {
  readonly #words = new Map<PeerName, Word>()

  note(peer: PeerName, { serial }: Pick<AddressBody, 'serial'>, now: number): void {
    if ((this.#words.get(peer)?.serial ?? -1) < serial) this.#words.set(peer, { serial, heardAt: now })
  }

  /** Until then the peer is taken for alive. */
  aliveUntil(peer: PeerName): number {
    const word = this.#words.get(peer)
    return word === undefined ? Number.NEGATIVE_INFINITY : word.heardAt + RECENT_MS
  }

  forget(peer: PeerName): void {
    this.#words.delete(peer)
  }
}
