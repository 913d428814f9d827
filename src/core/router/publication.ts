import type { ForwardingTable } from '../forwarding/forwarding-table.ts'
import { digestOf } from '../forwarding/table-digest.ts'
import type { ConnectionMaker } from '../mesh/connection-maker.ts'
import { DearWays } from '../mesh/dear-ways.ts'
import type { DirectPaths } from '../mesh/direct-paths.ts'
import { HeldRoutes } from '../mesh/held-routes.ts'
import type { Link } from '../mesh/link.ts'
import { Routes } from '../mesh/routes.ts'
import { WayAges, type WayMove } from '../mesh/way-ages.ts'
import type { SessionKeys } from '../session/session-keys.ts'
import type { RecordedLink } from '../wire/peer-record.ts'
import type { Announcements } from './announcements.ts'
import type { Instant, Output, RouterOptions } from './api.ts'
import { settleMs } from './dial-policy.ts'
import type { AddressBook } from './discovery.ts'
import type { FastPathKeeper } from './fast-path.ts'
import { describeForwarding } from './forwarding.ts'
import type { Membership } from './membership.ts'
import type { Neighbours } from './neighbours.ts'
import { Pace } from './pace.ts'
import type { Refusals } from './refusals.ts'
import { SetCosts } from './set-costs.ts'
import type { Topics } from './topics.ts'
import type { TwinDesk } from './twin-desk.ts'

/** How to get to peers: over links, or straight. */
export interface Ways {
  readonly isReachable: (peer: number) => boolean
  readonly nextHopTo: (peer: number) => number | undefined
  /** Whether the way straight to the peer is left alone, as an operator has it cost more than that over links. */
  readonly isDear: (peer: number) => boolean
  /** By peer: what the operator of this one, which may be any router, says that the ways straight there cost. */
  readonly pricesOf: (peer: number) => ReadonlyMap<number, number>
  /** In so long a neighbour hears what this router has heard. */
  readonly stepMs: () => number
  /** Whether it is left alone for that, or because it loses much more than those over links. */
  readonly isLeft: (peer: number) => boolean
}

export interface PublicationSources {
  readonly options: RouterOptions
  readonly membership: Membership
  readonly announcements: Announcements
  readonly topics: Topics
  readonly neighbours: Neighbours
  readonly sessions: SessionKeys
  readonly refusals: Refusals
  readonly addresses: AddressBook
  readonly maker: ConnectionMaker
  readonly paths: () => DirectPaths
  readonly emit: (output: Output) => void
  /** Sends what the link's unsent set names. */
  readonly flush: (link: Link) => void
  /** Sends these records alone. */
  readonly send: (link: Link, keys: readonly number[]) => void
  readonly fastPath: () => FastPathKeeper | undefined
  readonly twins: () => TwinDesk
  /** Told each time that there are new routes; `isHeard`: others take what this router says. */
  readonly routed: (routes: Routes, isHeard: boolean, now: Instant) => void
  /** Told when frames of the sleeve take another way to a peer. */
  readonly moved: (move: WayMove) => void
}

/** What follows from changes, some at a time: this router's records, what neighbours are told, routes, the data plane's table. */
export class Publication {
  /** By peer; of this router's own view of the graph. */
  routes = new Routes()
  readonly ages = new WayAges()
  readonly costs: SetCosts
  readonly #sources: PublicationSources
  readonly #pace: Pace
  readonly #held: HeldRoutes
  readonly #dearWays = new DearWays()
  /** By peer: what the way straight there costs, which is left alone for that. */
  #dear: ReadonlyMap<number, number> = new Map()
  readonly #lossyWays = new DearWays()
  /** Of direct paths that are open. */
  #lossy: ReadonlyMap<number, number> = new Map()
  #flushAt: Instant = Number.NEGATIVE_INFINITY
  #recordAt: Instant = Number.POSITIVE_INFINITY
  #routesAt: Instant = Number.POSITIVE_INFINITY
  /** The digest of the table that the data plane has. */
  #handed: number | undefined
  /** Since when the own record is perhaps not what is so. */
  #newsSince: Instant | undefined

  constructor(sources: PublicationSources) {
    this.#sources = sources
    this.#pace = new Pace(() => sources.membership.size, sources.options.now)
    this.#held = new HeldRoutes(() => this.#pace.stepMs)
    this.costs = new SetCosts(sources)
  }

  get deadline(): Instant {
    return Math.min(this.#flushAt, this.#recordAt, this.#routesAt, this.#sources.topics.heldUntil)
  }

  changed(when: 'soon' | 'at once', now: Instant): void {
    this.#flushAt = Math.min(this.#flushAt, this.#pace.flushAt(when, now))
    if (when === 'soon') return
    this.#newsSince ??= now
    this.#recordAt = Math.min(this.#recordAt, this.#pace.recordAt(this.#newsSince, now))
  }

  /** How to get to peers, for machines that ask at any time. */
  get ways(): Ways {
    return {
      isReachable: peer => this.routes.has(peer),
      nextHopTo: peer => this.routes.get(peer)?.nextHop,
      isDear: peer => this.#dear.has(peer),
      pricesOf: peer => this.costs.saidBy(peer),
      stepMs: () => this.#pace.stepMs,
      isLeft: peer => this.#dear.has(peer) || this.#lossy.has(peer),
    }
  }

  /** Call at the deadline. What this router says itself goes ahead of what it passes on, so that others pass on the latest. */
  publish(now: Instant): void {
    const lagMs = this.#pace.noteLag(this.deadline, now)
    const isFlush = this.#flushAt <= now
    this.costs.announce()
    this.#sources.fastPath()?.announce(now)
    const ownNews = this.#announce(now)
    const news = [...ownNews, ...this.#sources.topics.flush(now)]
    for (const link of this.#sources.neighbours.ready) {
      if (!isFlush) this.#sources.send(link, news)
      else {
        for (const key of news) link.unsent.add(key)
        this.#sources.flush(link)
      }
    }
    if (isFlush) {
      this.#flushAt = Number.POSITIVE_INFINITY
      this.#pace.flushed(now + lagMs)
    }
    if (isFlush || ownNews.length > 0) this.#routesAt = Math.min(this.#routesAt, this.#pace.routesAt(now))
    if (this.#routesAt > now) return
    this.#route(now)
    // A host that cannot keep up passes on what it hears before it computes again what it comes to.
    this.#pace.routed(now + 2 * lagMs)
  }

  #announce(now: Instant): readonly number[] {
    this.#recordAt = Number.POSITIVE_INFINITY
    const { announcements, neighbours, sessions } = this.#sources
    const links = neighbours.recorded(peer => this.costs.own(peer))
    if (!announcements.isNews(sessions.announced, links)) {
      this.#newsSince = undefined
      return []
    }
    // The first one goes with every hello.
    if (announcements.ownBytes.length === 0) return announcements.announce(sessions.announced, links)
    this.#newsSince ??= now
    const mayAt = this.#pace.recordAt(this.#newsSince, now, announcements.isLoss(links))
    if (mayAt > now) {
      this.#recordAt = mayAt
      return []
    }
    this.#pace.recorded(now)
    this.#newsSince = undefined
    return announcements.announce(sessions.announced, links)
  }

  #route(now: Instant): void {
    const { options, membership, announcements, addresses, maker } = this.#sources
    const self = options.shortId
    const before = this.routes
    this.routes = this.#held.update(self, announcements.graph(this.#ownLinks()), now)
    const dearBefore = this.#dear
    const set = this.costs.all
    this.#dear = this.#dearWays.update(set, this.routes, now)
    this.#lossy = this.#lossyWays.update(this.#sources.paths().lossyCosts(set), this.routes, now)
    const isOtherPrice = [...dearBefore.keys()].join() !== [...this.#dear.keys()].join()
    const twins = this.#sources.twins()
    const mutedUntil = twins.mutedUntil(now)
    this.#routesAt = Math.min(
      this.#held.deadline,
      this.#dearWays.deadline,
      this.#lossyWays.deadline,
      mutedUntil ?? Number.POSITIVE_INFINITY,
    )
    twins.routed(before, this.routes, now)
    announcements.routed()
    this.#sources.routed(this.routes, mutedUntil === undefined, now)
    const isOtherBook = addresses.rebuild(membership, announcements)
    if (isOtherBook && options.discovery) maker.discover(addresses.others(options), now)
    if (this.routes.size + 1 < membership.size) {
      maker.reconsider(now)
      maker.reconsider(now + settleMs(membership.size))
    }
    const fastPath = this.#sources.fastPath()
    // Which of its links others may know of depends on the routes.
    if (isOtherPrice) fastPath?.announce(now)
    fastPath?.route(now)
    this.#routesAt = Math.min(this.#routesAt, fastPath?.routesAt ?? Number.POSITIVE_INFINITY)
    const { neighbours, sessions } = this.#sources
    const shared = {
      paths: this.#sources.paths(),
      isLeft: this.ways.isLeft,
      flooded: fastPath?.flooded,
    }
    const table = describeForwarding({ self, announcements, neighbours, sessions, routes: this.routes, ...shared })
    for (const move of this.ages.note(table.peers, now)) this.#sources.moved(move)
    this.#hand(table)
  }

  /** Most changes far away change nothing here: the data plane is not woken for them. */
  #hand(table: ForwardingTable): void {
    const digest = digestOf(table)
    if (digest === this.#handed) return
    this.#handed = digest
    this.#sources.emit({ kind: 'forwarding', table })
  }

  /** The links as they are: the own record may have to wait before it says so. */
  #ownLinks(): readonly RecordedLink[] {
    return this.#sources.neighbours.recorded(peer => this.costs.own(peer)).filter(link => link.isEstablished)
  }
}
