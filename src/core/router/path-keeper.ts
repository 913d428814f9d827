import { assertNever } from '../../base/assert.ts'
import { type Endpoint, isSameEndpoint } from '../../base/endpoint.ts'
import { DirectPaths, ENDPOINTS_MAX } from '../mesh/direct-paths.ts'
import type { Link } from '../mesh/link.ts'
import type { LinkQuality } from '../mesh/link-quality.ts'
import type { Way, WayMove } from '../mesh/way-ages.ts'
import type { LinkMessage } from '../wire/link-message.ts'
import type { Probe } from '../wire/probe.ts'
import type { Input, Instant, PathStatus } from './api.ts'
import type { ConversationContext } from './conversation.ts'
import { TOO_DEAR } from './path-reasons.ts'
import { PathSizes } from './path-sizes.ts'
import type { Ways } from './publication.ts'
import { RelayedWays } from './relayed-ways.ts'
import { Rendezvous, type RendezvousContext } from './rendezvous.ts'
import { SleeveChecks } from './sleeve-checks.ts'

type PathInput = Extract<Input, { kind: 'probe-received' | 'path-wanted' | 'path-filled' }>
type ProbeReceived = Extract<Input, { kind: 'probe-received' }>
type PathContext = Pick<ConversationContext, 'log' | 'changed'> & RendezvousContext & Ways

/**
 * Sends and answers probes: over the links, and over the direct paths to peers without a link, which it opens when the data plane
 * wants them; with a punch where NATs or firewalls stand between.
 */
export class PathKeeper {
  readonly paths: DirectPaths
  readonly sizes: PathSizes
  readonly checks: SleeveChecks
  readonly #relayed: RelayedWays
  readonly #context: PathContext
  readonly #rendezvous: Rendezvous
  readonly #candidatesOf: (peer: number) => readonly Endpoint[]
  #moves = 0

  constructor(context: PathContext, candidatesOf: (peer: number) => readonly Endpoint[]) {
    this.#context = context
    this.#candidatesOf = candidatesOf
    this.#rendezvous = new Rendezvous(context)
    this.paths = new DirectPaths(candidatesOf)
    this.sizes = new PathSizes(context, this.paths)
    this.checks = new SleeveChecks(context.emit, peer => this.sizes.wayTo(peer)?.endpoint)
    this.#relayed = new RelayedWays(context.emit)
  }

  /** How often frames of the sleeve came to take another way to a peer. */
  get moves(): number {
    return this.#moves
  }

  get deadline(): number {
    return Math.min(this.paths.deadline, this.sizes.deadline, this.#relayed.deadline)
  }

  /** What the data plane says of paths. */
  learn(input: PathInput, now: Instant): void {
    switch (input.kind) {
      case 'probe-received':
        return this.#probed(input, now)
      case 'path-wanted':
        return this.#want(input.peer, now)
      case 'path-filled':
        return this.sizes.filled(input.peer, input.refused, now)
      default:
        assertNever(input)
    }
  }

  #want(peer: number, now: Instant): void {
    if (!this.#isNeighbour(peer) && this.#context.membership.host(peer) !== undefined) this.paths.want(peer, now)
  }

  /** Asks the neighbour whether datagrams pass: where the link leads, and while none does, at its other addresses too. */
  probe(link: Link, sequence: number, now: Instant): void {
    const { peer, endpoint } = link
    if (peer === undefined || endpoint === undefined) return
    const others = link.seeksPath(now) ? this.#candidatesOf(peer).filter(other => !isSameEndpoint(other, endpoint)) : []
    for (const to of [endpoint, ...others.slice(0, ENDPOINTS_MAX)]) this.#send(peer, to, { sequence, isReply: false })
  }

  /** An authentic probe of `peer`. */
  #probed(heard: ProbeReceived, now: Instant): void {
    const { peer, probe, from } = heard
    if (probe.datagramBytes !== undefined) return this.#measuringProbed(heard, now)
    const link = this.#context.neighbours.linkTo(peer)
    if (link?.endpoint === undefined) return this.#probedBeside(heard, now)
    // Of several addresses that answer one probe, the first stays.
    const isLate = probe.isReply && !link.awaits(probe.sequence)
    if (!isLate && !isSameEndpoint(link.endpoint, from)) {
      link.endpoint = from
      this.#context.changed('at once')
    }
    this.#rendezvous.tell(link, from)
    const wasCarried = link.isCarrying
    if (!probe.isReply || !link.probeAnswered(probe.sequence, now, heard.roundTripMs)) return
    if (wasCarried) this.#moves++
    this.#context.log('info', 'path established', { peer, remote: from.ip, path: 'sleeve' })
    this.#context.changed('soon')
  }

  #measuringProbed({ peer, probe: { sequence }, roundTripMs }: ProbeReceived, now: Instant): void {
    if (this.checks.answered(peer, sequence)) return
    if (!this.#relayed.answered(peer, sequence, { now, roundTripMs })) this.sizes.answered(peer, sequence, now)
  }

  /** What a neighbour says about ways beside links. */
  told(link: Link, message: Extract<LinkMessage, { kind: 'observed' | 'punch' }>, now: Instant): void {
    if (message.kind === 'observed') return this.#rendezvous.observed(link, message.endpoint)
    const punch = this.#rendezvous.heard(link, message, now)
    if (punch === undefined || this.#isNeighbour(punch.source)) return
    this.paths.offered(punch.source, punch, now)
    if (!punch.isReply && !this.#context.isDear(punch.source)) this.#rendezvous.ask(punch.source, true, now)
  }

  /** Frames go over the control link: slower than datagrams over a relay would be, and all that there is. */
  carry(link: Link, now: Instant): void {
    link.carry(now)
    this.#moves++
    const fields = { peer: link.peer ?? 0, remote: link.remote.ip, path: 'sleeve over tls' }
    this.#context.log('warn', 'no datagram comes through, frames go over the control link', fields)
    this.#context.changed('soon')
  }

  /** Frames of the sleeve take another way to a peer. */
  moved({ before, after }: WayMove): void {
    this.#moves++
    const { shortId: peer } = after
    const { reason } = this.#describeWay(peer)
    const [was, way] = [this.#nameOfWay(before), this.#nameOfWay(after)]
    this.#context.log('info', 'path changed', {
      peer,
      nickname: this.#nicknameOf(peer),
      path: 'sleeve',
      way,
      was,
      reason,
    })
  }

  tend(now: Instant): void {
    for (const { peer } of this.paths.all) {
      const isGone = this.#context.membership.host(peer) === undefined
      if (isGone) this.#rendezvous.forget(peer)
      if (isGone || this.#isNeighbour(peer)) this.paths.forget(peer)
    }
    this.paths.avoid(this.#context.isDear, now)
    const { probes, punches, lost, hasChanged, hasOtherCost } = this.paths.due(now)
    for (const { peer, to, sequence } of probes) this.#send(peer, to, { sequence, isReply: false })
    for (const peer of punches) this.#rendezvous.ask(peer, false, now)
    for (const peer of lost) this.#context.log('warn', 'direct path lost', { peer })
    if (hasChanged) this.#context.changed('at once')
    else if (hasOtherCost) this.#context.changed('soon')
    this.sizes.tend(now)
    this.#relayed.tend(this.sizes.relayed, now)
  }

  /** How frames for `peer`, which is reached, get there, and why so. */
  describe(peer: number, since: Instant | undefined, now: Instant): PathStatus {
    const mtu = this.sizes.mtuTo(peer)
    return {
      ...this.#describeWay(peer),
      ...(mtu === undefined ? {} : { mtu }),
      ...(since === undefined ? {} : { forMs: now - since }),
      ...this.#measured(peer),
    }
  }

  /** Of the link, of the direct path, or from end to end over relays. */
  #measured(peer: number): Pick<PathStatus, 'roundTripMs' | 'loss'> {
    const { roundTripMs, loss } = this.#qualityTo(peer) ?? {}
    return { ...(roundTripMs === undefined ? {} : { roundTripMs, ...(loss === undefined ? {} : { loss }) }) }
  }

  #qualityTo(peer: number): Pick<LinkQuality, 'roundTripMs' | 'loss'> | undefined {
    const { neighbours, nextHopTo, isLeft } = this.#context
    const link = neighbours.linkTo(peer)
    if (link?.isEstablished === true && nextHopTo(peer) === peer) return link.quality
    const path = this.paths.openTo(peer)
    return path === undefined || isLeft(peer) ? this.#relayed.qualityTo(peer) : path.quality
  }

  #describeWay(peer: number): PathStatus {
    if (this.#context.isDear(peer)) return { kind: 'relayed', reason: TOO_DEAR }
    if (this.#isNeighbour(peer)) return this.#describeLinked(peer)
    const path = this.paths.all.find(other => other.peer === peer)
    if (this.#context.isLeft(peer))
      return { kind: 'relayed', reason: 'the way over links loses less than the direct path' }
    if (path === undefined) return { kind: 'relayed', reason: 'there have been no frames for it' }
    if (path.endpoint !== undefined) {
      return path.isPunched
        ? { kind: 'punched', reason: 'both ends sent at the same time' }
        : { kind: 'direct', reason: 'it answers at its address' }
    }
    if (path.attempts <= 1) return { kind: 'relayed', reason: `${path.tried} addresses are being tried` }
    const nats = path.isSymmetric && this.#rendezvous.isSymmetric ? ': both NATs show another port to each peer' : ''
    return { kind: 'relayed', reason: `no answer at ${path.tried} addresses${nats}` }
  }

  #describeLinked(peer: number): PathStatus {
    return (this.#context.nextHopTo(peer) ?? peer) === peer
      ? { kind: 'direct', reason: 'there is a link' }
      : { kind: 'relayed', reason: 'the way over others is the better one' }
  }

  #probedBeside({ peer, probe, from, roundTripMs }: ProbeReceived, now: Instant): void {
    if (this.#context.membership.host(peer) === undefined) return
    const isOpened = probe.isReply
      ? this.paths.answered(peer, { sequence: probe.sequence, from, roundTripMs }, now)
      : this.paths.heard(peer, from, now)
    if (isOpened) this.#opened(peer, from)
  }

  #opened(peer: number, from: Endpoint): void {
    const { kind } = this.#describeWay(peer)
    this.#context.log('info', 'direct path open', { peer, remote: from.ip, port: from.port, kind })
    this.#context.changed('at once')
  }

  #nameOfWay({ shortId, nextHop = shortId, isBeside = false }: Way): string {
    if (isBeside) return 'direct'
    return nextHop === shortId ? 'link' : `by way of ${this.#nicknameOf(nextHop)}`
  }

  #nicknameOf(peer: number): string {
    return this.#context.membership.host(peer)?.host ?? String(peer)
  }

  #isNeighbour(peer: number): boolean {
    return this.#context.neighbours.linkTo(peer)?.isEstablished === true
  }

  #send(peer: number, to: Endpoint, probe: Probe): void {
    this.#context.emit({ kind: 'probe', peer, to, probe })
  }
}
