import { type Endpoint, formatEndpoint } from '../../base/endpoint.ts'
import { ETHERNET_BYTES } from '../forwarding/packet-headers.ts'
import { frameBytesOf } from '../forwarding/packet-memory.ts'
import type { DirectPaths } from '../mesh/direct-paths.ts'
import { PathMtu } from '../mesh/path-mtu.ts'
import type { Probe } from '../wire/probe.ts'
import type { Instant } from './api.ts'
import type { ConversationContext } from './conversation.ts'
import type { Ways } from './publication.ts'
import type { RelayedWay } from './relayed-ways.ts'

export type PathSizesContext = Pick<ConversationContext, 'log' | 'emit' | 'membership' | 'neighbours'> &
  Pick<Ways, 'nextHopTo' | 'isLeft'>

/** A way that was left so lately is as it was: where two ways cost nearly the same, frames may go back and forth between them. */
const FORMER_FOR_MS = 60_000

interface Measured {
  /** The way that is measured: where datagrams for the peer go to first, and whether it is the peer that is there. */
  readonly way: string
  readonly to: Endpoint
  readonly isRelayed: boolean
  readonly mtu: PathMtu
  told: number | undefined
}

interface Former {
  readonly measured: Measured
  readonly leftAt: Instant
}

/**
 * Measures the paths that are in use, from this router to the peer, relays included: those to neighbours, and those to peers that
 * there are frames for. Tells the data plane how large datagrams for each may be.
 */
export class PathSizes {
  readonly #context: PathSizesContext
  readonly #paths: DirectPaths
  readonly #measured = new Map<number, Measured>()
  /** The way to the peer before the one that is measured. */
  readonly #former = new Map<number, Former>()
  #sequence = 0

  constructor(context: PathSizesContext, paths: DirectPaths) {
    this.#context = context
    this.#paths = paths
  }

  get count(): number {
    return this.#measured.size + this.#former.size
  }

  get deadline(): number {
    let soonest = Number.POSITIVE_INFINITY
    for (const { mtu } of this.#measured.values()) soonest = Math.min(soonest, mtu.deadline)
    return soonest
  }

  /** MTU of the overlay on the path to the peer; undefined while it is not known. */
  mtuTo(peer: number): number | undefined {
    const size = this.#measured.get(peer)?.mtu.size
    return size === undefined ? undefined : frameBytesOf(size) - ETHERNET_BYTES
  }

  /** Those of the ways that are measured that lead over relays. */
  get relayed(): readonly RelayedWay[] {
    return [...this.#measured].flatMap(([peer, { way, to, isRelayed }]) => (isRelayed ? [{ peer, way, to }] : []))
  }

  /** Undefined when frames for the peer go nowhere, or over a control link, which cuts by itself. */
  wayTo(peer: number): { readonly endpoint: Endpoint; readonly isRelayed: boolean } | undefined {
    const { neighbours, nextHopTo, isLeft } = this.#context
    const isLinked = neighbours.linkTo(peer)?.isEstablished === true
    const direct = isLinked || isLeft(peer) ? undefined : this.#paths.endpointOf(peer)
    if (direct !== undefined) return { endpoint: direct, isRelayed: false }
    const nextHop = nextHopTo(peer)
    const link = nextHop === undefined ? undefined : neighbours.linkTo(nextHop)
    if (link?.endpoint === undefined || link.isCarrying) return undefined
    return { endpoint: link.endpoint, isRelayed: nextHop !== peer }
  }

  tend(now: Instant): void {
    const peers = new Set(this.#paths.all.map(({ peer }) => peer))
    for (const link of this.#context.neighbours.ready)
      if (link.isEstablished && link.peer !== undefined) peers.add(link.peer)
    for (const peer of this.#measured.keys()) if (!peers.has(peer)) this.#forget(peer)
    for (const peer of peers) this.#follow(peer, now)
    for (const [peer, { mtu, to }] of this.#measured) {
      for (const { sequence, datagramBytes } of mtu.due(now, () => ++this.#sequence)) {
        this.#send(peer, to, { sequence, isReply: false, datagramBytes })
      }
      this.#tell(peer)
    }
  }

  /** A probe that measures came back from the peer. */
  answered(peer: number, sequence: number, now: Instant): void {
    this.#measured.get(peer)?.mtu.answered(sequence, now)
    this.#tell(peer)
  }

  /** The data plane has datagrams of the full size for the peer, or could not send the probe `refused`. */
  filled(peer: number, refused: number | undefined, now: Instant): void {
    const mtu = this.#measured.get(peer)?.mtu
    if (refused === undefined) mtu?.filled(now)
    else mtu?.refused(refused, now)
    this.#tell(peer)
  }

  #follow(peer: number, now: Instant): void {
    const to = this.wayTo(peer)
    if (to === undefined) return this.#forget(peer)
    const way = `${formatEndpoint(to.endpoint)} ${to.isRelayed}`
    const known = this.#measured.get(peer)
    if (known?.way === way) return
    const former = this.#former.get(peer)
    this.#forget(peer)
    if (known !== undefined) this.#former.set(peer, { measured: known, leftAt: now })
    const isBack = former?.measured.way === way && now < former.leftAt + FORMER_FOR_MS
    const mtu = isBack ? former.measured.mtu : new PathMtu(now)
    this.#measured.set(peer, { way, to: to.endpoint, isRelayed: to.isRelayed, mtu, told: mtu.size })
    if (mtu.size !== undefined) this.#context.emit({ kind: 'path-size', peer, datagramBytes: mtu.size })
  }

  #forget(peer: number): void {
    const known = this.#measured.get(peer)
    this.#measured.delete(peer)
    this.#former.delete(peer)
    if (known?.told !== undefined) this.#context.emit({ kind: 'path-size', peer })
  }

  #tell(peer: number): void {
    const known = this.#measured.get(peer)
    if (known === undefined || known.told === known.mtu.size) return
    const { size } = known.mtu
    if (size === undefined) return
    const nickname = this.#context.membership.host(peer)?.host ?? ''
    const was = known.told === undefined ? {} : { was: frameBytesOf(known.told) - ETHERNET_BYTES }
    known.told = size
    this.#context.emit({ kind: 'path-size', peer, datagramBytes: size })
    this.#context.log('info', 'path MTU measured', { peer, nickname, mtu: this.mtuTo(peer) ?? 0, ...was })
  }

  #send(peer: number, to: Endpoint, probe: Probe): void {
    this.#context.emit({ kind: 'probe', peer, to, probe })
  }
}
