import { assertNever } from '../../base/assert.ts'
import { formatEndpoint } from '../../base/endpoint.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import { type RecordKey, RecordStore, recordKey, type Version, type VersionedRecord } from '../gossip/record-store.ts'
import type { GraphNode } from '../mesh/routes.ts'
import { createSigner, isSignedBy, peerNameOf, type Signer } from '../session/crypto.ts'
import type { AnnouncedKey } from '../session/session-keys.ts'
import type { SignedRecord } from '../wire/link-message.ts'
import {
  decodeRecord,
  encodeRecord,
  type PeerRecord,
  RECORD_BYTES_MAX,
  type RecordedLink,
  SIGNATURE_BYTES,
} from '../wire/peer-record.ts'
import { contextOf, Topic } from '../wire/topic.ts'
import { decodeTopicRecord, encodeTopicRecord, type TopicRecord } from '../wire/topic-record.ts'
import type { RouterOptions } from './api.ts'
import { bootIdOf } from './boot-id.ts'
import { fromBase64, type Judgement, type Membership } from './membership.ts'

/** What came of a record from the network. */
export type Acceptance =
  | { readonly kind: 'merged'; readonly shortId: number; readonly topic: number; readonly gone: readonly Gone[] }
  | { readonly kind: 'known' }
  /** Its short id is that of the record `key`: to be told to whoever passed it on. */
  | { readonly kind: 'outranked'; readonly key: RecordKey }
  /** Our short id is its. */
  | { readonly kind: 'takes our number' }
  /** One of our own from another process, or of a topic not published since: to be outdone. */
  | OwnRecord

export interface OwnRecord {
  readonly kind: 'own'
  readonly topic: number
  readonly bootId: bigint
  /** Where the process says that it is; only of the peer's own topic. */
  readonly addresses: readonly string[]
}

/** A router whose records had to make room, and the topics that there were. */
export interface Gone {
  readonly shortId: number
  readonly topics: readonly number[]
}

/** This router's own signed records, and the verified records of all others. */
export class Announcements {
  readonly store = new RecordStore()
  readonly #options: RouterOptions
  readonly #membership: Membership
  readonly #signer: Signer
  readonly #peers = new Map<number, PeerRecord>()
  #bootId: bigint
  #version = 0n

  constructor(options: RouterOptions, membership: Membership) {
    this.#options = options
    this.#membership = membership
    this.#signer = createSigner(options.identitySeed)
    this.#bootId = bootIdOf(options.bootId, options.random)
  }

  get bootId(): bigint {
    return this.#bootId
  }

  get publicKey(): Uint8Array {
    return this.#signer.publicKey
  }

  /** Signed, for hello. */
  get ownBytes(): Uint8Array {
    const key = recordKey({ shortId: this.#options.shortId, topic: Topic.peer })
    return this.store.get(key)?.bytes ?? new Uint8Array(0)
  }

  /** What the peer says of itself. */
  peer(shortId: number): PeerRecord | undefined {
    return this.#peers.get(shortId)
  }

  /** Ascending by short id. */
  get peers(): readonly PeerRecord[] {
    return [...this.#peers.values()].sort((a, b) => a.shortId - b.shortId)
  }

  /** Who exchanges datagrams with whom, as they say themselves. */
  graph(): readonly GraphNode[] {
    return this.peers.map(({ shortId, links }) => ({
      shortId,
      neighbours: links.filter(link => link.isEstablished).map(link => link.shortId),
    }))
  }

  /** Makes a record of what is so. Returns its key if it differs from the one before: only then is there anything to tell. */
  announce(dataKey: AnnouncedKey, links: readonly RecordedLink[]): readonly RecordKey[] {
    const { shortId, nickname, port, addresses } = this.#options
    const own = this.peer(shortId)
    if (own?.bootId === this.#bootId && own.keyId === dataKey.keyId && isSameList(own.links, links)) return []
    const name = peerNameOf(this.#signer.publicKey)
    const version = this.#nextVersion()
    const record: PeerRecord = { shortId, name, ...version, nickname, port, addresses, ...dataKey, links }
    const key = this.publicKey.subarray(0, this.#membership.keyBytes)
    const bytes = concat(this.#sign(Topic.peer, encodeRecord(record)), key)
    this.#membership.learn(record, this.publicKey)
    this.#peers.set(shortId, record)
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
    if (stored === undefined) return undefined
    const decoded = decodeTopicRecord(withoutSignature(stored.bytes))
    return decoded.ok ? decoded.value.body : undefined
  }

  /** Verifies and keeps a record as it came from a neighbour. */
  accept(record: SignedRecord): Result<Acceptance> {
    return record.topic === Topic.peer ? this.#acceptPeer(record.bytes) : this.#acceptTopic(record)
  }

  /** Speaks with the boot id from here on: above what another process of ours has said (Weave row GOS-05). */
  outdo(bootId: bigint): void {
    this.#bootId = bootId
  }

  /** Drops all of a router that is no member any more; returns the topics that there were. */
  forget(shortId: number): readonly number[] {
    this.#peers.delete(shortId)
    return this.store.forget(shortId)
  }

  #acceptPeer(bytes: Uint8Array): Result<Acceptance> {
    if (bytes.length < SIGNATURE_BYTES + this.#membership.keyBytes || bytes.length > RECORD_BYTES_MAX) {
      return refused('a record of a wrong size')
    }
    const end = bytes.length - this.#membership.keyBytes
    const signed = bytes.subarray(0, end)
    const decoded = decodeRecord(withoutSignature(signed))
    if (!decoded.ok) return decoded
    const record = decoded.value
    const head = { shortId: record.shortId, topic: Topic.peer, bootId: record.bootId, version: record.version }
    const isKnown = this.#peers.get(record.shortId)?.name === record.name && !this.store.wants(head)
    if (isKnown) return ok({ kind: 'known' })
    const judgement = this.#membership.judge(record, bytes.subarray(end))
    if (judgement.kind === 'refused') return refused(judgement.reason)
    if (!isSigned(Topic.peer, signed, judgement.publicKey)) return refused('a record that its peer did not sign')
    switch (judgement.kind) {
      case 'own':
        return ok({ ...head, kind: 'own', addresses: record.addresses })
      case 'outranked':
        return ok({ kind: 'outranked', key: recordKey(head) })
      case 'takes our number':
        return ok({ kind: 'takes our number' })
      case 'member':
        if (record.shortId === this.#options.shortId) return ok({ ...head, kind: 'own', addresses: record.addresses })
        return ok(this.#merge({ record, head, bytes, judgement }))
      default:
        return assertNever(judgement)
    }
  }

  #merge(standing: {
    record: PeerRecord
    head: VersionedRecord
    bytes: Uint8Array
    judgement: Extract<Judgement, { kind: 'member' }>
  }): Acceptance {
    const { record, head, bytes, judgement } = standing
    const gone = judgement.gone.map(shortId => ({ shortId, topics: this.forget(shortId) }))
    this.#membership.learn(record, judgement.publicKey)
    this.store.merge({ ...head, bytes })
    this.#peers.set(record.shortId, record)
    return { kind: 'merged', shortId: record.shortId, topic: Topic.peer, gone }
  }

  #acceptTopic({ topic, bytes }: SignedRecord): Result<Acceptance> {
    const decoded = decodeTopic(topic, bytes)
    if (!decoded.ok) return decoded
    const { shortId, bootId, version } = decoded.value
    const head = { shortId, topic, bootId, version }
    if (!this.store.wants(head)) return ok({ kind: 'known' })
    const host = this.#membership.host(shortId)
    if (host === undefined) return refused('a record of a stranger')
    if (!isSigned(topic, bytes, fromBase64(host.publicKey))) return refused('a record that its peer did not sign')
    if (shortId === this.#options.shortId) return ok({ ...head, kind: 'own', addresses: [] })
    this.store.merge({ ...head, bytes })
    return ok({ kind: 'merged', shortId, topic, gone: [] })
  }

  #nextVersion(): Version {
    return { bootId: this.#bootId, version: ++this.#version }
  }

  #sign(topic: number, encoded: Uint8Array): Uint8Array {
    return concat(encoded, this.#signer.sign(signedText(topic, encoded)))
  }
}

function isSigned(topic: number, bytes: Uint8Array, publicKey: Uint8Array): boolean {
  const signature = bytes.subarray(bytes.length - SIGNATURE_BYTES)
  return isSignedBy(publicKey, signedText(topic, withoutSignature(bytes)), signature)
}

function decodeTopic(topic: number, bytes: Uint8Array): Result<TopicRecord> {
  if (bytes.length < SIGNATURE_BYTES) return refused('a record of a wrong size')
  const decoded = decodeTopicRecord(withoutSignature(bytes))
  return decoded.ok && decoded.value.topic !== topic ? refused('a record of another topic') : decoded
}

function withoutSignature(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
}

/** Addresses that `record`'s peer may be dialled at. */
export function endpointsOf(record: Pick<PeerRecord, 'addresses' | 'port'>): readonly string[] {
  return record.addresses.map(ip => formatEndpoint({ ip, port: record.port }))
}

function isSameList(a: readonly RecordedLink[], b: readonly RecordedLink[]): boolean {
  return a.length === b.length && a.every((link, i) => isSameLink(link, b[i]))
}

function isSameLink(a: RecordedLink, b: RecordedLink | undefined): boolean {
  return (
    a.shortId === b?.shortId &&
    a.isOutbound === b.isOutbound &&
    a.isEstablished === b.isEstablished &&
    formatEndpoint(a.remote) === formatEndpoint(b.remote)
  )
}

function signedText(topic: number, encoded: Uint8Array): Uint8Array {
  return concat(new TextEncoder().encode(contextOf(topic)), encoded)
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}
