import { assertNever } from '../../base/assert.ts'
import type { SignedManifest } from '../../contract/cluster-manifest.ts'
import { ConnectionMaker, type Target } from '../mesh/connection-maker.ts'
import { Link } from '../mesh/link.ts'
import { peerNameOf } from '../session/crypto.ts'
import { SessionKeys } from '../session/session-keys.ts'
import { Announcements } from './announcements.ts'
import type { Deadline, Input, Instant, Output, Reach, RouterMachine, RouterOptions, RouterStatus } from './api.ts'
import { Conversation, type ConversationContext } from './conversation.ts'
import { createMembership } from './create-membership.ts'
import { DialPolicy } from './dial-policy.ts'
import { AddressBook } from './discovery.ts'
import { createFastPath, type FastPathKeeper } from './fast-path.ts'
import { type LinkCare, tendLink } from './link-care.ts'
import type { Membership } from './membership.ts'
import { Neighbours } from './neighbours.ts'
import { PathKeeper } from './path-keeper.ts'
import { Publication } from './publication.ts'
import { Refusals } from './refusals.ts'
import { Shared } from './shared.ts'
import { describeRouter, describeSizes } from './status.ts'
import { Topics } from './topics.ts'
import { TwinDesk } from './twin-desk.ts'

/** On the average. */
const DIGEST_EVERY_MS = 10_000

/** Composes the machines of the control side, and those that the data plane goes by. See `RouterMachine` for the contract. */
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
  readonly #publication: Publication
  readonly #fastPath: FastPathKeeper | undefined
  readonly #care: LinkCare
  readonly #refusals = new Refusals(output => this.#emit(output))
  readonly #log: ConversationContext['log'] = (level, message, fields) =>
    this.#emit({ kind: 'log', level, message, fields })
  #outputs: Output[] = []
  #now: Instant
  #digestAt: Instant

  constructor(options: RouterOptions) {
    this.#options = options
    this.#now = options.now
    this.#digestAt = options.now + DIGEST_EVERY_MS
    this.#membership = createMembership(options)
    const isReachable = (peer: number) => this.#publication.routes.has(peer)
    const isReached = (peer: number) => this.#neighbours.linkTo(peer) !== undefined || isReachable(peer)
    this.#announcements = new Announcements(options, this.#membership, isReached)
    this.#topics = new Topics(options.shortId, this.#announcements, () => this.#changed('soon'))
    this.#neighbours = new Neighbours(options.shortId)
    this.#maker = new ConnectionMaker(options.random)
    this.#sessions = new SessionKeys(options.shortId, options.random, options.now, options.cryptography)
    this.#policy = new DialPolicy({
      self: options.shortId,
      linksMax: options.linksMax ?? 0,
      addresses: this.#addresses,
      neighbours: this.#neighbours,
      hostCount: () => this.#membership.size,
      linkCountOf: peer => this.#announcements.linkCountOf(peer),
      isReachable,
      isPriced: peer => this.#publication.costs.isPriced(peer),
      isHeld: peer => this.#twins.flappingOf(peer, this.#now) !== undefined,
    })
    this.#publication = this.#createPublication()
    const context = this.#createContext()
    this.#twins = context.twins
    this.#paths = new PathKeeper({ ...context, ...this.#publication.ways }, peer => this.#addresses.endpointsOf(peer))
    this.#conversation = new Conversation(context)
    const sleeve = { paths: () => this.#paths.paths.all, sleeve: this.#paths.checks }
    this.#fastPath = createFastPath(context, { addresses: this.#addresses, ...this.#publication.ways, ...sleeve })
    this.#care = { ...context, conversation: this.#conversation, paths: this.#paths, isReachable }
    this.shared = new Shared(options, {
      self: peerNameOf(this.#announcements.publicKey),
      topics: this.#topics,
      emit: output => this.#emit(output),
      refusals: this.#refusals,
      nameOf: shortId => this.#membership.host(shortId)?.peerName,
    })
    this.#maker.connect(options.targets, options.now)
    this.shared.start()
    this.#publication.publish(options.now)
  }

  get deadline(): Deadline {
    const links = Math.min(Number.POSITIVE_INFINITY, ...this.#neighbours.links.map(link => link.deadline))
    const all: readonly Deadline[] = [
      { at: this.#publication.deadline, reason: 'tell changes' },
      { at: this.#maker.deadline, reason: 'dial' },
      { at: links, reason: 'link timers' },
      { at: this.#paths.deadline, reason: 'paths' },
      { at: this.#sessions.deadline, reason: 're-key' },
      { at: this.#digestAt, reason: 'anti-entropy' },
      { at: this.shared.deadline(this.#now), reason: 'addresses and names' },
      { at: this.#fastPath?.deadline ?? Number.POSITIVE_INFINITY, reason: 'fast path' },
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
        return this.#maker.failed(input.target, input, now)
      case 'probe-received':
      case 'path-wanted':
      case 'path-filled':
        return this.#paths.learn(input, now)
      case 'key-worn':
        this.#sessions.wear(now)
        return this.#changed('at once')
      case 'carry':
        return this.#conversation.carry(input)
      case 'fast-probe-answered':
      case 'fast-probe-unanswered':
      case 'fast-probe-refused':
        return this.#fastPath?.heard(input, now)
      case 'connect':
        if (input.replace) this.#maker.forget(this.#maker.configured)
        this.#maker.connect(input.targets, now)
        return this.#storeTargets()
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

  advance(now: Instant, heardUntil: Instant = now): void {
    this.#now = now
    if (this.#sessions.advance(now)) this.#changed('at once')
    if (this.#publication.deadline <= now) this.#publication.publish(now)
    for (const link of this.#neighbours.links) tendLink(link, { now, heardUntil }, this.#care)
    this.#paths.tend(now)
    this.#fastPath?.tend(now)
    const isSatisfied = (target: Pick<Target, 'endpoint' | 'key'>) => this.#policy.isSatisfied(target, this.#now)
    for (const target of this.#maker.due(now, isSatisfied, this.#policy.dialBounds))
      this.#emit({ kind: 'dial', target })
    if (this.#digestAt <= now) this.#compare(now)
    this.shared.advance(now)
  }

  keepLinks(now: Instant): void {
    this.#now = now
    for (const link of this.#neighbours.links) tendLink(link, { now, heardUntil: Number.NEGATIVE_INFINITY }, this.#care)
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
      publication: this.#publication,
      paths: this.#paths,
      pathTo: peer => this.#paths.describe(peer, this.#publication.ages.sinceOf(peer), now),
      twins: this.#twins,
      fastPath: this.#fastPath?.describe(now),
      isSatisfied: target => this.#policy.isSatisfied(target, this.#now),
      refused: this.#refusals.counts,
      shared: this.shared,
      now,
    })
  }

  get sizes(): RouterMachine['sizes'] {
    const [announcements, neighbours, maker, paths] = [this.#announcements, this.#neighbours, this.#maker, this.#paths]
    return describeSizes({ announcements, neighbours, maker, paths, twins: this.#twins, shared: this.shared })
  }

  get reach(): Reach {
    return { reachable: this.#publication.routes.size + 1, all: this.#membership.size }
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

  #storeTargets(): void {
    this.#emit({ kind: 'store-targets', targets: this.#maker.configured })
  }

  #adopt(signed: SignedManifest, source: Link | undefined): void {
    const gone = this.#membership.adopt(signed)
    if (!gone.ok) return this.#refusals.note(gone.error, { peer: source?.peer ?? 0 })
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

  #compare(now: Instant): void {
    const [lot = 0, share = 0] = this.#options.random(2)
    this.#digestAt = now + DIGEST_EVERY_MS * (0.75 + share / 512)
    const departed = this.#membership.departed(shortId => this.#publication.routes.has(shortId), now)
    for (const shortId of departed) this.#forget(shortId)
    if (departed.length > 0) this.#changed('soon')
    this.#conversation.compare(lot, now)
    const surplus = this.#policy.surplus(link => this.#maker.isConfigured(link.remote), now)
    if (surplus !== undefined) this.#conversation.close(surplus, 'links enough on both ends', now)
  }

  #changed(when: 'soon' | 'at once'): void {
    this.#publication.changed(when, this.#now)
  }

  #emit(output: Output): void {
    this.#outputs.push(output)
  }

  #createPublication(): Publication {
    return new Publication({
      options: this.#options,
      membership: this.#membership,
      announcements: this.#announcements,
      topics: this.#topics,
      neighbours: this.#neighbours,
      sessions: this.#sessions,
      refusals: this.#refusals,
      addresses: this.#addresses,
      maker: this.#maker,
      paths: () => this.#paths.paths,
      emit: output => this.#emit(output),
      flush: link => this.#conversation.flush(link),
      send: (link, keys) => this.#conversation.sendRecords(link, keys),
      fastPath: () => this.#fastPath,
      twins: () => this.#twins,
      routed: (routes, isHeard, now) => this.shared.reach({ membership: this.#membership, routes, isHeard }, now),
      moved: move => this.#paths.moved(move),
    })
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
      log: this.#log,
      refusals: this.#refusals,
      changed: when => this.#changed(when),
      isSpare: peer => this.#policy.isSpare(peer),
      adopt: (signed, source) => this.#adopt(signed, source),
      aside: (link, message) => this.#paths.told(link, message, this.#now),
    }
    return { ...parts, twins: new TwinDesk(parts) }
  }
}
