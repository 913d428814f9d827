import type { PeerName } from '../../base/peer-name.ts'
import type { IpamInput, IpamMember, IpamOwnerless } from './api.ts'
import { EPOCH_MAX } from './body.ts'
import { GRACE_MS, REMOVED_MS } from './contacts.ts'
import { estateOf, hasHeirs, leavesAnything } from './estates.ts'
import { OwnerlessHome } from './ownerless-home.ts'
import { intersect, largestFirst, type Range, rangeOf, without } from './range.ts'
import { countOf } from './reserve.ts'
import { shareOf } from './seed-share.ts'
import { formatHome, parseHome } from './taken-home.ts'
import type { Territory } from './territory.ts'

/** Space that was taken is used only after so long without word of a better claim, in contact with most of the cluster. */
export const SETTLE_MS = 3_000
/**
 * What was taken of a lost peer's while this router had not noticed yet that it was cut off is dropped by then: elsewhere another one
 * inherits, or is told to.
 */
export const INHERITED_SETTLE_MS = 8_000
/** Above what the former owner may have given away unheard. */
const TAKE_OVER_EPOCHS = 16
/** Of space that never had an owner. */
const FIRST_EPOCH = 1
const LEFT_TO_OTHERS = 'address space of a lost peer left to others: this host has too many pieces already'
/** So often while the space of a lost peer has no heir yet. */
const LOOK_EVERY_MS = 5_000
/** An heir that has not acted by then is passed over. */
const NEXT_HEIR_MS = 10_000
/** By then an heir has settled or given up. */
const DROP_AFTER_MS = 120_000

/** Finds owners for space that has none: at the beginning, when the range grows, and when a peer is removed or dead. */
export class Succession {
  readonly #territory: Territory
  readonly #ownerless: OwnerlessHome
  #members: ReadonlyMap<PeerName, IpamMember> | undefined
  #settledAt = Number.POSITIVE_INFINITY
  /** When to look after peers that are gone. */
  #lookAt = 0

  constructor(territory: Territory) {
    this.#territory = territory
    this.#ownerless = new OwnerlessHome(territory)
    if (territory.space.claims.some(claim => claim.isSettling)) this.#settledAt = Number.NEGATIVE_INFINITY
  }

  get members(): ReadonlyMap<PeerName, IpamMember> | undefined {
    return this.#members
  }

  /** A manifest. Space that it gives out for the first time nobody can have yet. */
  adopt({ members, ranges = [] }: Extract<IpamInput, { kind: 'members' }>, now: number): void {
    const territory = this.#territory
    const isFirst = this.#members === undefined
    const added = ranges.map(rangeOf).filter(range => !territory.isShared(range))
    const before = [...territory.universe.map(rangeOf), ...territory.space.claims]
    this.#members = new Map(members.map(member => [member.name, member]))
    territory.shared = ranges
    territory.homes.look(this.#members, now)
    this.lookAgain()
    if (isFirst) return
    const parts = members.flatMap(({ name: owner, home }) =>
      home.flatMap(one => added.flatMap(range => intersect(range, one) ?? [])).map(part => ({ owner, ...part })),
    )
    const wasHandedOut = (part: Range) => before.some(range => intersect(range, part) !== undefined)
    territory.views.promise(parts, { ranges: added, wasHandedOut })
    territory.hasNews ||= added.length > 0
  }

  /** True when the manifest does not name this router. */
  get isRemoved(): boolean {
    return this.#members !== undefined && !this.#members.has(this.#territory.self)
  }

  /** Before the manifest is known, nobody can tell what is held. */
  get knowsHomes(): boolean {
    return this.#members !== undefined || this.#territory.initial.kind !== 'manifest'
  }

  /** Whose agreement counts: all of the manifest, or else all that own space. */
  electorate(): ReadonlySet<PeerName> {
    if (this.#members !== undefined) return new Set(this.#members.keys())
    const { views, self, space, initial } = this.#territory
    if (initial.kind === 'manifest') return new Set()
    const own = { name: self, claims: space.claims }
    const owners = views.all.filter(({ name }) => views.ownedBy(name, own).length > 0).map(({ name }) => name)
    return new Set(space.claims.length > 0 || owners.length === 0 ? [...owners, self] : owners)
  }

  /** How many must know of each other before space without an owner is taken. */
  get quorum(): { readonly needed: number; readonly known: number } {
    const { initial, contacts, reachable, space, views } = this.#territory
    const hasOwners = views.all.some(view => view.claims.length > 0) || space.usable.length > 0
    if (initial.kind === 'consensus' && !hasOwners) {
      return { needed: Math.floor(initial.expected / 2) + 1, known: reachable.size + 1 }
    }
    return { needed: contacts.majority, known: contacts.present.length }
  }

  /** Whom this router reaches, or who is a member, has changed. */
  lookAgain(): void {
    this.#lookAt = 0
  }

  /** Claims to the home were found not to count. Once a part of it was given away, what nobody speaks for may be on its way back. */
  takeHomeAgain(): void {
    if (this.#territory.grantSequence === 0) this.#territory.home = ''
  }

  ownerless(now: number): IpamOwnerless | undefined {
    return this.#ownerless.heldUp(now)
  }

  deadline(now: number): number {
    return Math.min(this.#settledAt, Math.max(this.#lookAt, now), this.#ownerless.deadline)
  }

  /** When the peer's space will be taken over, if nothing changes. */
  takeOverAt(peer: PeerName): number | undefined {
    const since = this.#territory.contacts.goneSince(peer)
    if (since === undefined) return undefined
    if (this.#members?.has(peer) === false) return since + REMOVED_MS
    return Math.max(since + GRACE_MS, this.#territory.words.aliveUntil(peer))
  }

  advance(now: number): void {
    if (this.#settledAt === Number.NEGATIVE_INFINITY) this.#settledAt = now + SETTLE_MS
    this.#takeHome(now)
    this.#takeOwnerless(now)
    this.#inherit(now)
    this.#settle(now)
  }

  /** Takes space of the universe that nobody has spoken for; nothing when too few know of each other. */
  found(range: Range, now: number): boolean {
    const { initial, commons, self } = this.#territory
    if (initial.kind === 'observer' || !this.#isEnough) return false
    const sharers = initial.kind === 'seed' ? [...initial.peers].sort() : undefined
    const networks = sharers === undefined ? commons : commons.flatMap(one => shareOf(one, sharers, self))
    const wanted = networks.filter(network => network.from <= range.to && range.from <= network.to)
    return wanted.map(network => this.#claim(network, 'wished', now).isTaken).includes(true)
  }

  /** An address of the universe that is nobody's. */
  foundOne(address: bigint, now: number): boolean {
    return this.#isEnough && this.#claim({ from: address, to: address }, 'wished', now).isTaken
  }

  /** Space that no router comes to own by itself: the manifest gives it to nobody, and nobody may take it. */
  isNobodys(range: Range): boolean {
    const { initial, commons } = this.#territory
    if (initial.kind !== 'manifest' || this.#members === undefined) return false
    const homes = [...this.#members.values()].flatMap(({ home }) => home)
    return [...homes, ...commons].every(one => intersect(one, range) === undefined)
  }

  /**
   * Takes over at once: the operator vouches for the peer's death. Returns the number of addresses, and of those for which there is no room:
   * they stay the peer's until another router inherits them, or this one has room.
   * All of it has one epoch, so that parts which lie side by side become one: else each former owner would leave a seam for ever.
   */
  takeOver(peer: PeerName, now: number): Record<'taken' | 'left', bigint> {
    const estate = estateOf(peer, this.#territory)
    const epoch = Math.min(Math.max(0, ...estate.map(part => part.epoch)) + TAKE_OVER_EPOCHS, EPOCH_MAX)
    const parts = this.#fitting(estate, 'inherited')
    for (const { from, to } of parts) this.#add({ from, to, epoch }, now, INHERITED_SETTLE_MS)
    const taken = countOf(parts)
    return { taken, left: countOf(estate) - taken }
  }

  /** Who comes after the peer, among those in reach, the first one first. */
  heirsOf(peer: PeerName): readonly PeerName[] {
    const present = this.#territory.contacts.present.filter(name => name !== peer).sort()
    return [...present.filter(name => name > peer), ...present.filter(name => name < peer)]
  }

  get #isEnough(): boolean {
    const { needed, known } = this.quorum
    return known >= needed && known > 0 && !this.#territory.isFrozen && !this.isRemoved
  }

  #takeHome(now: number): void {
    const territory = this.#territory
    const home = this.#members?.get(territory.self)?.home ?? []
    const text = formatHome(home)
    if (territory.initial.kind !== 'manifest' || territory.home === text || !this.#isEnough) return
    const taken = parseHome(territory.home)
    const untaken = home.flatMap(range => without(range, taken))
    const claims = untaken.map(range => this.#claim(range, 'inherited', now))
    // What there is no room for is taken later, unless by then it may be on its way back.
    if (territory.grantSequence === 0 && claims.some(({ isWhole }) => !isWhole)) return
    territory.home = text
    territory.isChanged = true
  }

  #takeOwnerless(now: number): void {
    const territory = this.#territory
    const parts = this.#ownerless.look(now)
    if (territory.initial.kind !== 'manifest' || !this.#isEnough) return
    const taken = this.#fitting(parts, 'inherited')
    if (taken.length === 0) return
    for (const { from, to } of taken) {
      this.#add({ from, to, epoch: FIRST_EPOCH + TAKE_OVER_EPOCHS }, now, INHERITED_SETTLE_MS)
    }
    territory.log('info', 'address space without an owner taken again', { addresses: String(countOf(taken)) })
  }

  /** What is left of a range when all that others speak for is taken off, as far as there is room for it. */
  #claim(range: Range, coming: 'wished' | 'inherited', now: number): Record<'isTaken' | 'isWhole', boolean> {
    const { views, space, grants } = this.#territory
    const left = without(range, [...views.spokenFor(), ...space.claims, ...grants])
    const taken = this.#fitting(left, coming)
    for (const part of taken) this.#add({ ...part, epoch: FIRST_EPOCH }, now, SETTLE_MS)
    return { isTaken: taken.length > 0, isWhole: taken.length === left.length }
  }

  /** As many of the pieces as this router could tell of. */
  #fitting<T extends Range>(pieces: readonly T[], coming: 'wished' | 'inherited'): readonly T[] {
    const room = Math.max(0, this.#territory.roomFor(coming))
    return pieces.length <= room ? pieces : largestFirst(pieces).slice(0, room)
  }

  #add({ from, to, epoch }: Range & { readonly epoch: number }, now: number, settleMs: number): void {
    const territory = this.#territory
    const isAlone = territory.reachable.size === 0 && territory.contacts.members.size <= 1
    const settledAt = isAlone ? now : now + settleMs
    const isSettling = territory.space.claims.some(claim => claim.isSettling)
    this.#settledAt = isSettling ? Math.max(this.#settledAt, settledAt) : settledAt
    territory.space.add({ from, to, epoch, isSettling: true })
    territory.isChanged = true
  }

  #settle(now: number): void {
    const { space } = this.#territory
    if (!space.claims.some(claim => claim.isSettling)) {
      this.#settledAt = Number.POSITIVE_INFINITY
      return
    }
    if (this.#isEnough && now < this.#settledAt) return
    if (this.#isEnough) space.settle()
    else this.#giveUpSettling()
    this.#settledAt = Number.POSITIVE_INFINITY
    this.#territory.isChanged = true
  }

  /** Its range was perhaps taken for the first time, and is so again. What others had before takes longer. */
  #giveUpSettling(): void {
    const territory = this.#territory
    const first = territory.space.claims.filter(({ isSettling, epoch }) => isSettling && epoch === FIRST_EPOCH)
    territory.home = formatHome(parseHome(territory.home).flatMap(range => without(range, first)))
    territory.space.dropSettling()
  }

  #inherit(now: number): void {
    if (now < this.#lookAt) return
    const territory = this.#territory
    const gone = this.#gone()
    const times = gone.map(({ at }) => (at > now ? at : now + LOOK_EVERY_MS))
    this.#lookAt = Math.min(Number.POSITIVE_INFINITY, ...times)
    for (const { peer, at } of gone) {
      if (at > now) continue
      if (hasHeirs(peer, territory)) territory.views.bury(peer)
      if (at + DROP_AFTER_MS <= now && !leavesAnything(peer, territory)) territory.forget(peer)
      const isDue = at + this.#rankFor(peer) * NEXT_HEIR_MS <= now
      if (!isDue || !this.#isEnough || territory.roomFor('inherited') <= 0) continue
      const { taken, left } = this.takeOver(peer, now)
      if (taken === 0n) continue
      territory.log('info', 'address space of a lost peer taken over', { peer, addresses: String(taken) })
      if (left > 0n) territory.log('warn', LEFT_TO_OTHERS, { peer, addresses: String(left) })
    }
    this.#reclaimGrants(now)
  }

  /** How many in reach come before this router as heirs: the first may be too young to have heard of the peer. */
  #rankFor(peer: PeerName): number {
    const rank = this.heirsOf(peer).indexOf(this.#territory.self)
    return rank < 0 ? Number.POSITIVE_INFINITY : rank
  }

  /** Space on its way to a peer that is gone comes back to its giver. */
  #reclaimGrants(now: number): void {
    const territory = this.#territory
    const isLost = (peer: PeerName) => (this.takeOverAt(peer) ?? Number.POSITIVE_INFINITY) <= now
    for (const grant of territory.grants.filter(({ receiver }) => isLost(receiver))) {
      const parts = without(grant, [...territory.views.spokenFor(), ...territory.space.claims])
      if (parts.length > Math.max(0, territory.roomFor('inherited'))) continue
      territory.grants = territory.grants.filter(one => one !== grant)
      const epoch = Math.min(grant.epoch + TAKE_OVER_EPOCHS, EPOCH_MAX)
      for (const part of parts) this.#add({ ...part, epoch }, now, INHERITED_SETTLE_MS)
    }
  }

  #gone(): readonly { readonly peer: PeerName; readonly at: number }[] {
    const { views, contacts } = this.#territory
    return views.all.flatMap(({ name: peer }) => {
      const at = contacts.isReachable(peer) ? undefined : this.takeOverAt(peer)
      return at === undefined ? [] : [{ peer, at }]
    })
  }
}
