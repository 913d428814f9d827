import { intersect, type Range, rangeContains, without } from './range.ts'

/** Space that a peer says is its own. */
export interface Claim extends Range {
  /** Grows with each change of owner: of two claims to an address the higher one holds. */
  readonly epoch: number
  /** Taken, but not yet used: an earlier claim may still be heard of. */
  readonly isSettling: boolean
}

/** The space of this peer: claims that do not overlap, ascending. */
export class OwnedSpace {
  #claims: readonly Claim[] = []
  #withheld: readonly Range[] = []

  get claims(): readonly Claim[] {
    return this.#claims
  }

  get usable(): readonly Claim[] {
    if (this.#withheld.length === 0) return this.#settled
    return this.#settled.flatMap(claim => without(claim, this.#withheld).map(part => ({ ...claim, ...part })))
  }

  /** Not to be used for the time being, all else is: others claim it, and it shows soon whether that counts. */
  withhold(parts: readonly Range[]): void {
    this.#withheld = parts
  }

  /** The caller gives space that is not owned yet. */
  add(claim: Claim): void {
    const all = [...this.#claims, claim].sort((a, b) => (a.from < b.from ? -1 : 1))
    this.#claims = all.reduce<readonly Claim[]>(joinLast, [])
  }

  remove(range: Range): void {
    this.#claims = this.#claims.flatMap(claim => without(claim, [range]).map(part => ({ ...claim, ...part })))
  }

  settle(): void {
    this.#claims = this.#claims.map(claim => ({ ...claim, isSettling: false })).reduce<readonly Claim[]>(joinLast, [])
  }

  dropSettling(): void {
    this.#claims = this.#settled
  }

  /** What is withheld counts as settling. */
  at(address: bigint): Claim | undefined {
    const claim = this.#claims.find(one => rangeContains(one, address))
    const isWithheld = this.#withheld.some(part => rangeContains(part, address))
    return claim === undefined || !isWithheld ? claim : { ...claim, isSettling: true }
  }

  /** What is usable within `range`. */
  usableIn(range: Range): readonly Claim[] {
    return this.usable.flatMap(claim => {
      const part = intersect(claim, range)
      return part === undefined ? [] : [{ ...claim, ...part }]
    })
  }

  get #settled(): readonly Claim[] {
    return this.#claims.filter(claim => !claim.isSettling)
  }
}

function joinLast(joined: readonly Claim[], next: Claim): readonly Claim[] {
  const last = joined.at(-1)
  const fits =
    last !== undefined &&
    last.to + 1n === next.from &&
    last.epoch === next.epoch &&
    last.isSettling === next.isSettling &&
    last.from >> 32n === next.from >> 32n
  return fits ? [...joined.slice(0, -1), { ...last, to: next.to }] : [...joined, next]
}

/** Whether `mine` holds against an overlapping claim of another peer. Each pair of peers comes to one verdict. */
export function holdsAgainst(mine: Claim, theirs: Claim, isLowerName: boolean): boolean {
  if (mine.epoch !== theirs.epoch) return mine.epoch > theirs.epoch
  if (mine.isSettling !== theirs.isSettling) return !mine.isSettling
  return isLowerName
}
