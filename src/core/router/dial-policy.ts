import type { DialBounds, Target } from '../mesh/connection-maker.ts'
import type { Link } from '../mesh/link.ts'
import { LINKS_MAX as LINKS_TOLD_MAX } from '../wire/peer-record.ts'
import type { AddressBook } from './discovery.ts'
import type { Neighbours } from './neighbours.ts'

/** A router dials until it has so many links. */
export const LINKS_WANTED = 8
/** With so many the rest can wait for gossip, and for those who dial here: hosts of a cluster often start at once. */
const LINKS_FOR_NOW = LINKS_WANTED / 2
/** Where links lead to everybody, so many are enough: the others would hear of each link more. */
const LINKS_ENOUGH = 5
/** Of them so many are to be such as no operator has cost more than a hop, where there are such peers: else no route leads that way. */
const CHEAP_LINKS_WANTED = 2
/** A router with so many links takes no more from peers that it reaches without. */
export const LINKS_MAX = 24
/** Dials open at one time for peers that cannot be reached, when there are links enough. */
const SEARCHES_MAX = 4
/** After the last change of a link gossip is given so long to show who is reached over it. */
export function settleMs(hostCount: number): number {
  return SETTLE_MIN_MS + hostCount * SETTLE_PER_HOST_MS
}

const SETTLE_MIN_MS = 1_000
const SETTLE_PER_HOST_MS = 1
/** Where hosts have too much to do gossip is as late as they are: for each millisecond that a greeting took, which is two words. */
const SETTLE_PER_GREETING_MS = 4
const SLOW_SETTLE_MAX_MS = 8_000
/** More than these are shed one by one, where both ends have so many. */
const LINKS_KEPT = 12
/** A link is not shed before it is so old. */
const SHED_AFTER_MS = 20_000

export interface DialSources {
  readonly self: number
  /** The operator's limit; 0 for none but the router's own. */
  readonly linksMax: number
  readonly addresses: Pick<AddressBook, 'ownerOf'>
  readonly neighbours: Neighbours
  readonly isReachable: (peer: number) => boolean
  /** It would be told to wait. */
  readonly isHeld: (peer: number) => boolean
  /** An operator has the way straight to the peer cost more than a hop. */
  readonly isPriced: (peer: number) => boolean
  readonly hostCount: () => number
  /** Links of the peer that it calls established. */
  readonly linkCountOf: (peer: number) => number
}

/**
 * Keeps the control mesh connected and its degree bounded: every peer that gossip does not show to be reachable is dialled; of the
 * others only as many as are wanted. Frames do not depend on it: they find direct paths of their own.
 */
export class DialPolicy {
  readonly #sources: DialSources

  constructor(sources: DialSources) {
    this.#sources = sources
  }

  /**
   * Half of what is lacking at one time: the other half comes from those who dial here. A quarter as long as dials are answered: of
   * hosts that start at once those who dial here have links for us sooner than ours are up, and all news goes over each link more.
   */
  get dialBounds(): DialBounds {
    const { neighbours } = this.#sources
    const lacking = LINKS_WANTED - neighbours.links.length
    const free = Math.max(0, this.#linksMax - neighbours.links.length)
    if (lacking <= 0) return { open: Math.min(SEARCHES_MAX, free), fresh: SEARCHES_MAX }
    return { open: Math.min(Math.ceil(lacking / 2), free), fresh: Math.ceil(lacking / 4) }
  }

  /** No need to dial: it is us, or a neighbour, or on its way to be one, or a peer that is reached without. */
  isSatisfied({ endpoint, key }: Pick<Target, 'endpoint' | 'key'>, now: number): boolean {
    const { self, addresses, neighbours, isReachable, isHeld, isPriced } = this.#sources
    const owner = addresses.ownerOf(key)
    if (owner === self) return true
    if (owner !== undefined && (neighbours.linkTo(owner) !== undefined || isHeld(owner))) return true
    const { links } = neighbours
    const isReached = owner !== undefined && isReachable(owner)
    if (isReached && links.length >= LINKS_ENOUGH)
      return !(this.#lacksCheapLinks(CHEAP_LINKS_WANTED) && !isPriced(owner))
    // One that is reached is dialled at once: it is there, and the rest of the links need not wait.
    if (owner !== undefined && !isReached && links.length >= LINKS_FOR_NOW) {
      if (links.some(link => link.changedAt > now - this.#settleMs)) return true
    }
    const { ip, port } = endpoint
    return links.some(({ direction, remote }) => direction === 'outbound' && remote.ip === ip && remote.port === port)
  }

  /**
   * A link that can be spared: this router dialled it without being told to, has more than are kept, and so has the peer. After a
   * partition has healed there are many.
   */
  surplus(isConfigured: (link: Link) => boolean, now: number): Link | undefined {
    const { neighbours, linkCountOf, isPriced } = this.#sources
    if (neighbours.ready.length <= LINKS_KEPT) return undefined
    const keepsCheap = this.#lacksCheapLinks(CHEAP_LINKS_WANTED + 1)
    const isSurplus = (link: Link) =>
      link.direction === 'outbound' &&
      now > link.changedAt + SHED_AFTER_MS &&
      !isConfigured(link) &&
      !(keepsCheap && !isPriced(link.peer ?? 0))
    return neighbours.ready.find(link => isSurplus(link) && linkCountOf(link.peer ?? 0) > LINKS_KEPT)
  }

  /** No link is to be had for the peer. */
  isSpare(peer: number): boolean {
    if (this.#isFull) return true
    return this.#sources.neighbours.ready.length >= LINKS_MAX && this.#sources.isReachable(peer)
  }

  /** Whether there are links that an operator has set a price on, and fewer than `wanted` others. */
  #lacksCheapLinks(wanted: number): boolean {
    const { neighbours, isPriced } = this.#sources
    const priced = neighbours.ready.filter(({ peer }) => peer !== undefined && isPriced(peer)).length
    return priced > 0 && neighbours.ready.length - priced < wanted
  }

  get #settleMs(): number {
    const { hostCount, neighbours } = this.#sources
    const slowestMs = Math.max(...neighbours.links.map(({ greetedInMs }) => greetedInMs))
    return settleMs(hostCount()) + Math.min(SETTLE_PER_GREETING_MS * slowestMs, SLOW_SETTLE_MAX_MS)
  }

  get #isFull(): boolean {
    return this.#sources.neighbours.ready.length >= this.#linksMax
  }

  /** A link that the others cannot be told of would lead nowhere. */
  get #linksMax(): number {
    const { linksMax } = this.#sources
    return linksMax === 0 ? LINKS_TOLD_MAX : Math.min(linksMax, LINKS_TOLD_MAX)
  }
}
