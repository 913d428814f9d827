import type { PeerName } from '../../base/peer-name.ts'

/** Word of the claim by which an address is the peer's has come by then. */
export const REVIEW_MS = 30_000

/** Whose names are to be looked at for addresses of others, and of whom it was told that some are. */
export class NameReviews {
  readonly #dueAt = new Map<PeerName, number>()
  readonly #told = new Set<PeerName>()

  get deadline(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#dueAt.values())
  }

  /** Call when the peer was heard. What is heard again until then does not put it off. */
  schedule(peer: PeerName, now: number): void {
    if (!this.#dueAt.has(peer)) this.#dueAt.set(peer, now + REVIEW_MS)
  }

  forget(peer: PeerName): void {
    this.#dueAt.delete(peer)
    this.#told.delete(peer)
  }

  /** Those to be looked at, each given once. */
  due(now: number): readonly PeerName[] {
    const peers = [...this.#dueAt].filter(([, at]) => at <= now).map(([peer]) => peer)
    for (const peer of peers) this.#dueAt.delete(peer)
    return peers
  }

  /** True where it is to be told: once, until the peer has been without such names. */
  note(peer: PeerName, hasRefused: boolean): boolean {
    const isNews = hasRefused && !this.#told.has(peer)
    if (hasRefused) this.#told.add(peer)
    else this.#told.delete(peer)
    return isNews
  }
}
