import { assertNever } from '../../base/assert.ts'
import { formatIpAddress, type IpAddress } from '../../base/ip-address.ts'
import type { DirectPath } from '../mesh/direct-path.ts'
import type { SleeveProof } from '../mesh/fast-inquiries.ts'
import type { FastLink } from '../mesh/fast-link.ts'
import { emptyFastPathTable, type FastPathTable } from '../mesh/fast-path-table.ts'
import { FastWays, type WantedWays } from '../mesh/fast-ways.ts'
import { FloodTrees } from '../mesh/flood-trees.ts'
import { HeldRoutes } from '../mesh/held-routes.ts'
import { HOP_COST } from '../mesh/link-quality.ts'
import type { Route } from '../mesh/routes.ts'
import { isTunnelAddress } from '../mesh/tunnel-address.ts'
import { encodeFastNeighbours } from '../wire/fast-neighbours.ts'
import { encodeLinkCosts } from '../wire/link-costs.ts'
import { Topic } from '../wire/topic.ts'
import type { FastPathStatus, Input, Instant, RouterOptions } from './api.ts'
import type { ConversationContext } from './conversation.ts'
import type { AddressBook } from './discovery.ts'
import { drawFastPath } from './draw-fast-path.ts'
import { type FastGraphContext, fastGraph, fastNeighboursOf, hearOfFastLinks, whyMore } from './fast-graph.ts'
import { FastMoves, type FirstHop } from './fast-moves.ts'
import { describeFastLink } from './fast-path-status.ts'
import { type PathFacts, TOO_DEAR } from './path-reasons.ts'
import { probedEndpoints } from './probed-endpoints.ts'
import type { Ways } from './publication.ts'
import { TrustedAddresses } from './trusted-addresses.ts'
import { Tunnels } from './tunnels.ts'

/** How long a router that has just started leaves what it found in the kernel: by then gossip has told it all. */
const HOLD_MS = 15_000

export interface FastPathSources extends Pick<Ways, 'isReachable' | 'isDear' | 'pricesOf' | 'stepMs'> {
  readonly addresses: AddressBook
  /** Ways of the sleeve to peers without a link. */
  readonly paths: () => readonly Pick<DirectPath, 'peer' | 'endpoint'>[]
  readonly sleeve: SleeveProof
}

type Heard = Extract<Input, { kind: 'fast-probe-answered' | 'fast-probe-unanswered' | 'fast-probe-refused' }>

type Context = Pick<
  ConversationContext,
  'options' | 'membership' | 'neighbours' | 'topics' | 'sessions' | 'emit' | 'log' | 'refusals' | 'changed'
>

/** Undefined when all frames take the sleeve. */
export function createFastPath(context: Context, sources: FastPathSources): FastPathKeeper | undefined {
  const { fastPath } = context.options
  return fastPath === undefined ? undefined : new FastPathKeeper(context, fastPath, sources)
}

/**
 * Decides which peers frames reach in the kernel: those to whom each hop is a link that both its ends have proved, by what all say
 * on topic `fastPath`: of these ways the cheapest. It has precedence over the sleeve wherever it leads. For all others there
 * is the sleeve, end to end: a relay never opens one to put it into the other.
 */
export class FastPathKeeper {
  readonly #context: Context
  readonly #trusted: TrustedAddresses
  readonly #sources: FastPathSources
  readonly #self: number
  readonly #links: FastWays
  /** Undefined when frames go in the clear or not at all. */
  readonly #tunnels: Tunnels | undefined
  #table: FastPathTable
  #routes: ReadonlyMap<number, Route> = new Map()
  #heldUntil: Instant
  readonly #moves: FastMoves
  readonly #floodTrees: FloodTrees
  readonly #held: HeldRoutes

  constructor(context: Context, options: NonNullable<RouterOptions['fastPath']>, sources: FastPathSources) {
    const { adopted, tunnel } = options
    const { now } = context.options
    this.#context = context
    this.#trusted = new TrustedAddresses(options.trusted, sources.addresses)
    this.#tunnels = tunnel === undefined ? undefined : new Tunnels(context, tunnel)
    this.#sources = sources
    this.#self = context.options.shortId
    this.#floodTrees = new FloodTrees(this.#self)
    this.#links = new FastWays({
      nonceOf: () => nonceOf(context.options.random(4)),
      isMutual: (peer, address) => this.#isNamedBy(peer, isTunnelAddress(address)),
      sleeve: sources.sleeve,
    })
    this.#held = new HeldRoutes(sources.stepMs)
    const leadsOn = tunnel !== undefined || ![...adopted.hops.values()].some(isTunnelAddress)
    const isOurs = adopted.self === this.#self && adopted.hops.size > 0 && leadsOn
    this.#table = isOurs ? withFloods(adopted) : emptyFastPathTable(this.#self)
    this.#moves = new FastMoves(context.log, {
      factsOf: (peer, first) => this.#factsOf(peer, first),
      nicknameOf: peer => this.#nicknameOf(peer),
    })
    this.#heldUntil = isOurs ? now + HOLD_MS : Number.NEGATIVE_INFINITY
    for (const [address, peer] of this.#table.endpoints) {
      if (this.#table.hops.get(peer) === address) this.#links.adopt(peer, address, now)
    }
    hearOfFastLinks(context)
  }

  get deadline(): Instant {
    return Math.min(this.#links.deadline, this.#isHolding ? this.#heldUntil : Number.POSITIVE_INFINITY)
  }

  /** When to `route` though nothing has changed. */
  get routesAt(): Instant {
    return this.#held.deadline
  }

  /** Peers that own floods reach in the kernel. */
  get flooded(): ReadonlySet<number> {
    return this.#table.flooded
  }

  /** Sends probes, and notes links that are lost. */
  tend(now: Instant): void {
    const lost = this.#links.lost(now)
    for (const { peer, isSealed: isEncrypted, reason } of lost) {
      this.#context.log('warn', 'fast link lost', { peer, isEncrypted, reason })
    }
    const isReleased = this.#isHolding && (now >= this.#heldUntil || lost.length > 0)
    if (isReleased) this.#heldUntil = Number.NEGATIVE_INFINITY
    if (lost.length > 0 || isReleased) this.#context.changed('at once')
    for (const order of this.#links.due(now)) {
      this.#context.emit({ ...order, kind: 'fast-probe', to: formatIpAddress(order.to) })
    }
    if (this.#links.takeCostChange()) this.#context.changed('soon')
  }

  /** What became of a probe. While it holds what it found it has not heard enough to leave a way for another. */
  heard(input: Heard, now: Instant): void {
    const { kind, peer, nonce } = input
    switch (kind) {
      case 'fast-probe-answered':
        return this.#answered(input, now)
      case 'fast-probe-unanswered':
        if (!this.#isHolding) this.#links.unanswered(peer, nonce, now)
        return
      case 'fast-probe-refused':
        return this.#links.refused(peer, nonce)
      default:
        assertNever(kind)
    }
  }

  /** Says whom this router reaches, after it has looked whom it may. */
  announce(now: Instant): void {
    const { membership, topics } = this.#context
    const underlay = this.#underlay()
    this.#links.watch(this.#wanted(underlay), now)
    for (const link of this.#links.all) {
      const { peer, address } = link
      const isMember = membership.host(peer) !== undefined && this.#isAllowed(address)
      // Dear, it goes once the other end sends nothing there any more.
      if (isMember && (!this.#sources.isDear(peer) || this.#isNamedBy(peer, isTunnelAddress(address)))) continue
      this.#links.forget(link, isMember ? TOO_DEAR : 'the host is to be reached there no more')
    }
    topics.publish(Topic.fastPath, encodeFastNeighbours(this.#openInTheClear))
    this.#announceCosts()
    this.#tunnels?.announce(this.#usable, underlay)
  }

  #answered({ peer, nonce, roundTripMs }: Extract<Heard, { kind: 'fast-probe-answered' }>, now: Instant): void {
    const opened = this.#links.answered(peer, nonce, roundTripMs, now)
    if (opened === undefined) return
    const isEncrypted = isTunnelAddress(opened.address)
    const measured = { roundTripMs: Math.round(roundTripMs * 1000) / 1000 }
    this.#context.log('info', 'fast link open', { peer, isEncrypted, ...measured })
    this.#context.changed('at once')
  }

  /** In most clusters no link costs more than a hop, and nobody says anything. */
  #announceCosts(): void {
    const { topics } = this.#context
    const links = this.#usable.filter(({ address, quality }) => !isTunnelAddress(address) && quality.cost > HOP_COST)
    if (links.length === 0 && topics.bodyOf(this.#self, Topic.fastCosts) === undefined) return
    topics.publish(Topic.fastCosts, encodeLinkCosts(new Map(links.map(({ peer, quality }) => [peer, quality.cost]))))
  }

  /** Draws the table anew and gives it to the kernel. */
  route(now: Instant): void {
    const before = { table: this.#table, routes: this.#routes }
    const next = this.#isHolding ? this.#table : this.#compute(now)
    this.#table = next
    this.#moves.note(before, { table: next, routes: this.#routes })
    // The way into the tunnel is there before frames are sent along it.
    this.#tunnels?.arrange(this.#links.all, this.#isHolding ? this.#table.endpoints : undefined)
    this.#context.emit({ kind: 'fast-path', table: next })
  }

  describe(now: Instant): FastPathStatus {
    return {
      trusted: this.#trusted.networks,
      hasTunnels: this.#tunnels !== undefined,
      changes: this.#moves.changes,
      wayChanges: this.#moves.wayChanges,
      links: this.#links.all.map(link => describeFastLink(link, now)),
      peers: [...this.#table.hops].map(([peer, hop]) => {
        return { peer, hops: this.#routes.get(peer)?.hops ?? 1, isEncrypted: isTunnelAddress(hop) }
      }),
    }
  }

  /** Neighbours where their links lead, and others where the sleeve has found them. */
  #underlay(): ReadonlyMap<number, string> {
    const addresses = new Map<number, string>()
    for (const { peer, remote } of this.#context.neighbours.ready) {
      if (peer !== undefined && !addresses.has(peer)) addresses.set(peer, remote.ip)
    }
    for (const { peer, endpoint } of this.#sources.paths()) {
      if (endpoint !== undefined && !addresses.has(peer)) addresses.set(peer, endpoint.ip)
    }
    return addresses
  }

  /** In the clear where the network is trusted, and inside the tunnel wherever there is one. */
  #wanted(underlay: ReadonlyMap<number, string>): WantedWays {
    const clear = new Map<number, readonly IpAddress[]>()
    const sealed = new Map<number, readonly IpAddress[]>()
    for (const [peer, ip] of underlay) {
      if (this.#sources.isDear(peer)) continue
      clear.set(peer, this.#trusted.towards(peer, ip))
      const tunnel = this.#tunnels?.addressOf(peer)
      if (tunnel !== undefined) sealed.set(peer, [tunnel])
    }
    return { clear, sealed }
  }

  get #openInTheClear(): readonly number[] {
    return this.#usable.filter(({ address }) => !isTunnelAddress(address)).map(({ peer }) => peer)
  }

  get #said(): FastGraphContext {
    return { ...this.#context, pricesOf: this.#sources.pricesOf }
  }

  /** Of a way that is dearer than that over links no other router is to know: a link counts when both its ends name it. */
  get #usable(): readonly FastLink[] {
    return this.#links.open.filter(({ peer }) => !this.#sources.isDear(peer))
  }

  #isNamedBy(peer: number, isSealed: boolean): boolean {
    if (isSealed) return this.#tunnels?.hasProved(peer) === true
    return fastNeighboursOf(this.#context.topics, peer).includes(this.#self)
  }

  get #isHolding(): boolean {
    return this.#heldUntil !== Number.NEGATIVE_INFINITY
  }

  #compute(now: Instant): FastPathTable {
    const { members } = this.#context.membership
    const graph = fastGraph(this.#said, this.#openInTheClear)
    const { table, routes } = drawFastPath({
      self: this.#self,
      floodTrees: this.#floodTrees,
      graph,
      clear: this.#held.update(this.#self, graph, now),
      tunnelled: this.#tunnels?.proved(this.#usable) ?? [],
      addressOf: peer => this.#links.clearAddressOf(peer),
      endpoints: probedEndpoints(this.#links.all, this.#trusted),
      members: members.map(({ shortId }) => shortId).filter(shortId => shortId !== this.#self),
      isReachable: this.#sources.isReachable,
    })
    this.#routes = routes
    return table
  }

  #isAllowed(address: IpAddress): boolean {
    return this.#tunnels !== undefined && isTunnelAddress(address) ? true : this.#trusted.has(address)
  }

  #factsOf(peer: number, { via, isSealed }: FirstHop): PathFacts {
    const loss = this.#links.lossOf(via ?? peer, isSealed)
    if (via === undefined) return { via, loss, isMutual: false, isLast: false, costsMore: undefined }
    return {
      via: { nickname: this.#nicknameOf(via), isPeer: via === peer },
      loss: this.#sources.isDear(via) ? TOO_DEAR : loss,
      isMutual: this.#isNamedBy(via, isSealed),
      isLast: via === peer || fastNeighboursOf(this.#context.topics, via).includes(peer),
      costsMore: whyMore(this.#said, [this.#self, via, ...(via === peer ? [] : [peer])]),
    }
  }

  #nicknameOf(peer: number): string {
    return this.#context.membership.host(peer)?.host ?? String(peer)
  }
}

/** What the kernel has does not say whom floods reach: all that have a next hop. */
function withFloods(table: FastPathTable): FastPathTable {
  return { ...table, flooded: new Set(table.hops.keys()) }
}

function nonceOf(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => (value * 256 + byte) >>> 0, 0)
}
