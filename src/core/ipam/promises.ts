import type { PeerName } from '../../base/peer-name.ts'
import type { AddressBody, Grant } from './body.ts'
import type { Homes } from './homes.ts'
import type { Claim } from './owned-space.ts'
import { intersect, type Range, without } from './range.ts'

/** Of each owner is looked at so often. */
const REVIEW_EVERY_MS = 1_000

export interface Promised extends Range {
  readonly owner: PeerName
}

/** What a member has published; undefined where nothing of it was heard in this life. */
export type SaidBy = (peer: PeerName) => Pick<AddressBody, 'serial' | 'claims' | 'grants'> | undefined

/** What was promised to a member that had not spoken of it yet, and the last that it had said then. */
interface Kept {
  readonly parts: readonly Range[]
  readonly serial: number | undefined
}

/** As it is stored. */
export type KeptPromise = readonly [PeerName, { readonly parts: readonly Range[]; readonly serial?: number }]

/**
 * Space that the manifest gives to members for the first time. Nobody can have it of its owner before that has claimed it, so claims of
 * others do not count, be their owner in reach or not.
 *
 *     nobody's ──manifest──▶ promised ──claimed by its owner, for long, or given by it──▶ as all space
 *                              │  ▲                                                         ▲
 *       out of contact, or down│  │in contact with most again                               │
 *                              ▼  │                                                         │
 *                              kept ──its owner has said something since────────────────────┘
 */
export class Promises {
  readonly #homes: Homes
  readonly #saidBy: SaidBy
  readonly #parts = new Map<PeerName, readonly Range[]>()
  readonly #kept = new Map<PeerName, Kept>()
  #reviewedAt = Number.NEGATIVE_INFINITY

  constructor(homes: Homes, saidBy: SaidBy) {
    this.#homes = homes
    this.#saidBy = saidBy
  }

  /** To be remembered over a restart. */
  get memory(): readonly KeptPromise[] {
    return [...this.#kept, ...this.#keepable()].map(([owner, { parts, serial }]) => [
      owner,
      { parts: parts.map(({ from, to }) => ({ from, to })), ...(serial === undefined ? {} : { serial }) },
    ])
  }

  restore(memory: readonly KeptPromise[]): void {
    for (const [owner, { parts, serial }] of memory) {
      this.#kept.set(owner, { parts: [...(this.#kept.get(owner)?.parts ?? []), ...parts], serial })
    }
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

  /**
   * Call before `due`; returns what is promised again. Until its owner has claimed or given some of it nobody else can have it, whatever happened
   * meanwhile; whether it has, this router knows of who has said nothing since.
   */
  resume(): readonly Range[] {
    if (!this.#homes.isSteady) {
      for (const [owner, kept] of this.#keepable()) this.#kept.set(owner, kept)
      this.#parts.clear()
      return []
    }
    const resumed = [...this.#kept.keys()].map(owner => [owner, this.#keptFor(owner)] as const)
    this.#kept.clear()
    for (const [owner, parts] of resumed) this.#set(owner, [...this.to(owner), ...parts])
    return resumed.flatMap(([, parts]) => parts)
  }

  /** Whose claims may hold by themselves by now; nobody's until it is time to look. */
  due(): readonly PeerName[] {
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

  /** The same of what `peer` gives away: what this router took in before it is in contact with most could not be given back. */
  besidesGiver(peer: PeerName, range: Range): readonly Promised[] {
    const kept = [...this.#kept.keys()].filter(owner => owner !== peer)
    return [
      ...this.besides(peer, range),
      ...kept.flatMap(owner => within(this.#keptFor(owner), [range]).map(part => ({ owner, ...part }))),
    ]
  }

  /** What its owner has not spoken of. */
  #keepable(): readonly (readonly [PeerName, Kept])[] {
    return [...this.#parts].flatMap(([owner, parts]) => {
      const said = this.#saidBy(owner)
      return hasSpokenOf(parts, said) ? [] : [[owner, { parts, serial: said?.serial }] as const]
    })
  }

  /** What is left of it. */
  #keptFor(owner: PeerName): readonly Range[] {
    const { parts = [], serial } = this.#kept.get(owner) ?? {}
    const said = this.#saidBy(owner)
    const isSame = said === undefined || said.serial === serial
    return isSame && !hasSpokenOf(parts, said) ? within(parts, this.#homes.of(owner)) : []
  }

  #set(owner: PeerName, parts: readonly Range[]): void {
    if (parts.length === 0) this.#parts.delete(owner)
    else this.#parts.set(owner, parts)
  }
}

function hasSpokenOf(parts: readonly Range[], said: ReturnType<SaidBy>): boolean {
  return [...(said?.claims ?? []), ...(said?.grants ?? [])].some(one => within(parts, [one]).length > 0)
}

function within(parts: readonly Range[], ranges: readonly Range[]): readonly Range[] {
  return parts.flatMap(part => ranges.flatMap(range => intersect(part, range) ?? []))
}

function beyond(parts: readonly Range[], ranges: readonly Range[]): readonly Range[] {
  return parts.flatMap(part => without(part, ranges))
}
