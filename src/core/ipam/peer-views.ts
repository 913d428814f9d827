import type { PeerName } from '../../base/peer-name.ts'
import type { AddressBody, Grant } from './body.ts'
import type { Homes } from './homes.ts'
import { type Overlap, type OwnedPart, overlapOf, partsOf } from './overlaps.ts'
import { type Claim, holdsAgainst } from './owned-space.ts'
import type { Promised } from './promises.ts'
import { intersect, type Range, rangeContains, without } from './range.ts'
import type { Claimant } from './tenures.ts'
import { Verdicts } from './verdicts.ts'

export interface PeerView {
  readonly name: PeerName
  /** Without what is refused. */
  readonly claims: readonly Claim[]
  readonly grants: readonly Grant[]
  /** Undefined for what is only remembered from an earlier life of this router. */
  readonly body: AddressBody | undefined
}

/** About space of this router that others claim too. */
export interface Contest {
  readonly isOpen: boolean
  /** What another has the better claim to. */
  readonly lost: readonly OwnedPart[]
  /** What another claims though it is held. */
  readonly held: readonly OwnedPart[]
}

/** What the peers have said of their space. */
export class PeerViews {
  readonly #homes: Homes
  readonly #views = new Map<PeerName, PeerView>()
  /** Heard before the manifest named them. */
  readonly #unjudged = new Set<PeerName>()
  readonly verdicts: Verdicts
  readonly #taken: AddressBody['taken']
  #own: Claimant

  /** `taken`: of each giver, by this router. */
  constructor(self: PeerName, homes: Homes, taken: AddressBody['taken']) {
    this.#homes = homes
    this.#taken = taken
    this.#own = { name: self, claims: [] }
    this.verdicts = new Verdicts(self, homes, peer => this.#views.get(peer)?.body)
  }

  get count(): number {
    return Math.max(this.#views.size, this.#unjudged.size)
  }

  get all(): readonly PeerView[] {
    return [...this.#views.values()]
  }

  get ofMembers(): readonly PeerView[] {
    return this.all.filter(({ name }) => this.#homes.isMember(name))
  }

  get(peer: PeerName): PeerView | undefined {
    return this.#views.get(peer)
  }

  /** True when the peer's claims differ from those heard before. */
  hear(name: PeerName, body: AddressBody): boolean {
    this.verdicts.hear(name, body.denials)
    return this.#look(name, body)
  }

  /** Looks at those again whose claims are refused, or may come to be. True when some of that has changed. */
  lookAgain(): boolean {
    const hasResumed = this.#lookAtThoseWith(this.verdicts.reviewPromises())
    const unjudged = this.#homes.areKnown ? [...this.#unjudged].filter(name => this.#homes.isMember(name)) : []
    const names = new Set([...this.verdicts.doubtful, ...unjudged])
    const bodies = [...names].map(name => [name, this.#views.get(name)?.body] as const)
    return bodies.map(([name, body]) => body !== undefined && this.#look(name, body)).includes(true) || hasResumed
  }

  /** Call with each manifest but the first: `parts` of `ranges` it gives to members, which had none of them. What was heard before may not count. */
  promise(
    parts: readonly Promised[],
    { ranges, wasHandedOut }: { readonly ranges: readonly Range[]; readonly wasHandedOut: (range: Range) => boolean },
  ): void {
    this.verdicts.promise(parts, wasHandedOut)
    this.#lookAtThoseWith(ranges)
  }

  remember(name: PeerName, claims: readonly Claim[]): void {
    this.#views.set(name, { name, claims, grants: [], body: undefined })
  }

  noteOwn(claims: readonly Claim[], grants: readonly Grant[]): void {
    if (this.#own.claims === claims || !this.#homes.areKnown) return
    const { name } = this.#own
    this.verdicts.noteGrants(name, grants)
    this.#own = { name, claims }
    this.verdicts.note(this.#own, this.ofMembers)
    this.verdicts.noteTaken(name, this.#taken, [])
    this.verdicts.notePromised(name, { claims, grants })
    this.#noteReceivers(grants)
  }

  /** The giver tells of it for a while yet. */
  dropTakenBy(receiver: PeerName): void {
    for (const view of this.all) {
      const grants = view.grants.filter(grant => grant.receiver !== receiver || !this.isTaken(view.name, grant))
      if (grants.length < view.grants.length) this.#views.set(view.name, { ...view, grants })
    }
  }

  /** Its claims are no more; what it gave may still be on its way. */
  bury(name: PeerName): void {
    const view = this.#views.get(name)
    if (view !== undefined && view.claims.length > 0) this.#views.set(name, { ...view, claims: [] })
  }

  drop(name: PeerName): void {
    this.#views.delete(name)
    this.#unjudged.delete(name)
    this.verdicts.forget(name)
  }

  /** Claims and grants of others, whether they hold or not: space that is not free for the taking. */
  spokenFor(): readonly Range[] {
    return this.all.flatMap(view => [...view.claims, ...view.grants])
  }

  /** What the peer owns: its claims but for those that somebody holds a better claim to. */
  ownedBy(name: PeerName, own: { readonly name: PeerName; readonly claims: readonly Claim[] }): readonly Claim[] {
    const view = this.#views.get(name)
    if (view === undefined) return []
    const others = [own, ...this.all].filter(other => other.name !== name)
    const held = this.#homes.heldBy(name)
    return view.claims.flatMap(claim => {
      const lost = others.flatMap(other =>
        other.claims.flatMap(theirs => {
          if (intersect(claim, theirs) === undefined) return []
          const isBetter = !holdsAgainst(claim, theirs, name < other.name)
          return [...(isBetter ? without(theirs, held) : []), ...partsIn(this.#homes.heldBy(other.name), theirs)]
        }),
      )
      return without(claim, lost).map(part => ({ ...claim, ...part }))
    })
  }

  /** Whether it is in the peer's range, and nobody's claim holds against the peer's. */
  holds(peer: PeerName, address: bigint): boolean {
    if (!this.#homes.heldBy(peer).some(home => rangeContains(home, address))) return false
    return this.#claimsOf(peer).some(claim => !claim.isSettling && rangeContains(claim, address))
  }

  /** The peer whose claim to the address is the best, this router left out. */
  ownerOf(address: bigint): PeerName | undefined {
    let best: { readonly name: PeerName; readonly claim: Claim } | undefined
    for (const { name, claims } of this.all) {
      const claim = claims.find(one => rangeContains(one, address))
      if (claim === undefined) continue
      if (this.holds(name, address)) return name
      if (best === undefined || holdsAgainst(claim, best.claim, name < best.name)) best = { name, claim }
    }
    return best?.name
  }

  /**
   * Whose the address is, where there is a manifest: by its range, or because it has held it for long. Undefined where `peer` may
   * have it, by its own range or by a claim that counts.
   */
  holderBesides(peer: PeerName, address: bigint): PeerName | undefined {
    const isIn = (ranges: readonly Range[]) => ranges.some(range => rangeContains(range, address))
    if (!this.#homes.areKnown || isIn(this.#homes.of(peer))) return undefined
    const owner = this.#homes.at(address)
    if (owner !== undefined && this.holds(owner, address)) return owner
    return isIn(this.#claimsOf(peer)) ? undefined : (owner ?? this.verdicts.holderOf(address, peer))
  }

  /** Claims that hold against whatever `peer` says. */
  heldByOthers(peer: PeerName): readonly Range[] {
    const others = this.all.filter(({ name }) => name !== peer)
    return others.flatMap(({ name, claims }) => claims.flatMap(claim => partsIn(this.#homes.heldBy(name), claim)))
  }

  /** What of `mine` other members claim too: against the heirs of one that was removed its claims do not hold. `vain`: whose claims did not hold before, and their epochs. */
  contestedOf(self: PeerName, mine: readonly Claim[], vain: ReadonlyMap<PeerName, number>): Contest {
    const overlaps = this.ofMembers.flatMap(({ name: owner, claims }) =>
      claims.flatMap(theirs => mine.flatMap(claim => overlapOf(claim, theirs, owner))),
    )
    const heldOf = ({ claim, theirs, owner }: Overlap) => {
      if (claim.isSettling) return []
      return theirs.epoch <= (vain.get(owner) ?? -1) ? this.#homes.of(self) : this.#homes.heldBy(self)
    }
    const isDiscredited = this.verdicts.isDiscredited(self)
    const [worse, better] = partition(overlaps, ({ claim, theirs, owner }) => holdsAgainst(claim, theirs, self < owner))
    return {
      isOpen: overlaps.length > 0,
      held: better.flatMap(one => partsOf(one, within(heldOf(one), one.part))),
      lost: [
        ...better.flatMap(one => partsOf(one, without(one.part, heldOf(one)))),
        ...worse.flatMap(one => partsOf(one, partsIn(this.#homes.heldBy(one.owner), { ...one.theirs, ...one.part }))),
        ...(isDiscredited ? worse.flatMap(one => partsOf(one, without(one.part, this.#homes.of(self)))) : []),
      ],
    }
  }

  /** Of `mine` what members give to others than `self` by later right. */
  passing(self: PeerName, mine: readonly Claim[]): readonly Range[] {
    const grants = this.ofMembers.flatMap(view => view.grants).filter(({ receiver }) => receiver !== self)
    return grants.flatMap(grant =>
      mine.filter(({ epoch }) => epoch < grant.epoch).flatMap(claim => intersect(claim, grant) ?? []),
    )
  }

  #lookAtThoseWith(ranges: readonly Range[]): boolean {
    const looked = this.ofMembers.map(({ name, body }) => {
      const said = [...(body?.claims ?? []), ...(body?.grants ?? [])]
      if (body === undefined || !said.some(one => within(ranges, one).length > 0)) return false
      this.verdicts.notePromised(name, body)
      return this.#look(name, body)
    })
    return looked.includes(true)
  }

  #look(name: PeerName, body: AddressBody): boolean {
    const before = this.#views.get(name)
    const isJudged = this.#homes.areKnown && this.#homes.isMember(name)
    if (isJudged) this.#unjudged.delete(name)
    else this.#unjudged.add(name)
    if (!this.#homes.isMember(name)) this.verdicts.acquit(name)
    const said = { claims: body.claims, grants: body.grants.filter(grant => !this.isTaken(name, grant)) }
    const { claims, grants } = isJudged ? this.verdicts.judge(name, said, this.#othersThan(name)) : said
    const view = { name, claims, grants, body }
    this.#views.set(name, view)
    this.dropTakenBy(name)
    const isNews = before === undefined || textOf(before.claims) !== textOf(claims)
    if (!isJudged) return isNews
    this.verdicts.noteGrants(name, body.grants)
    if (isNews || !this.verdicts.hasNoted(name)) this.#note(view, before)
    this.#noteTakenBy(view)
    this.verdicts.notePromised(name, body)
    this.#noteReceivers(body.grants)
    return isNews
  }

  /** Whether the receiver says that it has taken what the giver gave it. */
  isTaken(giver: PeerName, { receiver, sequence }: Grant): boolean {
    const taken = receiver === this.#own.name ? this.#taken : this.get(receiver)?.body?.taken
    return (taken?.get(giver) ?? 0) >= sequence
  }

  /** Word of their claims may have come first. */
  #noteReceivers(grants: readonly Grant[]): void {
    const names = new Set(grants.map(({ receiver }) => receiver))
    for (const view of this.ofMembers.filter(({ name }) => names.has(name))) {
      if (!this.verdicts.awaits(view.name)) continue
      this.verdicts.note(view, this.#othersThan(view.name))
      this.#noteTakenBy(view)
    }
  }

  #noteTakenBy({ name, claims, body }: PeerView): void {
    if (body === undefined || !this.verdicts.awaits(name)) return
    this.verdicts.noteTaken(
      name,
      body.taken,
      body.claims.flatMap(claim => without(claim, claims)),
    )
  }

  /** Of the peer, and of those that its claims touch or touched. */
  #note(view: PeerView, before: PeerView | undefined): void {
    const touched = [...view.claims, ...(before?.claims ?? [])]
    const isTouched = ({ claims }: Claimant) => claims.some(one => touched.some(other => intersect(one, other)))
    const others = this.#othersThan(view.name).filter(isTouched)
    for (const one of [view, ...others]) this.verdicts.note(one, this.#othersThan(one.name))
  }

  #claimsOf(name: PeerName): readonly Claim[] {
    return name === this.#own.name ? this.#own.claims : (this.get(name)?.claims ?? [])
  }

  #othersThan(name: PeerName): readonly Claimant[] {
    return [this.#own, ...this.ofMembers].filter(other => other.name !== name)
  }
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(isFirst), items.filter(item => !isFirst(item))]
}

/** Of a claim that is no longer settling: what is taken just before is held against nobody. */
function partsIn(homes: readonly Range[], claim: Claim): readonly Range[] {
  return claim.isSettling ? [] : within(homes, claim)
}

function within(homes: readonly Range[], range: Range): readonly Range[] {
  return homes.flatMap(home => intersect(home, range) ?? [])
}

function textOf(claims: readonly Claim[]): string {
  return claims.map(({ from, to, epoch, isSettling }) => `${from}-${to}@${epoch}${isSettling}`).join()
}
