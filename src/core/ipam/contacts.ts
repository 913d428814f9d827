import type { PeerName } from '../../base/peer-name.ts'

/**
 * A router that has not been in contact with most of the cluster for so long uses its space no more: others may have taken it.
 * The time between this and `GRACE_MS` covers clocks that run apart by a quarter, and news on its way.
 */
export const LEASE_MS = 45 * 60_000
/** Word of whoever took a router's space lawfully, while that was away, has come by then. */
export const HOLD_MS = 60_000
/** Others give the router so long to yield by itself, lest both yield. */
export const TRUST_MS = 2 * HOLD_MS
/** Unreachable for so long while this router was in contact with most of the cluster: dead, and its space is taken over. */
export const GRACE_MS = 60 * 60_000
/** Where there is a manifest, whoever is out of reach for less may be starting again: the word of one router does not make it dead. */
export const DEAD_BY_WORD_MS = 10 * 60_000
/** Who was away for less is missed, not lost. Below `DEAD_BY_WORD_MS`, since routers notice at different times. */
export const MISSED_MS = 9 * 60_000
/** The same for a peer that the manifest no longer names. */
export const REMOVED_MS = 10_000
/** After so long away that others may have taken this router's space, it waits for word of that before it goes on. */
export const CATCH_UP_MS = 3_000

/**
 * Whom this router has reached, and since when. Two sets of more than half of the members share one, and whoever both reach they
 * reach each other by: so while one router is in contact with most, none that it cannot reach is.
 */
export class Contacts {
  readonly #self: PeerName
  #members: ReadonlySet<PeerName>
  #reachable: ReadonlySet<PeerName> = new Set()
  readonly #lostAt = new Map<PeerName, number>()
  /** Since when each member has been in reach, but for times when it was missed while this router was in contact with most. */
  readonly #presentSince = new Map<PeerName, number>()
  /** When those that were missed came back. */
  readonly #backSince = new Map<PeerName, number>()
  /** Since when more than half have been reachable without a break; undefined while they are not. */
  #majoritySince: number | undefined
  /** It is not known for how long a router was away that has only just started. */
  #majorityUntil = Number.NEGATIVE_INFINITY
  #trustedAt = Number.NEGATIVE_INFINITY

  constructor(self: PeerName) {
    this.#self = self
    this.#members = new Set()
  }

  get members(): ReadonlySet<PeerName> {
    return this.#members
  }

  get hasMajority(): boolean {
    return this.#majoritySince !== undefined
  }

  get majoritySince(): number | undefined {
    return this.#majoritySince
  }

  get majority(): number {
    return Math.floor(this.#members.size / 2) + 1
  }

  get present(): readonly PeerName[] {
    return [...this.#members].filter(peer => this.isReachable(peer))
  }

  get absent(): readonly PeerName[] {
    return [...this.#members].filter(peer => !this.isReachable(peer))
  }

  isReachable(peer: PeerName): boolean {
    return peer === this.#self || this.#reachable.has(peer)
  }

  /** `members` includes this router, unless it was removed; `known`: all others whose being lost matters. */
  update(
    { members, reachable, known }: Record<'members' | 'reachable' | 'known', ReadonlySet<PeerName>>,
    now: number,
  ): void {
    const wasCutOff = this.#isCutOff(now)
    this.#members = members
    this.#reachable = reachable
    this.#noteReturns(now)
    for (const peer of this.#lostAt.keys()) {
      if (this.isReachable(peer) || !(members.has(peer) || known.has(peer))) this.#lostAt.delete(peer)
    }
    for (const peer of [...members, ...known]) {
      if (!this.isReachable(peer) && !this.#lostAt.has(peer)) this.#lostAt.set(peer, now)
    }
    if (this.present.length >= this.majority) this.#regain(now)
    else if (this.#majoritySince !== undefined) {
      this.#majoritySince = undefined
      this.#majorityUntil = now
    }
    // Of half of the cluster some at least know what has become of this router's space, though they are not most.
    if (wasCutOff && !this.hasMajority && !this.#isCutOff(now)) this.#trustedAt = now + CATCH_UP_MS
    this.#forgetLost(now)
  }

  /** Since when the member has been in reach without a break. */
  presentSince(peer: PeerName): number | undefined {
    if (!this.isReachable(peer)) return undefined
    return this.#backSince.get(peer) ?? this.#presentSince.get(peer)
  }

  /** The same, but for times so short that nobody can have taken over its space. Undefined once it is lost. */
  heldSince(peer: PeerName, now: number): number | undefined {
    return this.#isMissed(peer, now) ? this.#presentSince.get(peer) : undefined
  }

  /** True when others may have declared this router dead: those out of reach are enough to do so. */
  isFenced(now: number): boolean {
    return now < this.#trustedAt || this.#isCutOff(now)
  }

  /** In contact with most again after a long time, or for the first time: word of what has become of this router's space may be on its way. */
  isCatchingUp(now: number): boolean {
    return this.hasMajority && now < this.#trustedAt
  }

  /** When that changes by time alone. */
  get fenceDeadline(): number {
    return this.hasMajority ? this.#trustedAt : Math.max(this.#trustedAt, this.#majorityUntil + LEASE_MS)
  }

  /** Since when this router could tell that the peer is gone: out of reach, and itself in contact with most. */
  goneSince(peer: PeerName): number | undefined {
    const lostAt = this.#lostAt.get(peer)
    if (lostAt === undefined || this.#majoritySince === undefined) return undefined
    return Math.max(lostAt, this.#majoritySince)
  }

  #isCutOff(now: number): boolean {
    if (this.hasMajority || now - this.#majorityUntil < LEASE_MS) return false
    return this.absent.length >= this.majority
  }

  #noteReturns(now: number): void {
    for (const peer of this.present) {
      const isKnown = this.#presentSince.has(peer)
      if (!isKnown || !this.#isMissed(peer, now)) {
        this.#presentSince.set(peer, now)
        this.#backSince.delete(peer)
      } else if (this.#lostAt.has(peer)) this.#backSince.set(peer, now)
    }
  }

  #forgetLost(now: number): void {
    for (const peer of this.#presentSince.keys()) {
      if (this.#members.has(peer) && (this.isReachable(peer) || this.#wasHeld(peer, now))) continue
      this.#presentSince.delete(peer)
      this.#backSince.delete(peer)
    }
  }

  /** It was in contact with this router and most others for long before it was missed, and these have been in contact ever since. */
  #wasHeld(peer: PeerName, now: number): boolean {
    const since = Math.max(this.#presentSince.get(peer) ?? now, this.#majoritySince ?? now)
    return this.#isMissed(peer, now) && (this.#lostAt.get(peer) ?? now) - since >= TRUST_MS
  }

  /** In reach, or out of it for so short a time that nobody can have taken over its space. */
  #isMissed(peer: PeerName, now: number): boolean {
    return now - (this.#lostAt.get(peer) ?? now) < MISSED_MS
  }

  #regain(now: number): void {
    if (this.#majoritySince !== undefined) return
    const wasLong = now - this.#majorityUntil >= LEASE_MS
    if (wasLong && this.#members.size > 1) this.#trustedAt = now + CATCH_UP_MS
    this.#majoritySince = now
  }
}
