import { type Endpoint, formatEndpoint } from '../../base/endpoint.ts'
import type { AddressBook } from './discovery.ts'
import type { Neighbours } from './neighbours.ts'

/** A router dials until it has so many links. */
export const LINKS_WANTED = 8
/** A router with so many links takes no more from peers that it reaches without. */
export const LINKS_MAX = 24
/** Dials open at one time for peers that cannot be reached, when there are links enough. */
const SEARCHES_MAX = 4
/** After the last change of a link gossip is given so long to show who is reached over it. */
const SETTLE_MS = 2_000

export interface DialSources {
  readonly self: number
  /** The operator's limit; 0 for none. */
  readonly linksMax: number
  readonly addresses: AddressBook
  readonly neighbours: Neighbours
  readonly isReachable: (peer: number) => boolean
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

  get dialsMax(): number {
    const { linksMax, neighbours } = this.#sources
    const lacking = LINKS_WANTED - neighbours.links.length
    const wanted = lacking > 0 ? lacking : SEARCHES_MAX
    return linksMax === 0 ? wanted : Math.max(0, Math.min(wanted, linksMax - neighbours.links.length))
  }

  /** No need to dial: it is us, or a neighbour, or on its way to be one, or a peer that is reached without. */
  isSatisfied(endpoint: Endpoint, now: number): boolean {
    const { self, addresses, neighbours, isReachable } = this.#sources
    const owner = addresses.ownerOf(endpoint)
    if (owner === self) return true
    if (owner !== undefined && neighbours.linkTo(owner) !== undefined) return true
    if (owner !== undefined && neighbours.links.length >= LINKS_WANTED) {
      if (isReachable(owner) || neighbours.links.some(link => now - link.changedAt < SETTLE_MS)) return true
    }
    const key = formatEndpoint(endpoint)
    return neighbours.links.some(link => link.direction === 'outbound' && formatEndpoint(link.remote) === key)
  }

  /** No link is to be had for the peer. */
  isSpare(peer: number): boolean {
    if (this.#isFull) return true
    return this.#sources.neighbours.ready.length >= LINKS_MAX && this.#sources.isReachable(peer)
  }

  get #isFull(): boolean {
    const { linksMax, neighbours } = this.#sources
    return linksMax > 0 && neighbours.ready.length >= linksMax
  }
}
