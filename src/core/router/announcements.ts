import { assertNever } from '../../base/assert.ts'
import { formatEndpoint } from '../../base/endpoint.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import {
  type RecordKey,
  RecordStore,
  recordKey,
  type StoredRecord,
  type Version,
  type VersionedRecord,
} from '../gossip/record-store.ts'
import { LinkGraph } from '../mesh/link-graph.ts'
import {
  type Cryptography,
  createSigner,
  NODE_CRYPTOGRAPHY,
  peerNameOf,
  type Signer,
  type Verifier,
} from '../session/crypto.ts'
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
import { compareAges, eachEstablishedLink, headOf, nameBytesOf, viewRecord } from '../wire/record-view.ts'
import { Topic } from '../wire/topic.ts'
import { decodeTopicRecord, encodeTopicRecord } from '../wire/topic-record.ts'
import type { RouterOptions } from './api.ts'
import { bootIdOf } from './boot-id.ts'
import { fromBase64, type Judgement, type Member, type Membership } from './membership.ts'
import { readU16 } from '../wire/big-endian.ts'
import { concat, decodeTopic, isSameBytes, isSameList, signedText, withoutSignature } from './signed-record.ts'

/** What came of a record from the network. */
export type Acceptance =
  | {
      readonly kind: 'merged'
      readonly shortId: number
      readonly topic: number
      readonly gone: readonly Gone[]
      readonly peer?: PeerRecord
    }
  /** `isSame`: as it is held here; if not, an older state of it. */
  | { readonly kind: 'known'; readonly key: RecordKey; readonly isSame: boolean }
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
  /** Grows when who can be reached at which address may have changed. */
  identities = 0
  readonly #options: RouterOptions
  readonly #membership: Membership
  readonly #signer: Signer
  readonly #cryptography: Cryptography
  /** By short id; each with the key that it is of, for a manifest may bring another. */
  readonly #verifiers = new Map<number, { readonly publicKey: Uint8Array; readonly verify: Verifier }>()
  #own: PeerRecord | undefined
  #bootId: bigint
  #version = 0n

  constructor(options: RouterOptions, membership: Membership) {
    this.#options = options
    this.#membership = membership
    this.#signer = createSigner(options.identitySeed)
    this.#cryptography = options.cryptography ?? NODE_CRYPTOGRAPHY
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

  /** Who exchanges datagrams with whom, as they say themselves; this router has the links `own`, whatever its record still says. */
  graph(own: readonly RecordedLink[]): LinkGraph {
    const graph = new LinkGraph()
    graph.addNode(this.#options.shortId)
    for (const { shortId, cost } of own) graph.addLink(shortId, cost)
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

  /** True when `announce` would make another record. */
  isNews(key: AnnouncedKey, links: readonly RecordedLink[]): boolean {
    const own = this.#own
    return own?.bootId !== this.#bootId || own.keyId !== key.keyId || !isSameList(own.links, links)
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
  accept(record: SignedRecord): Result<Acceptance> {
    if (record.bytes.length < SIGNATURE_BYTES) return refused('a record of a wrong size')
    const known = this.#known(record)
    if (known !== undefined) return ok(known)
    return record.topic === Topic.peer ? this.#acceptPeer(record.bytes) : this.#acceptTopic(record)
  }

  /** Speaks with the boot id from here on: above what another process of ours has said (Weave row GOS-05). */
  outdo(bootId: bigint): void {
    this.#bootId = bootId
  }

  /** Drops all of a router that is no member any more; returns the topics that there were. */
  forget(shortId: number): readonly number[] {
    this.#verifiers.delete(shortId)
    this.identities++
    return this.store.forget(shortId)
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

  /** Hot path: each record comes from several neighbours, so what is known already is found out without looking into it. */
  #known({ topic, bytes }: SignedRecord): Acceptance | undefined {
    const key = recordKey({ shortId: readU16(bytes, 0), topic })
    const stored = this.store.get(key)
    if (stored === undefined) return undefined
    const age = compareAges(topic, bytes, stored.bytes)
    const isOther = topic === Topic.peer && !isSameBytes(nameBytesOf(bytes), nameBytesOf(stored.bytes))
    return age > 0 || isOther ? undefined : { kind: 'known', key, isSame: age === 0 }
  }

  #acceptPeer(bytes: Uint8Array): Result<Acceptance> {
    const { keyBytes } = this.#membership
    const found = headOf(Topic.peer, bytes)
    if (found === undefined || bytes.length < SIGNATURE_BYTES + keyBytes || bytes.length > RECORD_BYTES_MAX) {
      return refused('a record of a wrong size')
    }
    const encoded = this.#encodedOf({ bytes })
    const head = { shortId: found.shortId, topic: Topic.peer, bootId: found.bootId, version: found.version }
    const decoded = decodeRecord(encoded)
    if (!decoded.ok) return decoded
    const record = decoded.value
    const judgement = this.#membership.judge(record, bytes.subarray(bytes.length - keyBytes))
    if (judgement.kind === 'refused') return refused(judgement.reason)
    const signature = bytes.subarray(encoded.length, encoded.length + SIGNATURE_BYTES)
    const verify = this.#verifierOf(head.shortId, judgement.publicKey)
    if (!verify(signedText(Topic.peer, encoded), signature)) return refused('a record that its peer did not sign')
    return ok(this.#judged(judgement, { record, head, bytes }))
  }

  #judged(judgement: Exclude<Judgement, { kind: 'refused' }>, peer: VerifiedPeer): Acceptance {
    const { head } = peer
    switch (judgement.kind) {
      case 'own':
        return { ...head, kind: 'own', addresses: peer.record.addresses }
      case 'outranked':
        return { kind: 'outranked', key: recordKey(head) }
      case 'takes our number':
        return { kind: 'takes our number' }
      case 'member':
        if (head.shortId === this.#options.shortId) return { ...head, kind: 'own', addresses: peer.record.addresses }
        return this.#merge(peer, judgement)
      default:
        return assertNever(judgement)
    }
  }

  #merge({ record, head, bytes }: VerifiedPeer, judgement: Extract<Judgement, { kind: 'member' }>): Acceptance {
    const gone = judgement.gone.map(shortId => ({ shortId, topics: this.forget(shortId) }))
    if (this.#isOtherIdentity(record, this.#encodedOf({ bytes }))) this.identities++
    this.#membership.learn(record, judgement.publicKey)
    this.store.merge({ ...head, bytes: new Uint8Array(bytes) })
    return { kind: 'merged', shortId: record.shortId, topic: Topic.peer, gone, peer: record }
  }

  #acceptTopic({ topic, bytes }: SignedRecord): Result<Acceptance> {
    const decoded = decodeTopic(topic, bytes)
    if (!decoded.ok) return decoded
    const { shortId, bootId, version } = decoded.value
    const head = { shortId, topic, bootId, version }
    const host = this.#membership.host(shortId)
    if (host === undefined) return refused('a record of a stranger')
    const encoded = withoutSignature(bytes)
    const verify = this.#verifierOf(shortId, fromBase64(host.publicKey))
    if (!verify(signedText(topic, encoded), bytes.subarray(encoded.length))) {
      return refused('a record that its peer did not sign')
    }
    if (shortId === this.#options.shortId) return ok({ ...head, kind: 'own', addresses: [] })
    this.store.merge({ ...head, bytes: new Uint8Array(bytes) })
    return ok({ kind: 'merged', shortId, topic, gone: [] })
  }

  /** A short id may come to be another's, with another key. */
  #verifierOf(shortId: number, publicKey: Uint8Array): Verifier {
    const known = this.#verifiers.get(shortId)
    if (known !== undefined && isSameBytes(known.publicKey, publicKey)) return known.verify
    const verify = this.#cryptography.createVerifier(publicKey)
    this.#verifiers.set(shortId, { publicKey, verify })
    return verify
  }

  /** Compared with what is known already: the last record, or what the manifest says. */
  #isOtherIdentity(record: PeerRecord, encoded: Uint8Array): boolean {
    const before = this.#stored(record.shortId)
    if (before === undefined) return !isSamePlace(record, this.#membership.host(record.shortId))
    const [was, is] = [viewRecord(this.#encodedOf(before)), viewRecord(encoded)]
    return !was.ok || !is.ok || !isSameBytes(was.value.identity, is.value.identity)
  }

  #nextVersion(): Version {
    return { bootId: this.#bootId, version: ++this.#version }
  }

  #sign(topic: number, encoded: Uint8Array): Uint8Array {
    return concat(encoded, this.#signer.sign(signedText(topic, encoded)))
  }
}

/** A record of a peer whose signature is right. */
interface VerifiedPeer {
  readonly record: PeerRecord
  readonly head: VersionedRecord
  readonly bytes: Uint8Array
}

function isSamePlace(record: PeerRecord, host: Pick<Member, 'addresses' | 'port'> | undefined): boolean {
  return host?.port === record.port && host.addresses.join() === record.addresses.join()
}

/** Addresses that `record`'s peer may be dialled at. */
export function endpointsOf(record: Pick<PeerRecord, 'addresses' | 'port'>): readonly string[] {
  return record.addresses.map(ip => formatEndpoint({ ip, port: record.port }))
}
