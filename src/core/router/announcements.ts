import { formatEndpoint } from '../../base/endpoint.ts'
import type { Result } from '../../base/result.ts'
import { type RecordKey, RecordStore, recordKey, type StoredRecord, type Version } from '../gossip/record-store.ts'
import { LinkGraph } from '../mesh/link-graph.ts'
import { createSigner, peerNameOf, type Signer } from '../session/crypto.ts'
import type { AnnouncedKey } from '../session/session-keys.ts'
import type { SignedRecord } from '../wire/link-message.ts'
import { decodeRecord, encodeRecord, type PeerRecord, type RecordedLink, SIGNATURE_BYTES } from '../wire/peer-record.ts'
import { eachEstablishedLink } from '../wire/record-view.ts'
import { Topic } from '../wire/topic.ts'
import { decodeTopicRecord, encodeTopicRecord } from '../wire/topic-record.ts'
import type { RouterOptions } from './api.ts'
import { bootIdOf } from './boot-id.ts'
import type { Membership } from './membership.ts'
import { type Acceptance, type HeardRecord, RecordGate } from './record-gate.ts'
import { concat, isSameList, signedText, withoutSignature } from './signed-record.ts'
import { SignsOfLife } from './signs-of-life.ts'

/** This router's own signed records, and the verified records of all others. */
export class Announcements {
  readonly store = new RecordStore()
  readonly #options: RouterOptions
  readonly #membership: Membership
  readonly #signer: Signer
  readonly #gate: RecordGate
  readonly #signs: SignsOfLife
  #own: PeerRecord | undefined
  #bootId: bigint
  #version = 0n

  /** `isReached`: by a link, or by routes. */
  constructor(options: RouterOptions, membership: Membership, isReached: (peer: number) => boolean) {
    this.#options = options
    this.#membership = membership
    this.#signer = createSigner(options.identitySeed)
    this.#signs = new SignsOfLife(this.store, isReached)
    this.#gate = new RecordGate(options, { store: this.store, membership, signs: this.#signs })
    this.#bootId = bootIdOf(options.bootId, options.random)
  }

  get bootId(): bigint {
    return this.#bootId
  }

  /** Grows when who can be reached at which address may have changed. */
  get identities(): number {
    return this.#gate.identities
  }

  get publicKey(): Uint8Array {
    return this.#signer.publicKey
  }

  /** Signed, for hello. */
  get ownBytes(): Uint8Array {
    return this.#stored(this.#options.shortId)?.bytes ?? new Uint8Array(0)
  }

  /** What the peer says of itself, decoded anew each time: only the bytes are kept, for there may be thousands. */
  peer(shortId: number): PeerRecord | undefined {
    const stored = this.#stored(shortId)
    const decoded = stored === undefined ? undefined : decodeRecord(this.#encodedOf(stored))
    return decoded?.ok === true ? decoded.value : undefined
  }

  /** Peers that have said something of themselves, this router included; ascending. */
  get shortIds(): readonly number[] {
    return this.#ofPeers().map(record => record.shortId)
  }

  /** Ascending by short id. */
  get peers(): readonly PeerRecord[] {
    return this.shortIds.map(shortId => this.peer(shortId)).filter(peer => peer !== undefined)
  }

  /**
   * Who exchanges datagrams with whom, as they say themselves; this router has the links `own`, whatever its record still says. But they cost
   * what it says: routers change their ways for a cost in turn, and the others begin to wait when they hear of it.
   */
  graph(own: readonly RecordedLink[]): LinkGraph {
    const graph = new LinkGraph()
    graph.addNode(this.#options.shortId)
    const told = new Map(this.#own?.links.filter(isUsed).map(link => [link.shortId, link.cost]))
    for (const { shortId, cost } of own) graph.addLink(shortId, told.get(shortId) ?? cost)
    for (const { shortId, bytes } of this.#ofPeers()) {
      if (shortId === this.#options.shortId) continue
      graph.addNode(shortId)
      eachEstablishedLink(bytes, (to, cost) => graph.addLink(to, cost))
    }
    return graph
  }

  /** Links of the peer that it calls established. */
  linkCountOf(shortId: number): number {
    let count = 0
    const stored = this.#stored(shortId)
    if (stored !== undefined) eachEstablishedLink(stored.bytes, () => count++)
    return count
  }

  /**
   * True when `announce` would make another record. A link that no datagram has passed yet is no reason: it moves no route, mostly is
   * established a moment later, and each record is verified by every router.
   */
  isNews(key: AnnouncedKey, links: readonly RecordedLink[]): boolean {
    const own = this.#own
    // A router that was removed has forgotten its record with the rest; taken back, it needs one to say hello.
    const isLost = this.ownBytes.length === 0
    const isOther = own?.bootId !== this.#bootId || own.keyId !== key.keyId
    return isLost || isOther || !isSameList(own.links.filter(isUsed), links.filter(isUsed))
  }

  /** True when the last record names a link as usable that is not among these. */
  isLoss(links: readonly RecordedLink[]): boolean {
    const usable = new Set(links.filter(link => link.isEstablished).map(link => link.shortId))
    return this.#own?.links.some(link => link.isEstablished && !usable.has(link.shortId)) === true
  }

  /** Makes a record of what is so. Returns its key if it differs from the one before: only then is there anything to tell. */
  announce(dataKey: AnnouncedKey, links: readonly RecordedLink[]): readonly RecordKey[] {
    if (!this.isNews(dataKey, links)) return []
    const { shortId, nickname, port, addresses } = this.#options
    const name = peerNameOf(this.#signer.publicKey)
    const version = this.#nextVersion()
    this.#own = { shortId, name, ...version, nickname, port, addresses, ...dataKey, links }
    const key = this.publicKey.subarray(0, this.#membership.keyBytes)
    const bytes = concat(this.#sign(Topic.peer, encodeRecord(this.#own)), key)
    this.#membership.learn(this.#own, this.publicKey)
    const stored = { shortId, topic: Topic.peer, ...version, bytes }
    return this.store.merge(stored) ? [recordKey(stored)] : []
  }

  /** Replaces this router's record of a topic other than the peer's own. */
  publish(topic: number, body: Uint8Array): void {
    const head = { shortId: this.#options.shortId, topic, ...this.#nextVersion() }
    this.store.merge({ ...head, bytes: this.#sign(topic, encodeTopicRecord({ ...head, body })) })
  }

  /** The body of a peer's record of such a topic. */
  bodyOf(shortId: number, topic: number): Uint8Array | undefined {
    const stored = this.store.get(recordKey({ shortId, topic }))
    const decoded = stored === undefined ? undefined : decodeTopicRecord(withoutSignature(stored.bytes))
    return decoded?.ok === true ? decoded.value.body : undefined
  }

  /** Verifies and keeps a record as it came from a neighbour. */
  accept(record: HeardRecord): Result<Acceptance> {
    return this.#gate.accept(record)
  }

  /** Whether it is held, or a later one. */
  isKnown(record: SignedRecord): boolean {
    return this.#gate.isKnown(record)
  }

  /** Whether it claims a short id that is another's, or ours. */
  isContested(record: SignedRecord): boolean {
    return this.#gate.isContested(record)
  }

  /** There are routes to whose records were taken. */
  routed(): void {
    this.#signs.routed()
  }

  /** Speaks with the boot id from here on: above what another process of ours has said (Weave row GOS-05). */
  outdo(bootId: bigint): void {
    this.#bootId = bootId
  }

  /** Drops all of a router that is no member any more; returns the topics that there were. */
  forget(shortId: number): readonly number[] {
    return this.#gate.forget(shortId)
  }

  #stored(shortId: number): StoredRecord | undefined {
    return this.store.get(recordKey({ shortId, topic: Topic.peer }))
  }

  #ofPeers(): readonly StoredRecord[] {
    return this.store.all().filter(record => record.topic === Topic.peer)
  }

  /** The signed part of a record of topic 0. */
  #encodedOf({ bytes }: Pick<StoredRecord, 'bytes'>): Uint8Array {
    return bytes.subarray(0, bytes.length - SIGNATURE_BYTES - this.#membership.keyBytes)
  }

  #nextVersion(): Version {
    return { bootId: this.#bootId, version: ++this.#version }
  }

  #sign(topic: number, encoded: Uint8Array): Uint8Array {
    return concat(encoded, this.#signer.sign(signedText(topic, encoded)))
  }
}

function isUsed({ isEstablished }: RecordedLink): boolean {
  return isEstablished
}

/** Addresses that `record`'s peer may be dialled at. */
export function endpointsOf(record: Pick<PeerRecord, 'addresses' | 'port'>): readonly string[] {
  return record.addresses.map(ip => formatEndpoint({ ip, port: record.port }))
}
