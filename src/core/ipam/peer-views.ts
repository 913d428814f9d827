import type { PeerName } from '../../base/peer-name.ts'
import type { AddressBody } from './body.ts'
import { type Claim, holdsAgainst } from './owned-space.ts'
import { intersect, type Range, without } from './range.ts'

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

/** What the peers have said of their space. */
export class PeerViews {
  readonly #views = new Map<PeerName, PeerView>()

  get all(): readonly PeerView[] {
    return [...this.#views.values()]
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
    const others: readonly { readonly name: PeerName; readonly claims: readonly Claim[] }[] = [own, ...this.all]
    return view.claims.flatMap(claim => {
      const lost = others
        .filter(other => other.name !== name)
        .flatMap(other => other.claims.filter(theirs => !holdsAgainst(claim, theirs, name < other.name)))
      return without(claim, lost).map(part => ({ ...claim, ...part }))
    })
  }

  /** The peer whose claim to the address is the best, this router left out. */
  ownerOf(address: bigint): PeerName | undefined {
    let best: { readonly name: PeerName; readonly claim: Claim } | undefined
    for (const { name, claims } of this.all) {
      const claim = claims.find(({ from, to }) => from <= address && address <= to)
      if (claim === undefined) continue
      if (best === undefined || holdsAgainst(claim, best.claim, name < best.name)) best = { name, claim }
    }
    return best?.name
  }

  /** Parts of `mine` that a peer holds a better claim to. */
  lostOf(self: PeerName, mine: readonly Claim[]): readonly OwnedPart[] {
    return this.all.flatMap(({ name: owner, claims }) =>
      claims.flatMap(theirs =>
        mine.flatMap(claim => {
          const part = intersect(claim, theirs)
          if (part === undefined || holdsAgainst(claim, theirs, self < owner)) return []
          return [{ ...part, owner, epoch: theirs.epoch }]
        }),
      ),
    )
  }
}

function textOf(claims: readonly Claim[]): string {
  return claims.map(({ from, to, epoch, isSettling }) => `${from}-${to}@${epoch}${isSettling}`).join()
}
