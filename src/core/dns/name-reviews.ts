import type { PeerName } from '../../base/peer-name.ts'
import type { Entry } from './entry.ts'

/** Word of the claim by which an address is the peer's has come by then. */
export const REVIEW_MS = 30_000

/** Whose names are to be looked at for addresses of others, and of whom it was told that some are. */
export class NameReviews {
  readonly #dueAt = new Map<PeerName, number>()
  /** Taken back by the peer before they were looked at. */
  readonly #kept = new Map<PeerName, Entry>()
  readonly #told = new Set<PeerName>()

  get peerCount(): number {
    return Math.max(this.#dueAt.size, this.#kept.size, this.#told.size)
  }

  get deadline(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#dueAt.values())
  }

  /** Call when the peer was heard. What is heard again until then does not put it off. */
  schedule(peer: PeerName, now: number): void {
    if (!this.#dueAt.has(peer)) this.#dueAt.set(peer, now + REVIEW_MS)
  }

  isDue(peer: PeerName): boolean {
    return this.#dueAt.has(peer)
  }

  /** To be looked at with what the peer publishes by then. */
  keep(peer: PeerName, entry: Entry): void {
    this.#kept.set(peer, entry)
  }

  hasKept(peer: PeerName): boolean {
    return this.#kept.has(peer)
  }

  forget(peer: PeerName): void {
    this.#dueAt.delete(peer)
    this.#kept.delete(peer)
    this.#told.delete(peer)
  }

  /** Those to be looked at, each given once. */
  due(now: number): readonly { readonly peer: PeerName; readonly kept: Entry | undefined }[] {
    const peers = [...this.#dueAt].filter(([, at]) => at <= now).map(([peer]) => peer)
    const due = peers.map(peer => ({ peer, kept: this.#kept.get(peer) }))
    for (const peer of peers) {
      this.#dueAt.delete(peer)
      this.#kept.delete(peer)
    }
    return due
  }

  /** True where it is to be told: once, until the peer has been without such names. */
  note(peer: PeerName, hasRefused: boolean): boolean {
    const isNews = hasRefused && !this.#told.has(peer)
    if (hasRefused) this.#told.add(peer)
    else this.#told.delete(peer)
    return isNews
  }
}
