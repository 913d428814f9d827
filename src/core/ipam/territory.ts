import { formatIpNetwork, type IpNetwork, isIpv4, overlaps } from '../../base/ip-address.ts'
import type { PeerName } from '../../base/peer-name.ts'
import type { IpamOptions, IpamOutput } from './api.ts'
import { ADDED_MAX, type AddressBody, type Denial, type Grant, type Wish } from './body.ts'
import { Contacts } from './contacts.ts'
import { Homes } from './homes.ts'
import { KeptRecords } from './kept-records.ts'
import { type Lease, LeaseBook } from './lease-book.ts'
import { type IpamMemory, parseMemory } from './memory.ts'
import { OwnedSpace } from './owned-space.ts'
import { PeerViews } from './peer-views.ts'
import {
  intersect,
  largestFirst,
  outermost,
  type Range,
  rangeContains,
  rangeOf,
  sizeOfRange,
  without,
} from './range.ts'
import { RecentWords } from './recent-words.ts'
import { offersIn } from './reserve.ts'
import { denialsMax, roomFor, type Spoken } from './room.ts'

/** The state that the parts of the allocator share: whose space is whose, as far as this router knows. */
export class Territory {
  readonly self: PeerName
  readonly order: IpamOptions['order']
  readonly initial: IpamOptions['initial']
  readonly reserved: readonly IpNetwork[]
  readonly space = new OwnedSpace()
  readonly leases = new LeaseBook()
  readonly contacts: Contacts
  readonly homes: Homes
  readonly views: PeerViews
  readonly words = new RecentWords()
  readonly kept: KeptRecords
  readonly taken = new Map<PeerName, number>()
  readonly served = new Map<PeerName, number>()
  /** Those that claim what this router holds, and the epoch of the claim: it does not hold after a restart either. */
  readonly vain = new Map<PeerName, number>()
  readonly outputs: IpamOutput[] = []
  readonly wishes: Wish[] = []
  readonly #universe: readonly IpNetwork[]
  readonly #commons: readonly IpNetwork[]
  /** Ranges of which the manifest gives each member a share. */
  shared: readonly IpNetwork[] = []
  /** Those that a member added. */
  added: readonly IpNetwork[] = []
  grants: readonly Grant[] = []
  /** Taken by their receivers just before. */
  told: readonly { readonly grant: Grant; readonly until: number }[] = []
  denials: readonly Denial[] = []
  reachable: ReadonlySet<PeerName> = new Set()
  /** Nothing is known of an earlier life. */
  isFresh = true
  /** Somebody else speaks in this router's name. */
  isFrozen = false
  serial = 0
  grantSequence = 0
  wishSequence = 0
  home = ''
  /** What this router says or remembers of itself. */
  isChanged = false
  /** What it remembers of others. */
  hasNews = false

  constructor(options: IpamOptions) {
    this.self = options.self
    this.order = options.order
    this.initial = options.initial
    this.reserved = options.reserved
    this.#universe = options.universe
    this.#commons = options.commons
    this.contacts = new Contacts(options.self)
    this.homes = new Homes(options.self, this.contacts)
    this.views = new PeerViews(options.self, this.homes, this.taken)
    this.kept = new KeptRecords(options.recordOf)
    if (options.stored !== undefined) this.#restore(options.stored)
  }

  /** All addresses that may be handed out. */
  get universe(): readonly IpNetwork[] {
    return outermost([...this.#universe, ...this.shared, ...this.added])
  }

  /** The part of it that whoever needs it first may take. */
  get commons(): readonly Range[] {
    const shared = this.shared.map(rangeOf)
    return [...this.#commons, ...this.added].flatMap(network => without(rangeOf(network), shared))
  }

  /** Whether members have shares there. */
  isShared(range: Range): boolean {
    return this.shared.some(network => intersect(rangeOf(network), range) !== undefined)
  }

  /** There, and not in the share of this router: it never takes that by itself. */
  isSharedByOthers(address: bigint): boolean {
    const isOwn = this.homes.of(this.self).some(home => rangeContains(home, address))
    return !isOwn && this.isShared({ from: address, to: address })
  }

  get memory(): IpamMemory {
    return {
      serial: this.serial,
      grantSequence: this.grantSequence,
      wishSequence: this.wishSequence,
      home: this.home,
      claims: this.space.claims,
      grants: this.grants,
      leases: this.leases.all,
      taken: [...this.taken],
      served: [...this.served],
      ranges: this.added,
      vain: [...this.vain],
      suspects: this.views.verdicts.memory,
      promised: this.views.verdicts.promises.memory,
      records: this.kept.memory(this.views, this.homes),
      peers: this.views.all
        .filter(view => view.claims.length > 0)
        .map(({ name, claims }) => [
          name,
          claims.map(({ from, to, epoch, isSettling }) => ({ from, to, epoch, isSettling })),
        ]),
    }
  }

  get body(): AddressBody {
    const offers = offersIn(this.space.claims, this)
    return {
      serial: this.serial,
      claims: this.space.claims.map((claim, i) => ({ ...claim, free: offers[i] ?? 0n })),
      grants: [...this.grants, ...this.told.map(({ grant }) => grant)],
      taken: this.taken,
      wishes: this.wishes,
      denials: this.denials.slice(0, denialsMax(this.#spoken)),
      ranges: this.added,
    }
  }

  /**
   * Whether the others can be told of one more piece of space, or of one given away. Ask before either is begun: they refuse all of a router
   * whose body is too long. What was wished for counts as if it had come.
   */
  get hasRoom(): boolean {
    return this.roomFor('wished') > 0
  }

  /** So many pieces may come this way. */
  roomFor(coming: Parameters<typeof roomFor>[0]): number {
    return roomFor(coming, this.#spoken)
  }

  get #spoken(): Spoken {
    return {
      claims: this.space.claims.length,
      grants: this.grants.length + this.told.length,
      taken: this.taken.size,
      wishes: this.wishes.length,
      accusations: this.accused.size,
      ranges: this.added.length,
    }
  }

  /** Free addresses of a range that this router owns. */
  freeIn(range: Range): bigint {
    return sizeOfRange(range) - BigInt(this.leases.countIn(range))
  }

  /** Parts of this router's usable space without leases and, unless told otherwise, without what is reserved. */
  freeParts(range: Range, withReserved = false): readonly Range[] {
    const reserved = withReserved ? [] : this.reserved.map(rangeOf)
    return this.space
      .usableIn(range)
      .flatMap(part => without(part, [...this.leases.takenIn(part), ...reserved]).map(left => ({ ...part, ...left })))
  }

  /** Gives up what the others cannot be told of, what is smallest and has no containers first. Returns how much that is. */
  giveUpExcess(): readonly Range[] {
    const excess = -this.roomFor('held')
    if (excess <= 0) return []
    const isUsed = (range: Range) => this.leases.countIn(range) > 0
    const order = [
      ...largestFirst(this.space.claims.filter(isUsed)),
      ...largestFirst(this.space.claims.filter(one => !isUsed(one))),
    ]
    const given = order.slice(-excess)
    for (const range of given) this.space.remove(range)
    this.isChanged = true
    return given
  }

  /** Leases of addresses that another peer owns by now. */
  get disputed(): readonly Lease[] {
    return this.leases.all.filter(
      ({ address }) =>
        this.isInUniverse(address) && this.space.at(address) === undefined && this.views.ownerOf(address) !== undefined,
    )
  }

  /** Gives what stands against it. */
  addRange(range: IpNetwork): string | undefined {
    const overlap = this.universe.find(one => overlaps(one, range))
    if (overlap !== undefined) {
      return `${formatIpNetwork(range)} overlaps ${formatIpNetwork(overlap)}, which is handed out`
    }
    if (this.added.length >= ADDED_MAX) return `${ADDED_MAX} ranges were added already`
    this.added = [...this.added, range]
    this.isChanged = true
    return undefined
  }

  /** Members whose claims this router tells all others of: they are not lawful. */
  get accused(): ReadonlySet<PeerName> {
    return new Set([...this.vain.keys(), ...this.views.verdicts.convicted])
  }

  /** Whose space is known, or who is to be given some. */
  get counterparts(): ReadonlySet<PeerName> {
    return new Set([...this.views.all.map(({ name }) => name), ...this.grants.map(({ receiver }) => receiver)])
  }

  /** Nothing is left of a peer that has gone for good. Should it come back, no claim or grant of its time holds against later ones. */
  forget(peer: PeerName): void {
    this.views.drop(peer)
    this.words.forget(peer)
    this.taken.delete(peer)
    this.served.delete(peer)
    this.hasNews = true
  }

  /** Never below what has been counted, so that whoever knows the serial alone can go on counting. */
  advanceSerial(): void {
    this.serial = Math.max(this.serial + 1, this.grantSequence, this.wishSequence)
  }

  /** Of an earlier life. */
  takeUpSerial(serial: number): void {
    this.serial = serial
    this.grantSequence = serial
    this.wishSequence = serial
  }

  isInUniverse(address: bigint): boolean {
    return this.universe.some(network => {
      const { from, to } = rangeOf(network)
      return from <= address && address <= to
    })
  }

  log(level: 'info' | 'warn' | 'error', message: string, fields: Readonly<Record<string, string | number>>): void {
    this.outputs.push({ kind: 'log', level, message, fields })
  }

  #restore(text: string): void {
    const parsed = parseMemory(text)
    if (!parsed.ok) return this.log('error', 'addresses of an earlier life are lost', { reason: parsed.error })
    const memory = parsed.value
    this.isFresh = false
    this.serial = memory.serial
    this.grantSequence = memory.grantSequence
    this.wishSequence = memory.wishSequence
    this.home = memory.home
    this.grants = memory.grants
    this.added = memory.ranges ?? []
    for (const claim of memory.claims) this.space.add(claim)
    for (const lease of memory.leases) this.leases.add(lease)
    for (const [peer, sequence] of memory.taken) this.taken.set(peer, sequence)
    for (const [peer, wish] of memory.served) this.served.set(peer, wish)
    for (const [peer, epoch] of memory.vain ?? []) this.vain.set(peer, epoch)
    for (const [peer, claims] of memory.peers) this.views.remember(peer, claims)
    this.views.verdicts.restore(memory.suspects ?? [])
    this.views.verdicts.promises.restore(memory.promised ?? [])
    this.kept.restore(memory.records ?? [])
    // So that they are forgotten when the peer turns out to be gone.
    const suspects = (memory.suspects ?? []).map(([peer]) => peer)
    const recorded = this.kept.earlier.map(([peer]) => peer)
    for (const peer of [...this.taken.keys(), ...this.served.keys(), ...suspects, ...recorded]) {
      if (this.views.get(peer) === undefined) this.views.remember(peer, [])
    }
  }
}

/** Addresses that a host may have: the first of a subnet names it, the last of an IPv4 one means all. */
export function hostsOf(subnet: IpNetwork): Range {
  const { from, to } = rangeOf(subnet)
  return { from: from + 1n, to: isIpv4(from) ? to - 1n : to }
}
