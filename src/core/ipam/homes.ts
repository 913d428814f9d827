import type { PeerName } from '../../base/peer-name.ts'
import type { IpamMember } from './api.ts'
import { type Contacts, GRACE_MS, HOLD_MS, TRUST_MS } from './contacts.ts'
import { type Range, rangeContains } from './range.ts'

/**
 * The ranges that the manifest gives to hosts, and which of them are held against every claim of others, whatever its epoch. Nobody
 * takes over the space of a router in contact with most of the cluster: whoever claims a part of its range then, and was not given
 * it, lies, or acted while cut off.
 *
 *     back in contact ──word of a better claim──▶ yields
 *           └──HOLD_MS without one──▶ holds ──out of contact──▶ …
 */
export class Homes {
  readonly #self: PeerName
  readonly #contacts: Contacts
  #members: ReadonlyMap<PeerName, IpamMember> | undefined
  #homes: ReadonlyMap<PeerName, readonly Range[]> | undefined
  #now = Number.NEGATIVE_INFINITY

  constructor(self: PeerName, contacts: Contacts) {
    this.#self = self
    this.#contacts = contacts
  }

  look(members: ReadonlyMap<PeerName, IpamMember> | undefined, now: number): void {
    this.#now = now
    if (members === undefined || members === this.#members) return
    this.#members = members
    this.#homes = new Map([...members].map(([name, { home }]) => [name, home]))
  }

  get now(): number {
    return this.#now
  }

  get areKnown(): boolean {
    return this.#homes !== undefined
  }

  get majority(): number {
    return this.#contacts.majority
  }

  /** Whoever it is, where there is no manifest. */
  isMember(peer: PeerName): boolean {
    return this.#homes === undefined || this.#homes.has(peer)
  }

  of(peer: PeerName): readonly Range[] {
    return this.#homes?.get(peer) ?? []
  }

  /** Of the member in whose range it is. */
  at(address: bigint): PeerName | undefined {
    for (const [name, home] of this.#homes ?? []) if (home.some(range => rangeContains(range, address))) return name
    return undefined
  }

  /** What this router holds of its own, or a peer in reach of its. */
  heldBy(peer: PeerName): readonly Range[] {
    return this.steadyFor(peer) === undefined ? [] : this.of(peer)
  }

  /** For how long the peer, and most others, have been in contact with this router, at least: long enough to hold what it has had for that time. */
  steadyFor(peer: PeerName): number | undefined {
    if (peer === this.#self) return this.#isInContact(HOLD_MS) ? HOLD_MS : undefined
    return this.#trusted(this.#contacts.presentSince(peer))
  }

  /** This router holds its own, and word of the manifest has come to it. */
  get isSteady(): boolean {
    return this.#isInContact(HOLD_MS)
  }

  /** The same where a time without contact does not count that was too short for anybody to take over the peer's space. */
  heldFor(peer: PeerName): number | undefined {
    return peer === this.#self ? this.steadyFor(peer) : this.#trusted(this.#contacts.heldSince(peer, this.#now))
  }

  /** Others may have taken over its space by then. */
  isLost(peer: PeerName): boolean {
    const since = this.#contacts.goneSince(peer)
    return since !== undefined && this.#now - since >= GRACE_MS
  }

  #trusted(since: number | undefined): number | undefined {
    const isSteady = since !== undefined && this.#now - since >= TRUST_MS && this.#isInContact(TRUST_MS)
    return isSteady ? TRUST_MS : undefined
  }

  #isInContact(forMs: number): boolean {
    const since = this.#contacts.majoritySince
    return since !== undefined && this.#now - since >= forMs
  }
}
