import type { PeerName } from '../../base/peer-name.ts'
import type { AddressBody } from './body.ts'
import type { Homes } from './homes.ts'
import { type Claim, holdsAgainst } from './owned-space.ts'
import { intersect, type Range, rangeContains, without } from './range.ts'

export interface PeerView {
  readonly name: PeerName
  readonly claims: readonly Claim[]
  /** Undefined for what is only remembered from an earlier life of this router. */
  readonly body: AddressBody | undefined
}

export interface OwnedPart extends Range {
  readonly owner: PeerName
  readonly epoch: number
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

  constructor(homes: Homes) {
    this.#homes = homes
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
    const before = this.#views.get(name)
    this.#views.set(name, { name, claims: body.claims, body })
    return before === undefined || textOf(before.claims) !== textOf(body.claims)
  }

  remember(name: PeerName, claims: readonly Claim[]): void {
    this.#views.set(name, { name, claims, body: undefined })
  }

  /** Its claims are no more; what it gave may still be on its way. */
  bury(name: PeerName): void {
    const view = this.#views.get(name)
    if (view !== undefined && view.claims.length > 0) this.#views.set(name, { ...view, claims: [] })
  }

  drop(name: PeerName): void {
    this.#views.delete(name)
  }

  /** Claims and grants of others, whether they hold or not: space that is not free for the taking. */
  spokenFor(): readonly Range[] {
    return this.all.flatMap(view => [...view.claims, ...(view.body?.grants ?? [])])
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
    return this.get(peer)?.claims.some(claim => !claim.isSettling && rangeContains(claim, address)) === true
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
    const [worse, better] = partition(overlaps, ({ claim, theirs, owner }) => holdsAgainst(claim, theirs, self < owner))
    return {
      isOpen: overlaps.length > 0,
      held: better.flatMap(one => partsOf(one, within(heldOf(one), one.part))),
      lost: [
        ...better.flatMap(one => partsOf(one, without(one.part, heldOf(one)))),
        ...worse.flatMap(one => partsOf(one, partsIn(this.#homes.heldBy(one.owner), { ...one.theirs, ...one.part }))),
      ],
    }
  }
}

interface Overlap {
  readonly claim: Claim
  readonly theirs: Claim
  readonly owner: PeerName
  readonly part: Range
}

function overlapOf(claim: Claim, theirs: Claim, owner: PeerName): readonly Overlap[] {
  const part = intersect(claim, theirs)
  return part === undefined ? [] : [{ claim, theirs, owner, part }]
}

function partsOf({ owner, theirs }: Overlap, ranges: readonly Range[]): readonly OwnedPart[] {
  return ranges.map(range => ({ ...range, owner, epoch: theirs.epoch }))
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
