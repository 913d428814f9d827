import { assertNever } from '../../base/assert.ts'
import { formatIpNetwork, type IpNetwork } from '../../base/ip-address.ts'
import type { PeerName } from '../../base/peer-name.ts'
import type { IpamAnswer, IpamInput, IpamMember, IpamOptions, IpamOutput, IpamStatus, Lease } from './api.ts'
import { type AddressBody, decodeAddressBody, encodeAddressBody } from './body.ts'
import { Contests } from './contests.ts'
import { Exchange, NO_ROOM } from './exchange.ts'
import { formatMemory } from './memory.ts'
import { Requests } from './requests.ts'
import { countOf } from './reserve.ts'
import { describeIpam } from './status.ts'
import { Succession } from './succession.ts'
import { Territory } from './territory.ts'
import { whyNotDead } from './word-of-death.ts'

/** So often while another's claim to own space does not hold: which of both gives way changes by time alone. */
const CONTEST_EVERY_MS = 5_000
/** What others say is written down together with own changes, or so often. */
const REMEMBER_EVERY_MS = 5_000
const RETRY_EVERY_MS = 1_000
const TOO_MANY_PIECES = 'more pieces of address space than the others can be told of: the smallest are given up'

/**
 * Addresses for containers, each given once in the whole cluster. An address has one owner at a time, a router, and only its owner
 * hands it out:
 *
 *     unowned ──found, home──▶ settling ──word of no better claim──▶ owned ──give──▶ granted ──taken──▶ owned by another
 *                                                                      ▲                                    │
 *                                                                      └── taken over: removed, dead, rmpeer ┘
 *
 * Each change of owner raises the epoch of the claim, and of two claims the higher one holds, so that a router that comes back
 * finds out what is no longer its own. What has to outlive the process is stored before it is published or answered.
 */
export class Ipam {
  readonly #territory: Territory
  readonly #exchange: Exchange
  readonly #succession: Succession
  readonly #contests: Contests
  readonly #requests: Requests
  #rememberedAt = Number.NEGATIVE_INFINITY
  #evolvedAt = Number.NEGATIVE_INFINITY

  constructor(options: IpamOptions) {
    this.#territory = new Territory(options)
    this.#exchange = new Exchange(this.#territory)
    this.#succession = new Succession(this.#territory)
    this.#contests = new Contests(this.#territory, this.#succession)
    this.#requests = new Requests(this.#territory, this.#exchange, this.#succession)
    this.#territory.isChanged = !this.#territory.isFresh
    this.#evolve(options.now)
  }

  /** When to call `advance`. Of times that pass by themselves it is the next after the last look, so none is missed by asking late. */
  deadline(now: number): number {
    const { contacts } = this.#territory
    const fence = contacts.fenceDeadline
    const retry = this.#requests.pending.length > 0 ? this.#evolvedAt + RETRY_EVERY_MS : Number.POSITIVE_INFINITY
    const contest = this.#contests.isOpen ? this.#evolvedAt + CONTEST_EVERY_MS : Number.POSITIVE_INFINITY
    const isNewsOpen = this.#territory.hasNews && !this.#territory.isFresh
    return Math.min(
      isNewsOpen ? this.#rememberedAt + REMEMBER_EVERY_MS : Number.POSITIVE_INFINITY,
      this.#exchange.deadline,
      this.#succession.deadline(now),
      this.#requests.deadline,
      retry,
      contest,
      fence > this.#evolvedAt ? fence : Number.POSITIVE_INFINITY,
    )
  }

  handle(input: IpamInput, now: number): void {
    this.keepTime(now)
    this.#take(input, now)
    this.#evolve(now)
  }

  advance(now: number): void {
    this.#evolve(now)
  }

  /** What is looked up is as of then. For times between deadlines, and much cheaper than `advance`. */
  keepTime(now: number): void {
    this.#territory.homes.look(this.#succession.members, now)
  }

  drain(): readonly IpamOutput[] {
    return this.#territory.outputs.splice(0)
  }

  lookUp(id: string, subnet?: IpNetwork): readonly Lease[] {
    return this.#territory.leases.of(id, subnet)
  }

  /** Whether the address is known to be in the space of another peer than this one. */
  isAnothers(peer: PeerName, address: bigint): boolean {
    const { space, views, self } = this.#territory
    if (views.holds(peer, address)) return false
    const owner = space.at(address) === undefined ? views.ownerOf(address) : self
    return owner !== undefined && owner !== peer
  }

  /** Who has the address, where it is sure that `peer` has not: neither in its range nor by a claim that counts. */
  holderBesides(peer: PeerName, address: bigint): PeerName | undefined {
    const { views, self, leases } = this.#territory
    if (!this.#territory.isInUniverse(address)) return undefined
    if (peer === self && leases.at(address) !== undefined) return undefined
    return views.holderBesides(peer, address)
  }

  get leases(): readonly Lease[] {
    return this.#territory.leases.all
  }

  get sizes(): { readonly peers: number; readonly requests: number } {
    return { peers: this.#territory.views.count, requests: this.#requests.pending.length }
  }

  status(now: number): IpamStatus {
    return describeIpam(this.#territory, this.#succession, this.#requests, now)
  }

  #take(input: IpamInput, now: number): void {
    const territory = this.#territory
    switch (input.kind) {
      case 'allocate':
      case 'claim':
      case 'prime':
        return this.#requests.add(input, now)
      case 'cancel':
        return this.#requests.cancel(input.ticket)
      case 'release':
        return this.#release(lease => lease.id === input.id && (input.address ?? lease.address) === lease.address)
      case 'heard':
        return this.#heard(input.peer, input.body)
      case 'reachable':
        territory.reachable = input.peers
        return this.#succession.lookAgain()
      case 'members':
        if (this.#succession.members === undefined) this.#recall(input.members)
        return this.#succession.adopt(input, now)
      case 'add-range':
        return this.#addRange(input.ticket, input.range)
      case 'take-over':
        return this.#takeOver(input.ticket, input.peer, now)
      case 'leave':
        return this.#leave()
      default:
        return assertNever(input)
    }
  }

  #evolve(now: number): void {
    const territory = this.#territory
    this.#evolvedAt = now
    const members = this.#succession.electorate()
    territory.contacts.update({ members, reachable: territory.reachable, known: territory.counterparts }, now)
    territory.homes.look(this.#succession.members, now)
    this.#contests.advance(now)
    this.#exchange.settleUp(now)
    this.#succession.advance(now)
    const answers = this.#requests.attempt(now)
    // What was founded for a request may be usable at once.
    this.#succession.advance(now)
    const more = this.#requests.attempt(now)
    this.#tell(now)
    for (const { ticket, answer } of [...answers, ...more]) territory.outputs.push({ kind: 'answer', ticket, answer })
  }

  #heard(peer: PeerName, bytes: Uint8Array | undefined): void {
    const territory = this.#territory
    // Claims of a peer that gossip forgets stay until they are taken over.
    if (bytes === undefined) return
    const body = decodeAddressBody(bytes)
    if (!body.ok) {
      territory.outputs.push({ kind: 'refused', peer, reason: `addresses that cannot be read: ${body.error}` })
      return
    }
    for (const range of body.value.ranges) {
      if (territory.addRange(range) === undefined) {
        territory.log('info', 'address range added by a peer', { peer, range: formatIpNetwork(range) })
      }
    }
    if (peer === territory.self) return this.#heardOwn(body.value)
    territory.words.note(peer, body.value, territory.homes.now)
    if (!territory.views.hear(peer, body.value)) return
    territory.hasNews = true
    this.#succession.lookAgain()
  }

  #recall(members: readonly IpamMember[]): void {
    const { outputs, kept } = this.#territory
    const names = new Set(members.map(({ name }) => name))
    for (const [peer, record] of kept.earlier) if (names.has(peer)) outputs.push({ kind: 'recall', peer, record })
  }

  #heardOwn(body: AddressBody): void {
    const territory = this.#territory
    if (body.serial <= territory.serial) return
    if (!territory.isFresh) {
      if (!territory.isFrozen)
        territory.log('error', 'another host speaks in the name of this one', { serial: body.serial })
      territory.isFrozen = true
      return
    }
    territory.takeUpSerial(body.serial)
    territory.isFresh = false
    territory.grants = body.grants
    for (const [peer, sequence] of body.taken) territory.taken.set(peer, sequence)
    for (const { from, to, epoch } of body.claims) {
      territory.space.remove({ from, to })
      territory.space.add({ from, to, epoch, isSettling: false })
    }
    territory.isChanged = true
    territory.log('warn', 'address space of an earlier life taken up from gossip', { claims: body.claims.length })
  }

  #release(isOver: (lease: Lease) => boolean): void {
    for (const lease of this.#territory.leases.all) {
      if (!isOver(lease)) continue
      this.#territory.leases.remove(lease.address)
      this.#territory.isChanged = true
    }
  }

  #addRange(ticket: number, range: IpNetwork): void {
    const territory = this.#territory
    const reason = territory.addRange(range)
    if (reason === undefined) territory.isFresh = false
    territory.outputs.push({
      kind: 'answer',
      ticket,
      answer: reason === undefined ? { kind: 'done' } : { kind: 'refused', reason },
    })
  }

  #takeOver(ticket: number, peer: PeerName, now: number): void {
    const { outputs, reachable, self } = this.#territory
    const isAlive = reachable.has(peer) || peer === self
    const reason = isAlive ? `peer ${peer} is reachable: stop it first` : whyNotDead(this.#territory, peer, now)
    const answer = reason === undefined ? this.#inherit(peer, now) : { kind: 'refused' as const, reason }
    outputs.push({ kind: 'answer', ticket, answer })
  }

  #inherit(peer: PeerName, now: number): IpamAnswer {
    const { taken, left } = this.#succession.takeOver(peer, now)
    if (taken === 0n && left > 0n) return { kind: 'refused', reason: `${NO_ROOM}: say it on another host` }
    return { kind: 'taken-over', addresses: taken }
  }

  #leave(): void {
    const territory = this.#territory
    for (const lease of territory.leases.all) territory.leases.remove(lease.address)
    const heirs = this.#succession.heirsOf(territory.self)
    // Whoever has no space yet may never have said a word, and is an heir all the same.
    this.#exchange.giveAll(heirs.length > 0 ? heirs : [...territory.reachable].sort())
    territory.space.dropSettling()
  }

  /** Disk first, then the others. */
  #tell(now: number): void {
    const territory = this.#territory
    const isDue = territory.hasNews && now >= this.#rememberedAt + REMEMBER_EVERY_MS
    this.#giveUpExcess()
    if ((!territory.isChanged && !isDue) || (territory.isFresh && !this.#hasDeeds)) return
    const { isChanged } = territory
    territory.isChanged = false
    territory.hasNews = false
    territory.isFresh = false
    this.#rememberedAt = now
    if (isChanged) territory.advanceSerial()
    territory.outputs.push({ kind: 'store', text: formatMemory(territory.memory) })
    if (isChanged && !territory.isFrozen)
      territory.outputs.push({ kind: 'publish', body: encodeAddressBody(territory.body) })
  }

  /** It came to too many pieces because others took over parts, or by an earlier release. */
  #giveUpExcess(): void {
    const territory = this.#territory
    const given = territory.giveUpExcess()
    if (given.length === 0) return
    const fields = { pieces: given.length, addresses: String(countOf(given)) }
    territory.log('error', TOO_MANY_PIECES, fields)
  }

  /** Before its first deed a router that knows nothing of an earlier life says nothing, so that it may hear of one. */
  get #hasDeeds(): boolean {
    const { space, leases, wishes, initial } = this.#territory
    const claims = initial.kind === 'manifest' ? space.usable : space.claims
    return claims.length > 0 || leases.size > 0 || wishes.length > 0
  }
}
