import type { SignedManifest } from '../../contract/cluster-manifest.ts'
import { RUN_BYTES_MAX } from '../forwarding/transmit-run.ts'
import { recordKey } from '../gossip/record-store.ts'
import type { ConnectionMaker } from '../mesh/connection-maker.ts'
import type { Link } from '../mesh/link.ts'
import type { SessionKeys } from '../session/session-keys.ts'
import { encodeMessage, type LinkMessage, PROTOCOL_OLDEST, PROTOCOL_VERSION } from '../wire/link-message.ts'
import { Topic } from '../wire/topic.ts'
import type { Announcements } from './announcements.ts'
import type { Input, LogFields, LogLevel, Output, RouterOptions } from './api.ts'
import { instanceOf } from './boot-id.ts'
import { ManifestDesk } from './manifest-desk.ts'
import type { Membership } from './membership.ts'
import type { Neighbours } from './neighbours.ts'
import { RecordExchange } from './record-exchange.ts'
import type { Acceptance } from './record-gate.ts'
import type { Refusals } from './refusals.ts'
import type { Topics } from './topics.ts'
import type { TwinDesk } from './twin-desk.ts'
import { yieldNumber } from './yield-number.ts'

/** What a conversation works with and reports to. */
export interface ConversationContext {
  readonly options: RouterOptions
  readonly membership: Membership
  readonly announcements: Announcements
  readonly neighbours: Neighbours
  readonly maker: ConnectionMaker
  readonly sessions: SessionKeys
  readonly topics: Topics
  readonly twins: TwinDesk
  readonly refusals: Refusals
  emit(output: Output): void
  log(level: LogLevel, message: string, fields: LogFields): void
  /** Links, records or members changed: tell the others and route anew, soon or at once. */
  changed(when: 'soon' | 'at once'): void
  /** True when the peer can be spared as a neighbour: there are links enough, and a way to it without this one. */
  isSpare(peer: number): boolean
  /** Takes a manifest heard from `source`. */
  adopt(signed: SignedManifest, source: Link): void
  /** What is said about ways beside links. */
  aside(link: Link, message: Extract<LinkMessage, { kind: 'observed' | 'punch' }>): void
}

/** What the log says when a link has ended; metrics count it. */
export const LINK_CLOSED = 'link closed'

const GONE = { certified: 'removed from the cluster', open: 'your short id is another’s' } as const
const FLAPPING_TOLD = 'you started again and again: links with you have to wait'
const ENOUGH = 'links enough, and you are reached without one'

type Hello = Extract<LinkMessage, { kind: 'hello' }>

/**
 * What is said on a control link: hello, records, manifest, heartbeats. Whatever is malformed, unsigned or out of order ends the
 * link with a reason; nothing throws.
 */
export class Conversation {
  readonly #context: ConversationContext
  readonly #exchange: RecordExchange
  readonly #manifests: ManifestDesk
  readonly #keys = new Map<number, Uint8Array>()
  /** Hellos of peers that a newer manifest, which they hold, will tell us of. */
  readonly #held = new Map<number, Hello>()
  /** Links to routers that use another's short id, of which they have just been told; by id. */
  readonly #outranked = new Set<number>()

  constructor(context: ConversationContext) {
    this.#context = context
    this.#manifests = new ManifestDesk(context, (link, message) => this.send(link, message))
    this.#exchange = new RecordExchange(context, (link, message) => this.send(link, message))
  }

  /** `publicKey`: that of the other end. */
  open(link: Link, publicKey: Uint8Array): void {
    const { announcements, membership, neighbours } = this.#context
    neighbours.add(link)
    const surplus = neighbours.surplusUngreeted
    if (surplus !== undefined) this.#refuse(surplus, 'too many links without a hello', link.changedAt)
    this.#keys.set(link.id, publicKey)
    const record = announcements.ownBytes
    const manifestVersion = BigInt(membership.version)
    const protocol = { protocolMin: PROTOCOL_OLDEST, protocolMax: PROTOCOL_VERSION }
    this.send(link, { kind: 'hello', ...protocol, bootId: announcements.bootId, manifestVersion, record })
  }

  /** Bytes of the link's stream. */
  heard(link: Link, bytes: Uint8Array, now: number): void {
    link.heard(now)
    const messages = link.stream.push(bytes)
    if (!messages.ok) return this.#refuse(link, `broken message: ${messages.error}`, now)
    for (const message of messages.value) {
      if (this.#context.neighbours.link(link.id) !== link) return
      this.#handle(link, message, now)
    }
  }

  send(link: Link, message: LinkMessage): void {
    this.#context.emit({ kind: 'link-send', link: link.id, bytes: encodeMessage(message) })
  }

  /** Sends datagrams for a neighbour, which may be dropped: without a link they are. */
  carry({ neighbour, datagramBytes, bytes }: Extract<Input, { kind: 'carry' }>): void {
    const link = this.#context.neighbours.linkTo(neighbour)
    if (link === undefined) return
    const message = encodeMessage({ kind: 'datagrams', datagramBytes, bytes })
    this.#context.emit({ kind: 'link-carry', link: link.id, bytes: message })
  }

  /** Ends the link from this side. */
  close(link: Link, reason: string, now: number): void {
    this.send(link, { kind: 'goodbye', reason })
    this.#context.emit({ kind: 'link-close', link: link.id, reason })
    this.closed(link, reason, now)
  }

  /** Ends the link for what the other end said on it. */
  #refuse(link: Link, reason: string, now: number): void {
    this.#context.refusals.note(reason, { remote: link.remote.ip, peer: link.peer ?? 0 })
    this.close(link, reason, now)
  }

  /** The link is gone, whoever ended it. */
  closed(link: Link, reason: string, now: number): void {
    const { neighbours, maker } = this.#context
    const wasReady = link.peer !== undefined && neighbours.linkTo(link.peer) === link
    neighbours.remove(link)
    this.#keys.delete(link.id)
    this.#held.delete(link.id)
    this.#outranked.delete(link.id)
    if (link.direction === 'outbound') maker.failed(link.remote, { reason }, now)
    if (!wasReady) return
    if (link.provesAt !== undefined) this.#context.twins.returns.endedEarly(link.peer ?? 0, now)
    this.#context.log('info', LINK_CLOSED, { peer: link.peer ?? 0, remote: link.remote.ip, reason })
    this.#context.changed('soon')
  }

  sendManifest(link: Link): void {
    this.#manifests.tell(link)
  }

  /** Asks one neighbour, drawn by `lot`, whether it holds the same records as we do, and the same time. */
  compare(lot: number, now: number): void {
    this.#manifests.forgetPaid(now)
    const link = this.#exchange.compareWithOne(lot, now)
    if (link !== undefined) this.#context.twins.clocks.tell(link)
  }

  /** Sends what the link's unsent set names. */
  flush(link: Link): void {
    this.#exchange.flush(link)
  }

  sendRecords(link: Link, keys: Iterable<number>): void {
    this.#exchange.send(link, keys)
  }

  /** After a change of the manifest: introduces who was waiting for it, ends links with who is no member any more. */
  reconsider(now: number): void {
    for (const link of this.#context.neighbours.links) {
      const key = this.#keys.get(link.id)
      const held = this.#held.get(link.id)
      if (key !== undefined && link.peer !== undefined && this.#context.membership.hostWithKey(key) === undefined) {
        this.close(link, GONE[this.#context.membership.kind], now)
      } else if (held !== undefined) {
        this.#held.delete(link.id)
        this.#greet(link, held, now)
      }
    }
  }

  #handle(link: Link, message: LinkMessage, now: number): void {
    if (this.#outranked.has(link.id) && message.kind !== 'goodbye') return this.#part(link, message, now)
    if (link.peer === undefined && !['hello', 'manifest', 'goodbye'].includes(message.kind)) {
      return this.#refuse(link, `${message.kind} before hello`, now)
    }
    switch (message.kind) {
      case 'hello':
        return this.#greet(link, message, now)
      case 'records':
        if (this.#exchange.heard(link, message.records, now)) this.reconsider(now)
        return
      case 'manifest':
        return this.#heardManifest(link, message, now)
      case 'digest':
      case 'summary':
      case 'buckets':
        return this.#exchange.answer(link, message, now)
      case 'observed':
      case 'punch':
        return this.#context.aside(link, message)
      case 'datagrams':
        return this.#carried(link, message, now)
      case 'goodbye':
        this.#context.emit({ kind: 'link-close', link: link.id, reason: message.reason })
        return this.closed(link, `peer said: ${message.reason}`, now)
      case 'clock':
        return this.#context.twins.clocks.heard(link.peer ?? 0, message.clockMs, now)
      case 'heartbeat':
    }
  }

  #heardManifest(link: Link, message: Extract<LinkMessage, { kind: 'manifest' }>, now: number): void {
    const reason = this.#manifests.heard({ link, publicKey: this.#keyOf(link) }, message, now)
    if (reason !== undefined) this.#refuse(link, reason, now)
  }

  /** What TLS has proved the other end to hold. */
  #keyOf({ id }: Link): Uint8Array {
    return this.#keys.get(id) ?? new Uint8Array(0)
  }

  #carried(link: Link, { datagramBytes, bytes }: Extract<LinkMessage, { kind: 'datagrams' }>, now: number): void {
    if (bytes.length > RUN_BYTES_MAX) return this.#refuse(link, 'more datagrams than go together', now)
    this.#context.emit({ kind: 'carried', neighbour: link.peer ?? 0, datagramBytes, bytes })
  }

  #greet(link: Link, hello: Hello, now: number): void {
    const { membership } = this.#context
    const isSecond = link.peer !== undefined || this.#held.has(link.id)
    if (isSecond) return this.#refuse(link, 'a second hello', now)
    if (hello.protocolMin > PROTOCOL_VERSION || hello.protocolMax < PROTOCOL_OLDEST) {
      return this.#refuse(link, `protocol ${hello.protocolMin} to ${hello.protocolMax} is not spoken here`, now)
    }
    const key = this.#keyOf(link)
    const reason = this.#manifests.greet({ link, publicKey: key }, hello.manifestVersion, now)
    if (reason !== undefined) return this.#refuse(link, reason, now)
    const accepted = this.#exchange.accept(link, { topic: Topic.peer, bytes: hello.record, saidBy: key }, now)
    if (accepted.ok && accepted.value.kind === 'outranked') return this.#outrank(link, accepted.value)
    if (accepted.ok && accepted.value.kind === 'takes our number') return yieldNumber(this.#context)
    const host = membership.hostWithKey(key)
    if (host === undefined && membership.kind === 'open') {
      return this.#refuse(link, accepted.ok ? 'the record of another in hello' : accepted.error, now)
    }
    if (host === undefined) {
      if (hello.manifestVersion > BigInt(membership.version)) this.#held.set(link.id, hello)
      else this.#refuse(link, `not a member by manifest version ${membership.version}`, now)
      return
    }
    if (host.shortId === this.#context.options.shortId) return this.close(link, 'connected to ourselves', now)
    if (!accepted.ok) return this.#refuse(link, accepted.error, now)
    this.#exchange.take(accepted.value, link, now)
    link.protocol = Math.min(hello.protocolMax, PROTOCOL_VERSION)
    this.#introduce(link, host.shortId, hello.bootId, now)
  }

  /** Tells the other end whose short id it uses; it comes back with one of its own. */
  #outrank(link: Link, { key }: Extract<Acceptance, { kind: 'outranked' }>): void {
    link.unsent.add(key)
    this.flush(link)
    this.#outranked.add(link.id)
  }

  /** The other end may have found at the same time that we use another's: if it was not heard, neither would learn of it. */
  #part(link: Link, message: LinkMessage, now: number): void {
    if (message.kind !== 'records') return
    if (this.#exchange.heard(link, message.records, now)) this.reconsider(now)
    this.close(link, GONE.open, now)
  }

  #introduce(link: Link, peer: number, bootId: bigint, now: number): void {
    const { neighbours, announcements, maker, sessions, twins } = this.#context
    const record = announcements.peer(peer)
    if (record === undefined) return this.#refuse(link, 'no record in hello', now)
    const other = neighbours.linkTo(peer)
    if (other !== undefined) {
      const isRestart = instanceOf(bootId) !== instanceOf(other.peerBootId)
      if (isRestart && twins.isTwin(other, bootId, now)) return this.#refuseTwin(link, other, now)
      if (!isRestart && !neighbours.isPreferred(link, other, peer)) {
        if (link.direction === 'outbound') maker.succeeded(link.remote, now)
        return this.close(link, 'there is a link already', now)
      }
      if (!isRestart) link.provesAt = other.provesAt
      other.provesAt = undefined
      this.close(other, isRestart ? 'the peer restarted' : 'there is a better link', now)
    }
    if (twins.flappingOf(peer, now) !== undefined) return this.close(link, FLAPPING_TOLD, now)
    if (other === undefined && link.direction === 'inbound' && this.#context.isSpare(peer)) {
      return this.close(link, ENOUGH, now)
    }
    link.greet(peer, bootId, { ip: link.remote.ip, port: record.port }, now)
    if (other === undefined) link.provesAt = twins.returns.provesAt(peer, now)
    neighbours.promote(link)
    if (link.direction === 'outbound') maker.succeeded(link.remote, now)
    sessions.announce(peer, record, now)
    this.#exchange.begin(link)
    this.#context.log('info', 'link up', { peer, nickname: record.nickname, remote: link.remote.ip })
    twins.clocks.tell(link)
    this.#context.changed('at once')
  }

  /** Shows the newcomer what the other says in its name: it may take the name back, but not by reconnecting. */
  #refuseTwin(link: Link, other: Link, now: number): void {
    const peer = other.peer ?? 0
    this.#context.twins.met(peer, link, other, now)
    link.unsent.add(recordKey({ shortId: peer, topic: Topic.peer }))
    this.flush(link)
    this.close(link, `another router claims to be you, at ${other.remote.ip}`, now)
  }
}
