import type { PeerName } from '../../base/peer-name.ts'
import type { Grant } from './body.ts'
import type { Homes } from './homes.ts'
import type { Claim } from './owned-space.ts'
import { intersect, type Range, without } from './range.ts'

/** Of each owner is looked at so often. */
const REVIEW_EVERY_MS = 1_000

export interface Promised extends Range {
  readonly owner: PeerName
}

/**
 * Space that the manifest gives to members for the first time. Nobody can have it of its owner before that has claimed it, so claims of
 * others do not count, be their owner in reach or not.
 *
 *     nobody's ──manifest──▶ promised ──claimed by its owner, for long──▶ held by it
 *                               └──given away by it, or this router out of contact with most──▶ as all space
 */
export class Promises {
  readonly #homes: Homes
  readonly #parts = new Map<PeerName, readonly Range[]>()
  #reviewedAt = Number.NEGATIVE_INFINITY

  constructor(homes: Homes) {
    this.#homes = homes
  }

  /** Only in contact with most of the cluster for long: else it may have been taken, given and inherited before word of it came. */
  make(promised: readonly Promised[]): void {
    if (!this.#homes.isSteady) return
    for (const { owner, from, to } of promised) this.#parts.set(owner, [...this.to(owner), { from, to }])
  }

  /** Call with each manifest: what it gives their owners no more is not promised. */
  adopt(): void {
    for (const [owner, parts] of this.#parts) this.#set(owner, within(parts, this.#homes.of(owner)))
  }

  /** Whose claims may hold by themselves by now; nobody's until it is time to look. To a router that was cut off nothing is promised. */
  due(): readonly PeerName[] {
    if (!this.#homes.isSteady) this.#parts.clear()
    if (this.#parts.size === 0 || this.#homes.now < this.#reviewedAt + REVIEW_EVERY_MS) return []
    this.#reviewedAt = this.#homes.now
    return [...this.#parts.keys()]
  }

  /** What the owner says: once it claims a part, what it does not claim it has given away. */
  hear(owner: PeerName, said: { readonly claims: readonly Claim[]; readonly grants: readonly Grant[] }): void {
    if (!this.#parts.has(owner)) return
    const settled = said.claims.filter(({ isSettling }) => !isSettling)
    const claimed = within(this.to(owner), settled)
    this.#set(owner, beyond(claimed.length === 0 ? this.to(owner) : claimed, said.grants))
  }

  /** It has held these for long. */
  keep(owner: PeerName, held: readonly Range[]): void {
    if (held.length > 0) this.#set(owner, beyond(this.to(owner), held))
  }

  to(owner: PeerName): readonly Range[] {
    return this.#parts.get(owner) ?? []
  }

  /** What of the range is promised to others than `peer`. */
  besides(peer: PeerName, range: Range): readonly Promised[] {
    if (!this.#homes.isSteady) return []
    return [...this.#parts].flatMap(([owner, parts]) =>
      owner === peer ? [] : within(parts, [range]).map(part => ({ owner, ...part })),
    )
  }

  #set(owner: PeerName, parts: readonly Range[]): void {
    if (parts.length === 0) this.#parts.delete(owner)
    else this.#parts.set(owner, parts)
  }
}

function within(parts: readonly Range[], ranges: readonly Range[]): readonly Range[] {
  return parts.flatMap(part => ranges.flatMap(range => intersect(part, range) ?? []))
}

function beyond(parts: readonly Range[], ranges: readonly Range[]): readonly Range[] {
  return parts.flatMap(part => without(part, ranges))
}
