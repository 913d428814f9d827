import type { PeerName } from '../../base/peer-name.ts'
import { type Claim, holdsAgainst } from './owned-space.ts'
import { intersect, type Range, without } from './range.ts'

/** Space that a router holds, as far as this one knows, and since when nobody has had a better claim to it. */
export interface Tenure extends Range {
  readonly epoch: number
  readonly since: number
}

export interface Claimant {
  readonly name: PeerName
  readonly claims: readonly Claim[]
}

/** A claim that grew counts as new, so that there are never more tenures than claims and pieces that others have a better claim to. */
export function tenuresOf(
  { name, claims }: Claimant,
  rivals: readonly Claimant[],
  { before, now }: { readonly before: readonly Tenure[]; readonly now: number },
): readonly Tenure[] {
  const settled = claims.filter(claim => !claim.isSettling)
  return settled.flatMap(claim => {
    const better = rivals.flatMap(rival => rival.claims.filter(theirs => isBetter(theirs, rival.name, { name, claim })))
    return without(claim, better).map(({ from, to }) => {
      const known = before.filter(tenure => intersect(tenure, { from, to }) !== undefined)
      const isKnown = without({ from, to }, known).length === 0
      return { from, to, epoch: claim.epoch, since: isKnown ? Math.max(...known.map(({ since }) => since)) : now }
    })
  })
}

function isBetter(theirs: Claim, rival: PeerName, { name, claim }: { readonly name: PeerName; readonly claim: Claim }) {
  return intersect(theirs, claim) !== undefined && !holdsAgainst(claim, theirs, name < rival)
}
