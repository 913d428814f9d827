import { assertNever } from '../../base/assert.ts'
import type { Endpoint } from '../../base/endpoint.ts'
import type { SignedManifest } from '../../contract/cluster-manifest.ts'
import type { ForwardingTable } from '../forwarding/forwarding-table.ts'
import { ConnectionMaker } from '../mesh/connection-maker.ts'
import { Link } from '../mesh/link.ts'
import { computeRoutes, type Route } from '../mesh/routes.ts'
import { peerNameOf } from '../session/crypto.ts'
import { SessionKeys } from '../session/session-keys.ts'
import { Announcements } from './announcements.ts'
import type {
  Deadline,
  Input,
  Instant,
  LogFields,
  LogLevel,
  Output,
  RouterMachine,
  RouterOptions,
  RouterStatus,
} from './api.ts'
import { Conversation, type ConversationContext } from './conversation.ts'
import { createMembership } from './create-membership.ts'
import { DialPolicy } from './dial-policy.ts'
import { AddressBook } from './discovery.ts'
import { describeForwarding } from './forwarding.ts'
import { tendLink } from './link-care.ts'
import type { Membership } from './membership.ts'
import { Neighbours } from './neighbours.ts'
import { PathKeeper } from './path-keeper.ts'
import { Shared } from './shared.ts'
import { describeRouter } from './status.ts'
import { Topics } from './topics.ts'
import { TwinDesk } from './twin-desk.ts'

/** Changes are told to the others together, not one by one. */
const FLUSH_AFTER_MS = 50
/** The more there are to hear of a change, the more changes go together. */
const FLUSH_PER_HOST_MS = 0.5
const DIGEST_EVERY_MS = 10_000

/**
 * Composes the machines: membership, announcements and neighbours on the control side; routes and session keys for the data
 * plane. See `RouterMachine` for the contract.
 */
export class Router implements RouterMachine {
  readonly #options: RouterOptions
  readonly #membership: Membership
  readonly #announcements: Announcements
  readonly #topics: Topics
  readonly #twins: TwinDesk
  readonly #neighbours: Neighbours
  readonly #maker: ConnectionMaker
  readonly #sessions: SessionKeys
  readonly #addresses = new AddressBook()
  readonly #policy: DialPolicy
  readonly #paths: PathKeeper
  readonly #conversation: Conversation
  readonly shared: Shared
  #outputs: Output[] = []
  #routes: ReadonlyMap<number, Route> = new Map()
  #now: Instant
  #flushAt = Number.POSITIVE_INFINITY
  #digestAt: Instant

  constructor(options: RouterOptions) {
    this.#options = options
    this.#now = options.now
    this.#digestAt = options.now + DIGEST_EVERY_MS
    this.#membership = createMembership(options)
    this.#announcements = new Announcements(options, this.#membership)
    this.#topics = new Topics(options.shortId, this.#announcements, () => this.#changed('soon'))
    this.#neighbours = new Neighbours(options.shortId)
    this.#maker = new ConnectionMaker(options.random)
    this.#sessions = new SessionKeys(options.shortId, options.random, options.now)
    this.#policy = new DialPolicy({
      self: options.shortId,
      linksMax: options.linksMax ?? 0,
      addresses: this.#addresses,
      neighbours: this.#neighbours,
      isReachable: peer => this.#routes.has(peer),
    })
    const context = this.#createContext()
    this.#twins = context.twins
    this.#paths = new PathKeeper({ ...context, nextHopTo: peer => this.#routes.get(peer)?.nextHop }, peer =>
      this.#addresses.endpointsOf(peer, options.port),
    )
    this.#conversation = new Conversation(context)
    this.shared = new Shared(options, {
      self: peerNameOf(this.#announcements.publicKey),
      topics: this.#topics,
      emit: output => this.#emit(output),
      nameOf: shortId => this.#membership.host(shortId)?.peerName,
    })
    this.#maker.connect(options.targets, options.now)
    this.shared.start()
    this.#publish()
  }

  get deadline(): Deadline {
    const links = Math.min(Number.POSITIVE_INFINITY, ...this.#neighbours.links.map(link => link.deadline))
    const all: readonly Deadline[] = [
      { at: this.#flushAt, reason: 'tell changes' },
      { at: this.#maker.deadline, reason: 'dial' },
      { at: links, reason: 'link timers' },
      { at: this.#paths.paths.deadline, reason: 'direct paths' },
      { at: this.#sessions.deadline, reason: 're-key' },
      { at: this.#digestAt, reason: 'anti-entropy' },
      { at: this.shared.deadline(this.#now), reason: 'addresses and names' },
    ]
    return all.reduce((soonest, next) => (next.at < soonest.at ? next : soonest))
  }

  handle(input: Input, now: Instant): void {
    this.#now = now
    switch (input.kind) {
      case 'link-opened':
        return this.#opened(input, now)
      case 'link-data':
        return this.#withLink(input.link, link => this.#conversation.heard(link, input.bytes, now))
      case 'link-closed':
        return this.#withLink(input.link, link => this.#conversation.closed(link, input.reason, now))
      case 'dial-failed':
        return this.#maker.failed(input.target, input.reason, now)
      case 'probe-received':
        return this.#paths.probed(input.peer, input.probe, input.from, now)
      case 'path-wanted':
        return this.#paths.want(input.peer, now)
      case 'carry':
        return this.#conversation.carry(input)
      case 'connect':
        return this.#connect(input.targets, input.replace)
      case 'forget':
        this.#maker.forget(input.targets)
        return this.#storeTargets()
      case 'manifest':
        return this.#adopt(input.signed, undefined)
      case 'addresses':
      case 'names':
        return this.shared.handle(input, now)
      case 'stop':
        for (const link of this.#neighbours.links) this.#conversation.close(link, 'the router stops', now)
        return
      default:
        assertNever(input)
    }
  }

  advance(now: Instant): void {
    this.#now = now
    if (this.#sessions.advance(now)) this.#changed('at once')
    if (this.#flushAt <= now) this.#publish()
    for (const link of this.#neighbours.links) this.#tend(link, now)
    this.#paths.tend(now)
    const isSatisfied = (endpoint: Endpoint) => this.#policy.isSatisfied(endpoint, this.#now)
    for (const target of this.#maker.due(now, isSatisfied, this.#policy.dialsMax)) this.#emit({ kind: 'dial', target })
    if (this.#digestAt <= now) this.#sendDigest(now)
    this.shared.advance(now)
  }

  drain(): Output[] {
    const outputs = this.#outputs
    this.#outputs = []
    return outputs
  }

  status(now: Instant): RouterStatus {
    return describeRouter({
      options: this.#options,
      membership: this.#membership,
      announcements: this.#announcements,
      neighbours: this.#neighbours,
      maker: this.#maker,
      routes: this.#routes,
      paths: this.#paths.paths,
      pathTo: peer => this.#paths.describe(peer),
      twinsOf: peer => this.#twins.twinsOf(peer, now),
      isSatisfied: endpoint => this.#policy.isSatisfied(endpoint, this.#now),
      now,
    })
  }

  #opened(input: Extract<Input, { kind: 'link-opened' }>, now: Instant): void {
    const { link: id, direction, remote } = input
    if (direction === 'outbound') this.#maker.dialled(remote, now)
    this.#conversation.open(new Link({ id, direction, remote, now }), input.publicKey)
  }

  #withLink(id: number, act: (link: Link) => void): void {
    const link = this.#neighbours.link(id)
    if (link !== undefined) act(link)
  }

  #tend(link: Link, now: Instant): void {
    tendLink(link, now, {
      conversation: this.#conversation,
      paths: this.#paths,
      isRouted: peer => this.#routes.has(peer),
      warn: (message, fields) => {
        this.#log('warn', message, fields)
        this.#changed('soon')
      },
    })
  }

  #connect(targets: readonly Endpoint[], replace: boolean): void {
    if (replace) this.#maker.forget(this.#maker.configured)
    this.#maker.connect(targets, this.#now)
    this.#storeTargets()
  }

  #storeTargets(): void {
    this.#emit({ kind: 'store-targets', targets: this.#maker.configured })
  }

  #adopt(signed: SignedManifest, source: Link | undefined): void {
    const gone = this.#membership.adopt(signed)
    if (!gone.ok) return this.#log('debug', 'manifest not taken', { reason: gone.error })
    this.#log('info', 'manifest taken', { version: this.#membership.version, gone: gone.value.length })
    this.#emit({ kind: 'store-manifest', signed })
    for (const host of gone.value) this.#forget(host.shortId)
    this.#conversation.reconsider(this.#now)
    for (const link of this.#neighbours.ready) if (link !== source) this.#conversation.sendManifest(link)
    this.#changed('at once')
  }

  #forget(shortId: number): void {
    this.#sessions.forget(shortId)
    this.#topics.forgotten(shortId, this.#announcements.forget(shortId))
    this.#twins.forget(shortId)
  }

  /** Brings this router's record, its routes and the data plane's table up to date, and tells the neighbours what is new. */
  #publish(): void {
    this.#flushAt = Number.POSITIVE_INFINITY
    const own = this.#announcements.announce(this.#sessions.announced, this.#neighbours.recorded())
    const news = [...own, ...this.#topics.flush()]
    this.#routes = computeRoutes(this.#options.shortId, this.#announcements.graph())
    this.#addresses.rebuild(this.#membership, this.#announcements)
    this.shared.reach(this.#membership, this.#routes, this.#now)
    if (this.#options.discovery) this.#maker.discover(this.#addresses.others(this.#options), this.#now)
    this.#emit({ kind: 'forwarding', table: this.#forwarding() })
    for (const link of this.#neighbours.ready) {
      for (const key of news) link.unsent.add(key)
      this.#conversation.flush(link)
    }
  }

  #forwarding(): ForwardingTable {
    return describeForwarding({
      self: this.#options.shortId,
      announcements: this.#announcements,
      neighbours: this.#neighbours,
      sessions: this.#sessions,
      routes: this.#routes,
      paths: this.#paths.paths,
    })
  }

  #sendDigest(now: Instant): void {
    this.#digestAt = now + DIGEST_EVERY_MS
    const departed = this.#membership.departed(shortId => this.#routes.has(shortId), now)
    for (const shortId of departed) this.#forget(shortId)
    if (departed.length > 0) this.#changed('soon')
    this.#conversation.compare(this.#options.random(1)[0] ?? 0)
  }

  #changed(when: 'soon' | 'at once'): void {
    const later = FLUSH_AFTER_MS + this.#membership.members.length * FLUSH_PER_HOST_MS
    const at = when === 'soon' ? this.#now + later : this.#now
    this.#flushAt = Math.min(this.#flushAt, at)
  }

  #emit(output: Output): void {
    this.#outputs.push(output)
  }

  #log(level: LogLevel, message: string, fields: LogFields): void {
    this.#emit({ kind: 'log', level, message, fields })
  }

  #createContext(): ConversationContext {
    const parts: Omit<ConversationContext, 'twins'> = {
      options: this.#options,
      membership: this.#membership,
      announcements: this.#announcements,
      neighbours: this.#neighbours,
      maker: this.#maker,
      sessions: this.#sessions,
      topics: this.#topics,
      emit: output => this.#emit(output),
      log: (level, message, fields) => this.#log(level, message, fields),
      changed: when => this.#changed(when),
      isSpare: peer => this.#policy.isSpare(peer),
      adopt: (signed, source) => this.#adopt(signed, source),
      aside: (link, message) => this.#paths.told(link, message, this.#now),
    }
    return { ...parts, twins: new TwinDesk(parts) }
  }
}
