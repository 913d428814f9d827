import type { PeerName } from '../../base/peer-name.ts'
import type { AddressBody, Grant, PublishedClaim } from './body.ts'
import { Handovers } from './handovers.ts'
import type { Homes } from './homes.ts'
import type { IpamMemory } from './memory.ts'
import { holdsAgainst } from './owned-space.ts'
import { type Promised, Promises, type SaidBy } from './promises.ts'
import { intersect, type Range, without } from './range.ts'
import { type Claimant, type Tenure, tenuresOf } from './tenures.ts'

/** Word that the holder has given the space away has come by then: what still claims it is told to all as not lawful. */
export const CONVICT_MS = 30_000

interface Suspect {
  /** Undefined when it is known from an earlier life of this router only. */
  readonly since: number | undefined
  /** Against whom its claims do not hold, and up to which epoch. */
  readonly holders: Map<PeerName, number>
  isTold: boolean
}

interface ObstaclesOf {
  readonly others: readonly Claimant[]
  readonly suspect: Suspect
  /** Of a grant. */
  readonly receiver: PeerName | undefined
}

interface Obstacle extends Range {
  readonly holder: PeerName
}

/**
 * Which claims and grants of others count, where there is a manifest. Nobody takes over space of a router in contact with most of the
 * cluster, and what it gives it claims no longer: so whoever claims what such a router has held for long, and goes on claiming, was
 * not given it. Who was given it has held it for as long as its giver.
 *
 *     counts ──overlaps what another has held for long──▶ refused ──CONVICT_MS──▶ told to all ──by more than half──▶ discredited
 *       ▲                                                    │
 *       └──────────── the holder claims it no longer, or is dead ──┘
 *
 * Of a discredited router nothing counts but its own range: those who have only just come can trust in that.
 */
export class Verdicts {
  readonly #self: PeerName
  readonly #homes: Homes
  readonly #tenures = new Map<PeerName, readonly Tenure[]>()
  readonly #handovers = new Handovers()
  readonly promises: Promises
  readonly #suspects = new Map<PeerName, Suspect>()
  /** Who says of which member that its claims are not lawful. */
  readonly #accusers = new Map<PeerName, Set<PeerName>>()

  constructor(self: PeerName, homes: Homes, saidBy: SaidBy) {
    this.#self = self
    this.#homes = homes
    this.promises = new Promises(homes, saidBy)
  }

  /** Those whose claims may come to count, or count no longer, by what others say or by time. */
  get doubtful(): ReadonlySet<PeerName> {
    return new Set([...this.#suspects.keys(), ...this.#accusers.keys()])
  }

  get hasSuspects(): boolean {
    return this.#suspects.size > 0
  }

  /** To be remembered over a restart: whose claims do not hold against whom, and up to which epoch. */
  get memory(): NonNullable<IpamMemory['suspects']> {
    return [...this.#suspects].map(([name, { holders }]) => [name, [...holders]] as const)
  }

  restore(memory: NonNullable<IpamMemory['suspects']>): void {
    for (const [name, holders] of memory) {
      this.#suspects.set(name, { since: undefined, holders: new Map(holders), isTold: false })
    }
  }

  /** Whose claims this router tells all of. */
  get convicted(): readonly PeerName[] {
    return [...this.#suspects].filter(([, { isTold }]) => isTold).map(([name]) => name)
  }

  /** Those that have claimed what others than this router hold for so long that it is told, each once. */
  convict(): readonly PeerName[] {
    const isDue = ({ since, isTold }: Suspect) => !isTold && this.#homes.now - (since ?? this.#homes.now) >= CONVICT_MS
    const due = [...this.#suspects].filter(([, suspect]) => isDue(suspect))
    for (const [, suspect] of due) suspect.isTold = true
    return due.filter(([, { holders }]) => holders.size > 1 || !holders.has(this.#self)).map(([name]) => name)
  }

  /** Claims of whom do not hold against what this router has borrowed, and their epochs. */
  get inVain(): readonly { readonly owner: PeerName; readonly epoch: number }[] {
    return [...this.#suspects].flatMap(([owner, { holders }]) => {
      const epoch = holders.get(this.#self)
      return epoch === undefined ? [] : [{ owner, epoch }]
    })
  }

  /** Who, besides `peer`, has held the address for long. */
  holderOf(address: bigint, peer: PeerName): PeerName | undefined {
    const others = [...this.#tenures.keys()].filter(name => name !== peer)
    return others.find(name => this.#heldFor(name, { from: address, to: address }).length > 0)
  }

  isDiscredited(peer: PeerName): boolean {
    return this.#homes.areKnown && this.#accusersOf(peer) >= this.#homes.majority
  }

  /** What a member says of others. */
  hear(name: PeerName, denials: AddressBody['denials']): void {
    const accused = denials.filter(({ wish, reason }) => wish === 0 && reason === 'not lawful').map(({ peer }) => peer)
    for (const [peer, accusers] of this.#accusers) {
      accusers.delete(name)
      if (accusers.size === 0) this.#accusers.delete(peer)
    }
    if (!this.#homes.isMember(name)) return
    for (const peer of accused) {
      if (peer === name || !this.#homes.isMember(peer)) continue
      this.#accusers.set(peer, (this.#accusers.get(peer) ?? new Set()).add(name))
    }
  }

  hasNoted(name: PeerName): boolean {
    return this.#tenures.has(name)
  }

  note(claimant: Claimant, rivals: readonly Claimant[]): void {
    const { name } = claimant
    const handed = this.#handovers.to(name, this.#homes.now)
    const tenures = tenuresOf(claimant, rivals, { before: this.#hadBy(name), now: this.#homes.now })
    this.#tenures.set(name, withHanded(tenures, handed))
  }

  /** What the peer gives. Call before its claims are noted, which tell of that no more. */
  noteGrants(name: PeerName, grants: readonly Grant[]): void {
    this.#handovers.note(name, grants, { held: this.#hadBy(name), now: this.#homes.now })
  }

  /** A manifest gives this to members. What was handed out before is not promised as far as others have held it for long. */
  promise(parts: readonly Promised[], wasHandedOut: (range: Range) => boolean): void {
    this.promises.adopt()
    const free = (one: Promised) =>
      without(one, wasHandedOut(one) ? this.#heldByOthers(one.owner, one) : []).map(part => ({ ...one, ...part }))
    this.promises.make(parts.flatMap(free))
  }

  /** Returns what is promised again. */
  reviewPromises(): readonly Range[] {
    const resumed = this.promises.resume()
    for (const owner of this.promises.due()) {
      const held = this.promises.to(owner).flatMap(part => this.#heldFor(owner, part))
      this.promises.keep(owner, held)
    }
    return resumed
  }

  /** Whether the manifest has promised some of it to another. */
  isPromisedBesides(peer: PeerName, range: Range): boolean {
    return this.promises.besides(peer, range).length > 0
  }

  /** What its owner says of promised space. Call after its claims are noted. */
  notePromised(name: PeerName, said: Parameters<Promises['hear']>[1]): void {
    this.promises.hear(name, said)
  }

  /** Whether something is on its way to it. */
  awaits(name: PeerName): boolean {
    return this.#handovers.to(name, this.#homes.now).length > 0
  }

  /** What it has taken of whom, and which of its claims are refused. Call after its claims are noted. */
  noteTaken(name: PeerName, taken: AddressBody['taken'], refused: readonly Range[]): void {
    this.#handovers.end(name, taken, refused)
  }

  /** It is no member. */
  acquit(name: PeerName): void {
    this.#suspects.delete(name)
    this.#accusers.delete(name)
  }

  forget(name: PeerName): void {
    this.#tenures.delete(name)
    this.#handovers.forget(name)
    this.acquit(name)
    this.hear(name, [])
  }

  /** What is left of a peer's claims and grants; `others` are those whom it may have taken something of. */
  judge(
    name: PeerName,
    { claims, grants }: Pick<AddressBody, 'claims' | 'grants'>,
    others: readonly Claimant[],
  ): { readonly claims: readonly PublishedClaim[]; readonly grants: readonly Grant[] } {
    const suspect = this.#suspects.get(name) ?? { since: undefined, holders: new Map(), isTold: false }
    const holders = new Map<PeerName, number>()
    const obstaclesTo = (item: Range & { readonly epoch: number }, receiver?: PeerName) => {
      const obstacles = this.#obstacles(name, item, { others, suspect, receiver }).filter(
        ({ holder }) => holder !== receiver,
      )
      for (const { holder } of obstacles) holders.set(holder, Math.max(item.epoch, holders.get(holder) ?? 0))
      return [...obstacles, ...this.#discreditedPart(name, item)]
    }
    const left = {
      claims: claims.flatMap(claim => without(claim, obstaclesTo(claim)).map(part => ({ ...claim, ...part }))),
      grants: grants.filter(grant => obstaclesTo(grant, grant.receiver).length === 0),
    }
    if (holders.size > 0) this.#suspects.set(name, { ...suspect, holders, since: suspect.since ?? this.#homes.now })
    else this.#suspects.delete(name)
    return left
  }

  #obstacles(
    name: PeerName,
    item: Range & { readonly epoch: number },
    { others, suspect, receiver }: ObstaclesOf,
  ): readonly Obstacle[] {
    const beyond = without(item, this.#homes.of(name))
    if (beyond.length === 0) return []
    const claim = { ...item, isSettling: false }
    const promised = beyond.flatMap(part =>
      receiver === undefined ? this.promises.besides(name, part) : this.promises.besidesGiver(name, part),
    )
    const held = others.flatMap(({ name: holder, claims }) => {
      const isKnown = (suspect.holders.get(holder) ?? -1) >= item.epoch && !this.#homes.isLost(holder)
      const coming = this.#handovers.to(holder, this.#homes.now).filter(({ giver }) => giver !== name)
      const settled = claims.filter(({ isSettling }) => !isSettling)
      const kept = isKnown
        ? [...settled, ...coming]
        : this.#ofLong(holder, item, [...this.#tenuresOf(holder), ...coming])
      const own = holder === this.#self ? this.#homes.of(holder) : []
      return kept
        .filter(({ epoch }) => !holdsAgainst({ ...claim, epoch }, claim, holder < name))
        .flatMap(one => beyond.flatMap(part => intersect(one, part) ?? []))
        .flatMap(part => without(part, own))
        .map(({ from, to }) => ({ from, to, holder }))
    })
    return [...promised.map(({ owner, from, to }) => ({ from, to, holder: owner })), ...held]
  }

  #heldByOthers(owner: PeerName, range: Range): readonly Range[] {
    const others = [...this.#tenures.keys()].filter(name => name !== owner)
    return others.flatMap(name => this.#heldFor(name, range))
  }

  /** What it has held of the range for long. */
  #heldFor(holder: PeerName, range: Range): readonly Tenure[] {
    return this.#ofLong(holder, range, this.#tenuresOf(holder))
  }

  #ofLong(holder: PeerName, range: Range, had: readonly Tenure[]): readonly Tenure[] {
    const tenures = had.filter(one => intersect(one, range) !== undefined)
    const longMs = tenures.length === 0 ? undefined : this.#homes.heldFor(holder)
    return longMs === undefined ? [] : tenures.filter(({ since }) => this.#homes.now - since >= longMs)
  }

  #tenuresOf(name: PeerName): readonly Tenure[] {
    return this.#tenures.get(name) ?? []
  }

  /** With what is on its way to it from those that have held it, or promised. */
  #hadBy(name: PeerName): readonly Tenure[] {
    const promised = this.promises
      .to(name)
      .map(({ from, to }) => ({ from, to, epoch: 0, since: Number.NEGATIVE_INFINITY }))
    return [...this.#tenuresOf(name), ...this.#handovers.to(name, this.#homes.now), ...promised]
  }

  #discreditedPart(name: PeerName, item: Range): readonly Range[] {
    const beyond = without(item, this.#homes.of(name))
    if (this.isDiscredited(name)) return beyond
    // Where its own range is at stake, this router's word is one of those that are needed.
    const accusers = this.#accusersOf(name)
    if (accusers === 0 || accusers + 1 < this.#homes.majority) return []
    return beyond.flatMap(part => this.#homes.of(this.#self).flatMap(home => intersect(home, part) ?? []))
  }

  #accusersOf(peer: PeerName): number {
    return [...(this.#accusers.get(peer) ?? [])].filter(name => this.#homes.isMember(name)).length
  }
}

/** Word of the claim may have come before that of the grant. */
function withHanded(tenures: readonly Tenure[], handed: readonly Tenure[]): readonly Tenure[] {
  return tenures.map(tenure => {
    const parts = handed.filter(part => intersect(part, tenure) !== undefined)
    if (parts.length === 0 || without(tenure, parts).length > 0) return tenure
    return { ...tenure, since: Math.min(tenure.since, Math.max(...parts.map(({ since }) => since))) }
  })
}
