import type { PeerName } from '../../base/peer-name.ts'
import { BODY_BYTES_MAX, decodeEntries, type Entry, encodeEntries } from './entry.ts'
import { type FoundEntry, NameIndex } from './name-index.ts'
import { NameReviews } from './name-reviews.ts'

/** Names of a peer that cannot be reached are answered for so long, where nobody in reach has the name. */
export const STALE_MS = 60 * 60_000

const NOT_ITS_OWN = 'names for addresses of another host'

export type NamesOutput =
  | { readonly kind: 'store'; readonly text: string }
  | { readonly kind: 'publish'; readonly body: Uint8Array }
  /** What a peer said is not taken; to be counted. */
  | { readonly kind: 'refused'; readonly peer: PeerName; readonly reason: string }
  | {
      readonly kind: 'log'
      readonly level: 'warn'
      readonly message: string
      readonly fields: Readonly<Record<string, string>>
    }

/** What is known of whose an address is. */
export interface AddressVerdicts {
  /** Whether it is in the space of another peer than the one that published it. */
  isAnothers(publisher: PeerName, address: string): boolean
  /** Whether that is sure: the entry is answered to nobody. */
  isRefused(publisher: PeerName, address: string): boolean
}

export interface NamesOptions {
  readonly self: PeerName
  /** Text of an earlier `store`. */
  readonly stored: string | undefined
  /** Absent: whoever publishes an address has it. */
  readonly addresses?: AddressVerdicts
}

/**
 * The names of this host's containers, and those that the other peers publish. Each peer speaks for its own alone, so a removal needs
 * no tombstone and no clock: what a peer publishes no more is gone.
 */
export class Names {
  readonly #self: PeerName
  readonly #addresses: AddressVerdicts
  #own: readonly Entry[] = []
  readonly #others = new Map<PeerName, readonly Entry[]>()
  readonly #lostAt = new Map<PeerName, number>()
  readonly #reviews = new NameReviews()
  /** Drawn when something is looked up: many peers may be heard before anybody asks. */
  #index: NameIndex | undefined
  #reachable: ReadonlySet<PeerName> = new Set()
  #outputs: NamesOutput[] = []

  constructor({ self, stored, addresses = ALL_ITS_OWN }: NamesOptions) {
    this.#self = self
    this.#addresses = addresses
    const decoded = decodeEntries(new TextEncoder().encode(stored ?? ''))
    if (decoded.ok) this.#own = decoded.value
    if (this.#own.length > 0) this.#outputs.push({ kind: 'publish', body: encodeEntries(this.#own) })
  }

  get own(): readonly Entry[] {
    return this.#own
  }

  /** Those that have published some, or are to be looked at. */
  get peerCount(): number {
    return Math.max(this.#others.size, this.#lostAt.size, this.#reviews.peerCount)
  }

  get all(): readonly FoundEntry[] {
    const found = [...this.#indexed.byName.values()].flat()
    return found.map(entry => (this.#isRefused(entry) ? { ...entry, isRefused: true } : entry))
  }

  /** When names of a lost peer end, or a peer's are to be looked at. */
  get deadline(): number {
    return Math.min(this.#reviews.deadline, ...[...this.#lostAt.values()].map(at => at + STALE_MS))
  }

  /** False when this host has as many names as it can tell the others of. */
  hasRoomFor(entry: Entry): boolean {
    if (this.#isKnown(entry)) return true
    // Marks come later, and must have room then.
    const largest = [...this.#own, entry].map(one => marked(one, true))
    return encodeEntries(largest).length <= BODY_BYTES_MAX
  }

  /** False when there is no room. */
  add(entry: Entry): boolean {
    if (this.#isKnown(entry)) return true
    if (!this.hasRoomFor(entry)) return false
    const isUnhealthy = this.#own.some(known => known.id === entry.id && known.isUnhealthy === true)
    this.#replace([...this.#own, marked(entry, isUnhealthy)])
    return true
  }

  /** Removes entries of this host that fit all that is given; returns how many. */
  remove(fits: (entry: Entry) => boolean): number {
    const own = this.#own.filter(entry => !fits(entry))
    const removed = this.#own.length - own.length
    if (removed > 0) this.#replace(own)
    return removed
  }

  /** What the health check of a container of this host says. A container without names has nothing to mark. */
  judge(id: string, isHealthy: boolean): void {
    const isNews = (entry: Entry) => entry.id === id && (entry.isUnhealthy === true) === isHealthy
    if (!this.#own.some(isNews)) return
    this.#replace(this.#own.map(entry => (entry.id === id ? marked(entry, !isHealthy) : entry)))
  }

  /** `body` is undefined when the peer is a member no more. False when it cannot be read: what was heard before holds. */
  heard(peer: PeerName, body: Uint8Array | undefined, now: number): boolean {
    const decoded = decodeEntries(body ?? new Uint8Array(0))
    if (!decoded.ok) return false
    this.#keepRefused(peer, decoded.value)
    if (body === undefined || decoded.value.length === 0) this.#forget(peer, body === undefined)
    else {
      this.#others.set(peer, decoded.value)
      this.#reviews.schedule(peer, now)
    }
    this.#index = undefined
    return true
  }

  reach(peers: ReadonlySet<PeerName>, now: number): void {
    this.#reachable = peers
    for (const peer of this.#others.keys()) {
      if (peers.has(peer)) this.#lostAt.delete(peer)
      else if (!this.#lostAt.has(peer)) this.#lostAt.set(peer, now)
    }
    this.#index = undefined
  }

  advance(now: number): void {
    for (const [peer, at] of this.#lostAt) {
      if (at + STALE_MS > now) continue
      this.#lostAt.delete(peer)
      this.#forget(peer, true)
      this.#index = undefined
    }
    for (const { peer, kept } of this.#reviews.due(now)) this.#review(peer, kept)
  }

  drain(): readonly NamesOutput[] {
    const outputs = this.#outputs
    this.#outputs = []
    return outputs
  }

  /**
   * Case does not matter (RFC 4343). Stale entries only where there are no others, and unhealthy ones before stale ones only; last of
   * all come those whose address is in another peer's space, if they are not refused.
   */
  find(name: string): readonly FoundEntry[] {
    return this.#best(this.#indexed.byName.get(name.toLowerCase()) ?? [])
  }

  findAddress(address: string): readonly FoundEntry[] {
    return this.#best(this.#indexed.byAddress.get(address) ?? [])
  }

  /** Whether there are names below this one. */
  isParent(name: string): boolean {
    return this.#indexed.parents.has(name.toLowerCase())
  }

  #isKnown(entry: Entry): boolean {
    return this.#own.some(known => isSame(known, entry))
  }

  #best(entries: readonly FoundEntry[]): readonly FoundEntry[] {
    const taken = entries.filter(entry => !this.#isRefused(entry))
    if (taken.length < 2) return taken
    const own = taken.filter(({ isOwn, peer, data }) => {
      return isOwn || data.kind !== 'address' || !this.#addresses.isAnothers(peer, data.address)
    })
    return best(own.length > 0 ? own : taken)
  }

  #isRefused({ peer, data }: Pick<FoundEntry, 'peer' | 'data'>): boolean {
    return peer !== this.#self && data.kind === 'address' && this.#addresses.isRefused(peer, data.address)
  }

  /** What is taken back before it was looked at is looked at all the same: one entry is enough. */
  #keepRefused(peer: PeerName, next: readonly Entry[]): void {
    const before = this.#others.get(peer)
    if (before === undefined || !this.#reviews.isDue(peer)) return
    const stays = new Set(next.map(textOf))
    const refused = before.find(entry => !stays.has(textOf(entry)) && this.#isRefused({ peer, data: entry.data }))
    if (refused !== undefined) this.#reviews.keep(peer, refused)
  }

  #review(peer: PeerName, kept: Entry | undefined): void {
    const entries = [...(this.#others.get(peer) ?? []), ...(kept === undefined ? [] : [kept])]
    const refused = entries.find(({ data }) => this.#isRefused({ peer, data }))
    if (!this.#reviews.note(peer, refused !== undefined) || refused?.data.kind !== 'address') return
    const fields = { peer, name: refused.name, address: refused.data.address }
    this.#outputs.push(
      { kind: 'refused', peer, reason: NOT_ITS_OWN },
      { kind: 'log', level: 'warn', message: NOT_ITS_OWN, fields },
    )
  }

  /** Of a member that has none, or none any more, there may be some to look at. */
  #forget(peer: PeerName, isGone: boolean): void {
    this.#others.delete(peer)
    if (isGone || !this.#reviews.hasKept(peer)) this.#reviews.forget(peer)
  }

  get #indexed(): NameIndex {
    this.#index ??= new NameIndex(this.#found())
    return this.#index
  }

  *#found(): Iterable<FoundEntry> {
    for (const entry of this.#own) yield { ...entry, peer: this.#self, isOwn: true, isStale: false }
    for (const [peer, entries] of this.#others) {
      for (const entry of entries) yield { ...entry, peer, isOwn: false, isStale: !this.#reachable.has(peer) }
    }
  }

  #replace(own: readonly Entry[]): void {
    this.#own = own
    this.#index = undefined
    const body = encodeEntries(own)
    this.#outputs.push({ kind: 'store', text: new TextDecoder().decode(body) }, { kind: 'publish', body })
  }
}

const ALL_ITS_OWN: AddressVerdicts = { isAnothers: () => false, isRefused: () => false }

/** Fresh and healthy ones, or else what comes nearest to it: a name that is known is always answered. */
function best(entries: readonly FoundEntry[]): readonly FoundEntry[] {
  const fresh = entries.filter(entry => !entry.isStale)
  const candidates = fresh.length > 0 ? fresh : entries
  const healthy = candidates.filter(entry => entry.isUnhealthy !== true)
  return healthy.length > 0 ? healthy : candidates
}

function marked({ isUnhealthy: _, ...entry }: Entry, isUnhealthy: boolean): Entry {
  return isUnhealthy ? { ...entry, isUnhealthy } : entry
}

function isSame(a: Entry, b: Entry): boolean {
  return textOf(a) === textOf(b)
}

/** But for its mark. */
function textOf({ id, name, data }: Entry): string {
  return JSON.stringify([id, name, data])
}
