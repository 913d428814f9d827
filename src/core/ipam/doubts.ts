import type { OwnedPart } from './overlaps.ts'
import { intersect, type Range, without } from './range.ts'
import { CONVICT_MS } from './verdicts.ts'

/** By then all have said of a better claim that it is not lawful, if it is not. */
const DOUBT_MS = CONVICT_MS + 10_000

interface Doubt extends Range {
  /** Since when others have claimed it without a break. */
  readonly since: number
  readonly seenAt: number
  readonly isSeen: boolean
}

/** What others claim, or pass on, of the settled space of this router. */
export interface Rivalry {
  /** By better claims. */
  readonly lost: readonly OwnedPart[]
  /** By claims that do not hold against this router's. */
  readonly held: readonly OwnedPart[]
  /** On its way from one of them to another. */
  readonly passing: readonly Range[]
  /** This router holds its space by then: claims that come later do not count. */
  readonly isSteady: boolean
}

export interface Doubted {
  readonly lost: readonly OwnedPart[]
  readonly held: readonly OwnedPart[]
  /** Not to be used. */
  readonly withheld: readonly Range[]
}

/**
 * Settled space of this router that another has a better claim to. Whoever comes back cannot tell by himself whether it was taken
 * over lawfully while he was away; the others can.
 *
 *     used ──better claim──▶ withheld ──claimed for DOUBT_MS──▶ given up
 *       ▲                       │
 *       └──claimed no longer, or refused, for DOUBT_MS──┘
 */
export class Doubts {
  #open: readonly Doubt[] = []

  get areOpen(): boolean {
    return this.#open.length > 0
  }

  look({ lost, held, passing, isSteady }: Rivalry, now: number): Doubted {
    const isOpen = (part: Range) => this.#open.some(doubt => intersect(doubt, part) !== undefined)
    // A claim that came before this router held its space may be lawful though it holds it by then.
    const claimed = [...lost, ...held.filter(isOpen)]
    const seen = [...claimed, ...passing]
    const isSeen = (doubt: Range) => seen.some(part => intersect(doubt, part) !== undefined)
    const fresh = [...lost, ...passing].flatMap(part => without(part, this.#open))
    const open = [
      ...this.#open.map(doubt => see(doubt, isSeen(doubt), now)),
      ...disjoint(fresh).map(range => ({ ...range, since: now, seenAt: now, isSeen: true })),
    ].filter(doubt => doubt.isSeen || (!isSteady && now < doubt.seenAt + DOUBT_MS))
    const due = claimed.flatMap(part =>
      open
        .filter(doubt => now >= doubt.since + DOUBT_MS)
        .flatMap(doubt => intersect(doubt, part) ?? [])
        .map(range => ({ owner: part.owner, epoch: part.epoch, from: range.from, to: range.to })),
    )
    this.#open = open.flatMap(doubt => without(doubt, due).map(({ from, to }) => ({ ...doubt, from, to })))
    return { lost: due, held: held.filter(part => !isOpen(part)), withheld: this.#open }
  }
}

function see(doubt: Doubt, isSeen: boolean, now: number): Doubt {
  if (!isSeen) return { ...doubt, isSeen }
  return { ...doubt, isSeen, seenAt: now, since: doubt.isSeen ? doubt.since : now }
}

function disjoint(ranges: readonly Range[]): readonly Range[] {
  const kept: Range[] = []
  for (const range of ranges) kept.push(...without(range, kept))
  return kept
}
