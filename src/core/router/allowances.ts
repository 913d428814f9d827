import type { Instant } from './api.ts'

/**
 * How much each peer may make others do. A deed has a price in time, which the peer owes until so much time has passed; who owes too
 * much has to wait. Memory is taken for those that owe something, until `forgetPaid`.
 */
export class Allowances<Peer = number> {
  readonly #owedMaxMs: number
  readonly #paidAt = new Map<Peer, Instant>()
  readonly #exceeding = new Set<Peer>()

  constructor(owedMaxMs: number) {
    this.#owedMaxMs = owedMaxMs
  }

  /** Peers that there is memory taken for. */
  get size(): number {
    return this.#paidAt.size
  }

  /** When the peer may do more: `now` if at once. */
  turnAt(peer: Peer, now: Instant): Instant {
    return Math.max(now, (this.#paidAt.get(peer) ?? now) - this.#owedMaxMs)
  }

  allows(peer: Peer, now: Instant): boolean {
    return this.turnAt(peer, now) <= now
  }

  charge(peer: Peer, priceMs: number, now: Instant): void {
    this.#paidAt.set(peer, Math.max(now, this.#paidAt.get(peer) ?? now) + priceMs)
  }

  owes(peer: Peer, now: Instant): boolean {
    return (this.#paidAt.get(peer) ?? now) > now
  }

  /** Call when the peer may not do what it asks for; true the first time since it owed nothing. */
  exceeded(peer: Peer): boolean {
    const isFirst = !this.#exceeding.has(peer)
    this.#exceeding.add(peer)
    return isFirst
  }

  forgetPaid(now: Instant): void {
    for (const peer of this.#paidAt.keys()) if (!this.owes(peer, now)) this.#forget(peer)
  }

  #forget(peer: Peer): void {
    this.#paidAt.delete(peer)
    this.#exceeding.delete(peer)
  }
}
