import type { PeerName } from '../../base/peer-name.ts'
import { type Denial, EPOCH_MAX, type Grant, type Wish } from './body.ts'
import { largestBlock, largestFirst, type Range, rangeContains, sizeOfRange, without } from './range.ts'
import { countOf, spareOfHome, splitAt } from './reserve.ts'
import { isTakenUnasked } from './room.ts'
import type { Territory } from './territory.ts'

/** A donor that has not answered by then is passed over. */
export const WISH_MS = 5_000

/** So long others are told of a grant that was taken: whoever hears of the taking first learns by whose right it was. */
const TOLD_MS = 10_000

/** Grants that are under way at one time: beyond these, askers wait. */
const GRANTS_MAX = 512

/** What a request waits for that cannot be met before something is given back. */
export const NO_ROOM = 'this host has as many pieces of address space as it can tell the others of'

/**
 * Moves space between peers that can reach each other, by what each publishes:
 *
 *     asker: wish ──heard──▶ donor: grant, the space is nobody's ──heard──▶ asker: claim, `taken` ──heard──▶ donor: grant is forgotten, TOLD_MS later
 *
 * Both ends write each step to disk before they publish it, and both must be in contact with most of the cluster, so that who
 * takes over a dead peer's space has heard of its grants.
 */
export class Exchange {
  readonly #territory: Territory
  readonly #wishedAt = new Map<number, number>()
  /** Whom this router has ever asked. */
  readonly #asked = new Set<PeerName>()
  /** Donors that had nothing, or did not answer, by the range that was asked for. */
  readonly #refused = new Map<string, Map<PeerName, { readonly at: number; readonly reason: string }>>()

  constructor(territory: Territory) {
    this.#territory = territory
  }

  get deadline(): number {
    const answers = [...this.#wishedAt.values()].map(at => at + WISH_MS)
    return Math.min(Number.POSITIVE_INFINITY, ...answers, ...this.#territory.told.map(({ until }) => until))
  }

  settleUp(now: number): void {
    this.#take()
    this.#forgetTaken(now)
    this.#serve(now)
    // Before word of the taking comes, which is a better claim.
    this.#territory.views.noteOwn(this.#territory.space.claims, this.#territory.grants)
    this.#hearDenials(now)
    this.#expireWishes(now)
  }

  /** Asks the best donor that has not refused lately; says what is waited for. */
  wish(range: Range, donors: readonly PeerName[], now: number): string {
    const territory = this.#territory
    const open = territory.wishes.find(wish => wish.from === range.from && wish.to === range.to)
    if (open !== undefined) return `the answer of ${open.donor}`
    const refusals = this.#refusalsOf(range, now)
    const donor = donors.find(peer => !refusals.has(peer))
    if (donor === undefined) return describeRefusals(refusals)
    if (!territory.hasRoom) return `room: ${NO_ROOM}`
    const wish: Wish = { id: ++territory.wishSequence, donor, from: range.from, to: range.to }
    territory.wishes.push(wish)
    territory.isChanged = true
    this.#wishedAt.set(wish.id, now)
    this.#asked.add(donor)
    return `the answer of ${donor}`
  }

  refusalOf(range: Range, peer: PeerName, now: number): string | undefined {
    return this.#refusalsOf(range, now).get(peer)?.reason
  }

  /** Wishes that no request needs any longer. */
  keepOnly(isWanted: (range: Range) => boolean): void {
    for (const wish of [...this.#territory.wishes]) if (!isWanted(wish)) this.#drop(wish)
  }

  #take(): void {
    const { views, self, taken, contacts } = this.#territory
    if (!contacts.hasMajority) return
    for (const { name, body, grants: effective } of views.all) {
      const grants = (body?.grants ?? []).filter(grant => grant.receiver === self)
      for (const grant of [...grants].sort((a, b) => a.sequence - b.sequence)) {
        if (grant.sequence <= (taken.get(name) ?? 0)) continue
        // It may turn out to be lawful: word that its holder has given it away may be on its way.
        if (!effective.includes(grant)) break
        const parts = this.#lawfulPartsOf(name, grant)
        // What is not taken stays on its way.
        if (parts.length > this.#roomForGrants(name, grant)) break
        taken.set(name, grant.sequence)
        this.#accept(parts, grant)
        for (const wish of this.#wishesMet(name, grant)) this.#drop(wish)
      }
    }
    views.dropTakenBy(self)
  }

  #wishesMet(giver: PeerName, grant: Grant): readonly Wish[] {
    const { wishes } = this.#territory
    return wishes.filter(({ donor, from, to }) => donor === giver && from <= grant.to && grant.from <= to)
  }

  /** What was asked for may come late. */
  #roomForGrants(giver: PeerName, grant: Grant): number {
    const room = this.#territory.roomFor(this.#asked.has(giver) ? 'inherited' : 'unasked')
    return Math.max(0, room + this.#wishesMet(giver, grant).length)
  }

  /** A giver that was away for long may offer what has had other owners since. */
  #lawfulPartsOf(giver: PeerName, grant: Grant): readonly Range[] {
    const { views, space, grants, homes } = this.#territory
    const later = [...views.all.flatMap(view => view.claims), ...space.claims, ...grants]
    const superseding = later.filter(({ epoch }) => epoch >= grant.epoch)
    const others = superseding.flatMap(claim => without(claim, homes.heldBy(giver)))
    return without(grant, [...others, ...views.heldByOthers(giver)])
  }

  #accept(parts: readonly Range[], { epoch }: Grant): void {
    const { space } = this.#territory
    for (const { from, to } of parts) {
      space.remove({ from, to })
      space.add({ from, to, epoch, isSettling: false })
    }
    this.#territory.isChanged = true
  }

  #forgetTaken(now: number): void {
    const territory = this.#territory
    const { views, self, grants } = territory
    const taken = grants.filter(grant => views.isTaken(self, grant))
    if (taken.length > 0) {
      territory.grants = grants.filter(grant => !taken.includes(grant))
      territory.told = [...territory.told, ...taken.map(grant => ({ grant, until: now + TOLD_MS }))]
      territory.hasNews = true
    }
    const told = territory.told.filter(({ until }) => now < until)
    if (told.length === territory.told.length) return
    territory.told = told
    territory.isChanged = true
  }

  #serve(now: number): void {
    const territory = this.#territory
    const isCatchingUp = territory.homes.areKnown && territory.contacts.isCatchingUp(now)
    // They come first, as those come last that there may be no room for.
    const denials = [...territory.accused].map((peer): Denial => ({ peer, wish: 0, reason: 'not lawful' }))
    for (const { name, body } of territory.views.all) {
      for (const wish of body?.wishes ?? []) {
        if (wish.donor !== territory.self) continue
        const denial = territory.denials.find(({ peer, wish: id }) => peer === name && id === wish.id)
        if (denial !== undefined) denials.push(denial)
        if (isCatchingUp || wish.id <= (territory.served.get(name) ?? 0)) continue
        territory.served.set(name, wish.id)
        territory.isChanged = true
        const reason = this.#answer(name, wish)
        if (reason !== undefined) denials.push({ peer: name, wish: wish.id, reason })
      }
    }
    if (textOf(denials) !== textOf(territory.denials)) territory.isChanged = true
    territory.denials = denials
  }

  #answer(asker: PeerName, wish: Range): Denial['reason'] | undefined {
    const { contacts, space, leases, isFrozen, grants, homes, self } = this.#territory
    const isBusy = grants.length >= GRANTS_MAX
    const isSafe = contacts.hasMajority && contacts.isReachable(asker) && !isFrozen && !isBusy
    if (!isSafe) return 'not safe'
    if (wish.from !== wish.to) return this.#donate(asker, wish)
    const claim = space.at(wish.from)
    if (claim === undefined || claim.isSettling) return 'not mine'
    if (leases.at(wish.from) !== undefined) return 'in use'
    if (!this.#canTellWithout(wish)) return 'not safe'
    const isOfHome = homes.of(self).some(home => rangeContains(home, wish.from))
    if (isOfHome && spareOfHome(this.#territory) === 0n) return 'nothing free'
    this.give(asker, wish)
    return undefined
  }

  /** The largest aligned block, of at most half of what is free (Weave row IPM-05). */
  #donate(asker: PeerName, wish: Range): Denial['reason'] | undefined {
    const { homes, self } = this.#territory
    const { beyondHome, ofHome } = splitAt(homes.of(self), this.#territory.freeParts(wish))
    const spare = spareOfHome(this.#territory)
    const free = countOf([...beyondHome, ...ofHome])
    const half = free > 1n ? free / 2n : 1n
    const ofHomeMost = half < spare ? half : spare
    const blocks = [
      ...beyondHome.map(part => largestBlock(part, half)),
      ...(spare === 0n ? [] : ofHome.map(part => largestBlock(part, ofHomeMost))),
    ]
    const [block] = largestFirst(blocks.filter(range => this.#canTellWithout(range)))
    if (block === undefined) return blocks.length === 0 ? 'nothing free' : 'not safe'
    this.give(asker, block)
    return undefined
  }

  /** Without room it gives whole pieces only, which makes some. */
  #canTellWithout({ from, to }: Range): boolean {
    const { hasRoom, space } = this.#territory
    const claim = space.at(from)
    return hasRoom || (claim?.from === from && claim.to === to)
  }

  /** `range` is within one claim. */
  give(receiver: PeerName, range: Range): void {
    const territory = this.#territory
    const epoch = Math.min((territory.space.at(range.from)?.epoch ?? 0) + 1, EPOCH_MAX)
    territory.space.remove(range)
    const sequence = ++territory.grantSequence
    territory.grants = [...territory.grants, { receiver, sequence, from: range.from, to: range.to, epoch }]
    territory.isChanged = true
    territory.log('info', 'address space given', { peer: receiver, addresses: String(sizeOfRange(range)) })
  }

  /** To each as much as it says that it has room for; the rest is inherited when this router is gone. */
  giveAll(receivers: readonly PeerName[]): void {
    const { views, space, self, grants } = this.#territory
    const said = new Map(receivers.map(name => [name, views.get(name)?.body?.claims.length ?? 0]))
    for (const { receiver } of grants) said.set(receiver, (said.get(receiver) ?? 0) + 1)
    for (const claim of largestFirst(space.usable)) {
      const receiver = receivers.find(name => name !== self && isTakenUnasked(said.get(name) ?? 0))
      if (receiver === undefined) return
      said.set(receiver, (said.get(receiver) ?? 0) + 1)
      this.give(receiver, claim)
    }
  }

  #hearDenials(now: number): void {
    const { views, self, wishes } = this.#territory
    for (const wish of [...wishes]) {
      const denials = views.get(wish.donor)?.body?.denials ?? []
      const denial = denials.find(({ peer, wish: id }) => peer === self && id === wish.id)
      if (denial !== undefined) this.#refuse(wish, denial.reason, now)
    }
  }

  #expireWishes(now: number): void {
    for (const wish of [...this.#territory.wishes]) {
      if ((this.#wishedAt.get(wish.id) ?? 0) + WISH_MS <= now) this.#refuse(wish, 'no answer', now)
    }
  }

  #refuse(wish: Wish, reason: string, now: number): void {
    this.#refusalsOf(wish, now).set(wish.donor, { at: now, reason })
    this.#drop(wish)
  }

  #drop(wish: Wish): void {
    const { wishes } = this.#territory
    wishes.splice(wishes.indexOf(wish), 1)
    this.#wishedAt.delete(wish.id)
    this.#territory.isChanged = true
  }

  /** Refusals are forgotten after a while: what was full may have room by then. */
  #refusalsOf(range: Range, now: number): Map<PeerName, { readonly at: number; readonly reason: string }> {
    for (const [key, refusals] of this.#refused) {
      for (const [peer, { at }] of refusals) if (at + WISH_MS <= now) refusals.delete(peer)
      if (refusals.size === 0) this.#refused.delete(key)
    }
    const key = `${range.from}-${range.to}`
    const refusals = this.#refused.get(key) ?? new Map()
    this.#refused.set(key, refusals)
    return refusals
  }
}

function textOf(denials: readonly Denial[]): string {
  return denials.map(({ peer, wish }) => `${peer} ${wish}`).join()
}

function describeRefusals(refusals: ReadonlyMap<PeerName, { readonly reason: string }>): string {
  if (refusals.size === 0) return 'a reachable peer with free addresses'
  return `free addresses: ${[...refusals].map(([peer, { reason }]) => `${peer}: ${reason}`).join(', ')}`
}
