import type { PeerName } from '../../base/peer-name.ts'
import { type Doubted, Doubts } from './doubts.ts'
import type { OwnedPart } from './overlaps.ts'
import type { Claim } from './owned-space.ts'
import type { Contest } from './peer-views.ts'
import { intersect, type Range, rangeContains } from './range.ts'
import type { Succession } from './succession.ts'
import type { Territory } from './territory.ts'

const CLAIMED_IN_VAIN = 'a claim to addresses that this host holds'
const NOT_LAWFUL = 'a claim to addresses that another host holds'

/** Space that several claim: what of its own this router gives up, and whose claims it refuses. */
export class Contests {
  readonly #territory: Territory
  readonly #succession: Succession
  /** The claims that were compared with those of all others. */
  #compared: readonly Claim[] | undefined
  /** Others claim what is another's: which of both gives way changes by time alone. */
  isOpen = false
  readonly #doubts = new Doubts()

  constructor(territory: Territory, succession: Succession) {
    this.#territory = territory
    this.#succession = succession
  }

  advance(now: number): void {
    this.#judge()
    if (this.#succession.knowsHomes) this.#yield(now)
  }

  #judge(): void {
    const territory = this.#territory
    const { views, space, grants } = territory
    views.noteOwn(space.claims, grants)
    if (views.lookAgain()) {
      territory.hasNews = true
      this.#succession.lookAgain()
      this.#succession.takeHomeAgain()
    }
    for (const peer of views.verdicts.convict()) {
      territory.outputs.push({ kind: 'refused', peer, reason: NOT_LAWFUL })
      territory.log('warn', NOT_LAWFUL, { peer })
    }
  }

  /** Gives up what another peer holds a better claim to; while nothing is handed out, what all say of that claim may be on its way. */
  #yield(now: number): void {
    const territory = this.#territory
    const { space, views, self, leases, homes, contacts } = territory
    if (homes.areKnown && contacts.isFenced(now)) {
      this.#compared = undefined
      return
    }
    if (!territory.hasNews && this.#compared === space.claims && !this.isOpen) return
    const contest = views.contestedOf(self, space.claims, territory.vain)
    const { lost, withheld, held } = homes.areKnown ? this.#doubt(contest, now) : { ...contest, withheld: [] }
    space.withhold(withheld)
    for (const part of lost) {
      space.remove(part)
      territory.isChanged = true
      const disputed = leases.takenIn(part).length
      if (disputed > 0)
        territory.log('error', 'addresses in use here belong to another peer', { peer: part.owner, disputed })
    }
    this.#hold([...held, ...views.verdicts.inVain])
    this.isOpen = contest.isOpen || this.#doubts.areOpen || views.verdicts.hasSuspects
    this.#compared = space.claims
  }

  /** What is settling is given up at once: nobody uses it yet. */
  #doubt({ lost, held }: Contest, now: number): Doubted {
    const { space, views, homes, self } = this.#territory
    const isSettling = ({ from }: Range) => space.claims.find(claim => rangeContains(claim, from))?.isSettling === true
    const isSteady = homes.steadyFor(self) !== undefined
    const passing = views.passing(self, space.claims).filter(part => !isSettling(part))
    const firm = lost.filter(part => !isSettling(part))
    const doubted = this.#doubts.look({ lost: firm, held, passing, isSteady }, now)
    return { ...doubted, lost: [...lost.filter(isSettling), ...doubted.lost] }
  }

  /** Says once of each claim that it does not hold. */
  #hold(parts: readonly Pick<OwnedPart, 'owner' | 'epoch'>[]): void {
    const territory = this.#territory
    const { vain, homes, self } = territory
    const isSure = homes.steadyFor(self) !== undefined
    for (const peer of vain.keys()) {
      const isHeld = parts.some(({ owner }) => owner === peer) || this.#claimsOwn(peer)
      if (isSure && !isHeld) vain.delete(peer)
    }
    for (const { owner: peer, epoch } of parts) {
      if ((vain.get(peer) ?? -1) >= epoch) continue
      vain.set(peer, epoch)
      territory.isChanged = true
      territory.outputs.push({ kind: 'refused', peer, reason: CLAIMED_IN_VAIN })
      territory.log('warn', CLAIMED_IN_VAIN, { peer })
    }
  }

  /** Once more than half refuse what it claims, that counts for nothing, which it does for as long as they say so. */
  #claimsOwn(peer: PeerName): boolean {
    const { space, views } = this.#territory
    const claims = views.get(peer)?.body?.claims ?? []
    return claims.some(claim => space.claims.some(own => intersect(own, claim) !== undefined))
  }
}
