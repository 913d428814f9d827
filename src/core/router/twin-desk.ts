import { formatEndpoint } from '../../base/endpoint.ts'
import type { Link } from '../mesh/link.ts'
import type { Routes } from '../mesh/routes.ts'
import type { PeerRecord } from '../wire/peer-record.ts'
import { endpointsOf } from './announcements.ts'
import type { Instant } from './api.ts'
import { instanceOf } from './boot-id.ts'
import type { ConversationContext } from './conversation.ts'
import { PeerClocks } from './peer-clocks.ts'
import type { HeardPeer, OwnRecord } from './record-gate.ts'
import { type Flapping, Restarts } from './restarts.ts'
import { Returns } from './returns.ts'
import { TAKEOVER_EVERY_MS, type Twins, TwinWatch } from './twin-watch.ts'

type TwinContext = Pick<
  ConversationContext,
  'options' | 'membership' | 'announcements' | 'sessions' | 'topics' | 'emit' | 'log' | 'changed'
>

/** A link of which something was heard so lately is alive: heartbeats come each second. */
const TWIN_HEARD_WITHIN_MS = 2_000
/** What the log says when a peer is held down. */
export const FLAPPING = 'a peer starts again and again, links with it have to wait'
/** What it says when links with a peer have to last before they count. */
export const UNSTEADY = 'a peer comes and goes again and again, links with it have to last before they count'
const MANY_UNSTEADY = 'peers come and go again and again, links with them have to last before they count'

/**
 * Watches the processes of each peer: two that run at one time are named, and do not outbid each other for ever; one that ends and
 * starts again and again is held down, and so are the links of one that comes and goes.
 */
export class TwinDesk {
  readonly #context: TwinContext
  readonly #watch = new TwinWatch()
  readonly #restarts = new Restarts()
  readonly returns: Returns
  readonly clocks: PeerClocks
  #mutedUntil: Instant = Number.NEGATIVE_INFINITY

  constructor(context: TwinContext) {
    this.#context = context
    this.returns = new Returns(context.announcements.store)
    this.clocks = new PeerClocks(context)
  }

  /** Peers that are watched. */
  get size(): number {
    return Math.max(this.#watch.size, this.#restarts.size, this.returns.size, this.clocks.size)
  }

  twinsOf(peer: number, now: Instant): Twins | undefined {
    return this.#watch.twinsOf(peer, now)
  }

  /** While no links are to be taken with the peer, as it starts again and again. */
  flappingOf(peer: number, now: Instant): Flapping | undefined {
    return this.#restarts.of(peer, now)
  }

  /** While others go by what another process of ours has said: until then, or undefined. */
  mutedUntil(now: Instant): Instant | undefined {
    return now < this.#mutedUntil ? this.#mutedUntil : undefined
  }

  /** A peer's record was taken. */
  merged({ shortId, bootId, decoded, former }: HeardPeer, now: Instant): void {
    if (this.#watch.isStart(shortId, bootId)) this.#started(shortId, now)
    const places = () => ({ at: placeOf(decoded()), andAt: placeOf(former()) })
    if (this.#watch.merged(shortId, bootId, places, now)) this.#warn(shortId, now)
  }

  /** Links with two processes of one peer are open at the same time. */
  met(peer: number, link: Link, other: Link, now: Instant): void {
    const twins = { at: formatEndpoint(other.remote), andAt: formatEndpoint(link.remote) }
    if (this.#watch.found(peer, twins, now)) this.#warn(peer, now)
  }

  /**
   * Another process has spoken in our name, an earlier one or a twin: the name is taken back, with a fresh key, since what others
   * sealed for it is not for us.
   */
  claimed({ topic, bootId, addresses }: OwnRecord, now: Instant): void {
    const { announcements, sessions, topics, options } = this.#context
    if (bootId >= announcements.bootId) {
      const { shortId, port } = options
      const [at = ''] = endpointsOf(options)
      const twins = { at, andAt: endpointsOf({ addresses, port })[0] ?? at }
      if (this.#watch.isRival(bootId) && this.#watch.found(shortId, twins, now)) this.#warn(shortId, now)
      const next = this.#watch.takeover(bootId, announcements.bootId, now)
      if (next === undefined) return this.#mute(now)
      this.#mutedUntil = Number.NEGATIVE_INFINITY
      announcements.outdo(next)
      sessions.renew(now)
    }
    topics.outdo(topic)
    this.#context.changed('soon')
  }

  /** Whether the process at the other end of `link` still runs, and has said more lately than the one with `bootId`. */
  isTwin(link: Link, bootId: bigint, now: Instant): boolean {
    const newest = this.#context.announcements.peer(link.peer ?? 0)?.bootId ?? 0n
    const isOlder = instanceOf(newest) === instanceOf(link.peerBootId) && bootId < newest
    return isOlder && now - link.heardAt < TWIN_HEARD_WITHIN_MS
  }

  forget(peer: number): void {
    this.#watch.forget(peer)
    this.#restarts.forget(peer)
    this.returns.forget(peer)
    this.clocks.forget(peer)
  }

  /** There are other routes. */
  routed(before: Routes, routes: Routes, now: Instant): void {
    const unsteady = this.returns.routed(before, routes, now)
    const [peer] = unsteady
    if (peer === undefined) return
    const { log } = this.#context
    // Where a cluster is parted again and again, half of it comes and goes.
    if (unsteady.length > 1) log('warn', MANY_UNSTEADY, { peers: unsteady.length })
    else log('warn', UNSTEADY, { peer, nickname: this.#nicknameOf(peer) })
  }

  #started(peer: number, now: Instant): void {
    if (!this.#restarts.started(peer, now)) return
    const starts = Math.floor(this.#restarts.of(peer, now)?.starts ?? 0)
    this.#context.log('warn', FLAPPING, { peer, nickname: this.#nicknameOf(peer), starts })
  }

  /** Whoever holds the other's word says it again before that is over. */
  #mute(now: Instant): void {
    this.#mutedUntil = now + TAKEOVER_EVERY_MS
    this.#context.changed('soon')
  }

  #nicknameOf(peer: number): string {
    return this.#context.membership.host(peer)?.host ?? ''
  }

  #warn(peer: number, now: Instant): void {
    const twins = this.#watch.twinsOf(peer, now)
    const nickname = this.#nicknameOf(peer)
    const { at, andAt } = twins ?? { at: '', andAt: '' }
    this.#context.log('warn', 'two routers claim to be one', { peer, nickname, at, andAt })
  }
}

function placeOf(record: PeerRecord | undefined): string {
  return record === undefined ? '' : (endpointsOf(record)[0] ?? '')
}
