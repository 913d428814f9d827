import { assertNever } from '../../base/assert.ts'
import { formatIpAddress, formatIpNetwork, lastOf } from '../../base/ip-address.ts'
import type { PeerName } from '../../base/peer-name.ts'
import type { IpamAnswer, IpamRequest } from './api.ts'
import { type Exchange, NO_ROOM } from './exchange.ts'
import { intersect, type Range, rangeContains, rangeOf, without } from './range.ts'
import type { Succession } from './succession.ts'
import { hostsOf, type Territory } from './territory.ts'

/** Requests that wait at one time. */
export const PENDING_MAX = 1_024

/** Stands for many containers that the router is not told apart: each request is another one's (Weave row ARG-06). */
const MANY = '_'

/** So long all known addresses must have been in use before a request is refused for it: one may be on its way back. */
const EXHAUSTED_MS = 5_000

export interface Pending {
  readonly request: IpamRequest
  readonly endsAt: number
  /** What the request waits for, to be said when its time is over. */
  waitsFor: string
  /** Since when each address that would do is known to be in use. */
  exhaustedAt: number | undefined
}

interface Waiting {
  readonly kind: 'wait'
  readonly waitsFor: string
  /** What is said when this goes on, though nothing is on its way. */
  readonly refusal: string | undefined
}

type Attempt = IpamAnswer | Waiting
type AllocateRequest = Extract<IpamRequest, { kind: 'allocate' }>

/** Requests, each tried again whenever something has changed, until it is answered or its time is over. */
export class Requests {
  readonly #territory: Territory
  readonly #exchange: Exchange
  readonly #succession: Succession
  #pending: readonly Pending[] = []

  constructor(territory: Territory, exchange: Exchange, succession: Succession) {
    this.#territory = territory
    this.#exchange = exchange
    this.#succession = succession
  }

  get pending(): readonly Pending[] {
    return this.#pending
  }

  get deadline(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#pending.map(pending => pending.endsAt))
  }

  add(request: IpamRequest, now: number): void {
    if (this.#pending.length < PENDING_MAX) {
      const endsAt = now + request.timeoutMs
      this.#pending = [...this.#pending, { request, endsAt, waitsFor: '', exhaustedAt: undefined }]
      return
    }
    const reason = `${PENDING_MAX} requests for addresses are waiting already`
    this.#territory.outputs.push({ kind: 'answer', ticket: request.ticket, answer: { kind: 'refused', reason } })
  }

  cancel(ticket: number): void {
    this.#pending = this.#pending.filter(pending => pending.request.ticket !== ticket)
  }

  /** Answers what can be answered. */
  attempt(now: number): readonly { readonly ticket: number; readonly answer: IpamAnswer }[] {
    const answers: { readonly ticket: number; readonly answer: IpamAnswer }[] = []
    this.#pending = this.#pending.filter(pending => {
      const attempt = this.#try(pending.request, now)
      const answer = attempt.kind === 'wait' ? keepWaiting(pending, attempt, now) : attempt
      if (answer === undefined) return true
      answers.push({ ticket: pending.request.ticket, answer })
      return false
    })
    this.#exchange.keepOnly(range => this.#pending.some(({ request }) => isWishOf(range, request)))
    return answers
  }

  #try(request: IpamRequest, now: number): Attempt {
    if (this.#succession.isRemoved) return refuse('the manifest does not name this host any more: it was removed')
    switch (request.kind) {
      case 'allocate':
        return this.#allocate(request, now)
      case 'claim':
        return this.#claim(request, now)
      case 'prime':
        return this.#prime(now)
      default:
        return assertNever(request)
    }
  }

  #allocate(request: AllocateRequest, now: number): Attempt {
    const { leases, universe } = this.#territory
    const { id, subnet } = request
    const had = id === MANY ? undefined : leases.of(id, subnet)[0]
    if (had !== undefined) return { kind: 'address', lease: had }
    const wanted = rangeWanted(request)
    if (subnet.prefix > 126)
      return refuse(`invalid subnet - ${formatIpNetwork(subnet)}: at least 4 addresses are needed`)
    if (wanted === undefined || !universe.some(network => intersect(rangeOf(network), wanted) !== undefined)) {
      const universeText = universe.map(formatIpNetwork).join(', ')
      const text = formatIpNetwork(request.within ?? subnet)
      return refuse(`range ${text} out of bounds: ${universeText}: add it with 'weave add-range ${text}'`)
    }
    const barred = this.#barred(now)
    if (barred !== undefined) return barred
    const free = this.#territory.freeParts(wanted)
    const part = this.#territory.order === 'lowest' ? free[0] : free.at(-1)
    if (part === undefined) return this.#ask(request, wanted, now)
    const address = this.#territory.order === 'lowest' ? part.from : part.to
    const lease = { id, address, prefix: subnet.prefix }
    leases.add(lease)
    this.#territory.isChanged = true
    return { kind: 'address', lease }
  }

  #ask({ subnet, within }: AllocateRequest, wanted: Range, now: number): Attempt {
    const settling = this.#territory.space.claims.find(claim => claim.isSettling && intersect(claim, wanted))
    if (settling !== undefined) return wait('word of other claims to the space taken just before')
    if (this.#succession.found(wanted, now)) return wait('word of other claims to the space taken just before')
    const { needed, known } = this.#succession.quorum
    if (known < needed) return wait(this.#describeQuorum(needed, known))
    const donors = this.#donorsOf(wanted)
    if (donors.length === 0) return this.#exhausted(wanted, formatIpNetwork(within ?? subnet))
    return wait(this.#exchange.wish(wanted, donors, now))
  }

  #claim(request: Extract<IpamRequest, { kind: 'claim' }>, now: number): Attempt {
    const { leases, space, views } = this.#territory
    const { address, prefix } = request.address
    const text = formatIpAddress(address)
    const lease = { id: request.id, address, prefix }
    const holder = leases.at(address)
    if (holder !== undefined && holder.id !== request.id) {
      return refuse(`address ${text} is already owned by ${holder.id}`)
    }
    // Another router may hand out a range that this one was not told of.
    const isOutside = !this.#territory.isInUniverse(address) && views.ownerOf(address) === undefined
    const own = space.at(address)
    if (isOutside || holder !== undefined || own?.isSettling === false) {
      const barred = isOutside || holder !== undefined ? undefined : this.#barred(now)
      if (barred !== undefined) return barred
      leases.add(lease)
      this.#territory.isChanged = true
      return { kind: 'address', lease }
    }
    if (own !== undefined) return wait('word of other claims to the address')
    const owner = views.ownerOf(address)
    if (owner !== undefined) return this.#askOwner(address, owner, now)
    if (!this.#territory.hasRoom)
      return { ...wait(`room: ${NO_ROOM}`), refusal: `${NO_ROOM}: take addresses that lie side by side` }
    if (this.#territory.isSharedByOthers(address)) return this.#awaitShare(address)
    if (this.#succession.foundOne(address, now)) return wait('word of other claims to the address')
    const { needed, known } = this.#succession.quorum
    return wait(this.#describeQuorum(needed, known))
  }

  #awaitShare(address: bigint): Attempt {
    const text = formatIpAddress(address)
    const owner = this.#territory.homes.at(address)
    if (owner === undefined) return refuse(`address ${text} is in the share of no host`)
    return wait(`peer ${owner}, in whose share of the range address ${text} is, to take that`)
  }

  #askOwner(address: bigint, owner: PeerName, now: number): Attempt {
    const range = { from: address, to: address }
    const text = formatIpAddress(address)
    const { contacts, reachable } = this.#territory
    if (!reachable.has(owner)) return wait(`peer ${owner}, which owns address ${text} and cannot be reached`)
    if (!contacts.hasMajority) return wait(this.#describeQuorum(contacts.majority, contacts.present.length))
    const reason = this.#exchange.refusalOf(range, owner, now)
    if (reason === 'in use') return refuse(`address ${text} is already in use by ${owner}`)
    return wait(this.#exchange.wish(range, [owner], now))
  }

  #prime(now: number): Attempt {
    const { space, universe, views } = this.#territory
    const isOwned = space.usable.length > 0 || views.all.some(view => view.claims.some(claim => !claim.isSettling))
    if (isOwned) return { kind: 'done' }
    for (const network of universe) this.#succession.found(rangeOf(network), now)
    const { needed, known } = this.#succession.quorum
    return wait(known < needed ? this.#describeQuorum(needed, known) : 'the first owner of the address space')
  }

  /** Why this router must hand out nothing, be there free addresses or not. */
  #barred(now: number): Attempt | undefined {
    const { contacts, isFrozen } = this.#territory
    if (isFrozen) {
      return refuse('another host speaks in the name of this one: is it a copy of this host, or was this one restored?')
    }
    if (!contacts.isFenced(now)) return undefined
    const { needed, known } = { needed: contacts.majority, known: contacts.present.length }
    return wait(
      `${this.#describeQuorum(needed, known)}; after so long without them its addresses may be given to others`,
    )
  }

  /** Those in reach with free addresses there, the most first. */
  #donorsOf(wanted: Range): readonly PeerName[] {
    const { views, reachable } = this.#territory
    const offers = views.all
      .filter(({ name }) => reachable.has(name))
      .map(({ name, body, claims }) => ({
        name,
        free: (body?.claims ?? [])
          .filter(claim => !claim.isSettling && intersect(claim, wanted) !== undefined)
          .filter(claim => claims.some(one => intersect(one, claim) !== undefined))
          .reduce((sum, claim) => sum + claim.free, 0n),
      }))
    const useful = offers.filter(({ free }) => free > 0n)
    return useful
      .sort((a, b) => (a.free === b.free ? (a.name < b.name ? -1 : 1) : a.free > b.free ? -1 : 1))
      .map(({ name }) => name)
  }

  #describeQuorum(needed: number, known: number): string {
    const { contacts } = this.#territory
    const absent = contacts.absent
    const missing = absent.length === 0 ? '' : `; out of reach: ${absent.slice(0, 5).join(', ')}`
    return `${needed} routers to be in contact, of which ${known} are${missing}`
  }

  #exhausted(wanted: Range, name: string): Waiting {
    const { views, reachable, space } = this.#territory
    const known = [space.claims, ...views.all.map(({ claims }) => claims)].flat()
    const away = views.all
      .filter(
        ({ name, claims }) => !reachable.has(name) && claims.some(claim => intersect(claim, wanted) !== undefined),
      )
      .map(({ name }) => name)
    if (away.length === 0) {
      const isKnown = without(wanted, known).every(part => this.#succession.isNobodys(part))
      const isOwned = known.some(claim => intersect(claim, wanted) !== undefined)
      const reason = isOwned
        ? `no address is free in ${name}: all are in use`
        : `no host hands out addresses of ${name}: add it with 'weave add-range', or take a part of a host's range`
      return { ...wait('a free address: all are in use'), refusal: isKnown ? reason : undefined }
    }
    const names = away.slice(0, 5).join(', ')
    return wait(
      `a free address: all in reach are in use; ${away.length} peers with space are out of reach (${names}): use 'rmpeer' if they are dead`,
    )
  }
}

function rangeWanted({ subnet, within }: AllocateRequest): Range | undefined {
  const hosts = hostsOf(subnet)
  return within === undefined ? hosts : intersect(hosts, { from: within.network, to: lastOf(within) })
}

function isWishOf(range: Range, request: IpamRequest): boolean {
  if (request.kind === 'prime') return false
  if (request.kind === 'claim') return range.from === range.to && range.from === request.address.address
  const wanted = rangeWanted(request)
  return wanted !== undefined && rangeContains(wanted, range.from) && rangeContains(wanted, range.to)
}

/** The refusal, once there is no use in waiting longer. */
function keepWaiting(pending: Pending, { waitsFor, refusal }: Waiting, now: number): IpamAnswer | undefined {
  const { request, endsAt } = pending
  pending.waitsFor = waitsFor
  pending.exhaustedAt = refusal === undefined ? undefined : (pending.exhaustedAt ?? now)
  const isOver = pending.exhaustedAt !== undefined && now >= pending.exhaustedAt + EXHAUSTED_MS
  if (refusal !== undefined && isOver) return { kind: 'refused', reason: refusal }
  if (now < endsAt) return undefined
  const seconds = Math.round(request.timeoutMs / 1000)
  return { kind: 'refused', reason: `no answer after ${seconds} s; still waiting for ${waitsFor}` }
}

function refuse(reason: string): Attempt {
  return { kind: 'refused', reason }
}

function wait(waitsFor: string): Waiting {
  return { kind: 'wait', waitsFor, refusal: undefined }
}
