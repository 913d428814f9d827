import type { PeerName } from '../../base/peer-name.ts'
import type { Claim } from './owned-space.ts'
import { intersect, type Range } from './range.ts'

export interface OwnedPart extends Range {
  readonly owner: PeerName
  readonly epoch: number
}

/** Of a claim of this router and one of another. */
export interface Overlap {
  readonly claim: Claim
  readonly theirs: Claim
  readonly owner: PeerName
  readonly part: Range
}

export function overlapOf(claim: Claim, theirs: Claim, owner: PeerName): readonly Overlap[] {
  const part = intersect(claim, theirs)
  return part === undefined ? [] : [{ claim, theirs, owner, part }]
}

export function partsOf({ owner, theirs }: Overlap, ranges: readonly Range[]): readonly OwnedPart[] {
  return ranges.map(range => ({ ...range, owner, epoch: theirs.epoch }))
}
