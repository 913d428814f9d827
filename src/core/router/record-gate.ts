import { assert, assertNever } from '../../base/assert.ts'
import { macFromBytes } from '../../base/mac.ts'
import type { PeerName } from '../../base/peer-name.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import {
  type RecordKey,
  type RecordStore,
  recordKey,
  type StoredRecord,
  type VersionedRecord,
} from '../gossip/record-store.ts'
import { type Cryptography, NODE_CRYPTOGRAPHY, type Verifier } from '../session/crypto.ts'
import { readU16 } from '../wire/big-endian.ts'
import type { SignedRecord } from '../wire/link-message.ts'
import { decodeRecord, type PeerRecord, RECORD_BYTES_MAX, SIGNATURE_BYTES } from '../wire/peer-record.ts'
import {
  compareAges,
  headOf,
  identityBytesOf,
  isSameName,
  nameBytesOf,
  type RecordView,
  viewRecord,
} from '../wire/record-view.ts'
import { Topic } from '../wire/topic.ts'
import type { RouterOptions } from './api.ts'
import { fromBase64, type Judgement, type Member, type Membership } from './membership.ts'
import { decodeTopic, isSameBytes, signedText, withoutSignature } from './signed-record.ts'
import type { SignsOfLife } from './signs-of-life.ts'

export const UNSIGNED = 'a record that its peer did not sign'

/** What came of a record from the network. */
export type Acceptance =
  | {
      readonly kind: 'merged'
      readonly shortId: number
      readonly topic: number
      readonly gone: readonly Gone[]
      /** Of the peer's own topic. */
      readonly peer?: HeardPeer
    }
  /** `isSame`: as it is held here; if not, an older state of it. */
  | { readonly kind: 'known'; readonly key: RecordKey; readonly isSame: boolean }
  /** The record `key` stands against it: to be told to whoever passed it on. */
  | { readonly kind: 'outranked'; readonly key: RecordKey }
  /** Our short id is its. */
  | { readonly kind: 'takes our number' }
  /** One of our own from another process, or of a topic not published since: to be outdone. */
  | OwnRecord

/** `saidBy`: the raw key of the peer that says it in its hello. */
export interface HeardRecord extends SignedRecord {
  readonly saidBy?: Uint8Array
}

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

/** A peer's record that was taken: what most who want to know of it ask for, and the rest when somebody does. */
export interface HeardPeer extends Pick<PeerRecord, 'shortId' | 'bootId' | 'keyId' | 'publicKey'> {
  readonly decoded: () => PeerRecord
  /** The record that was held until then. */
  readonly former: () => PeerRecord | undefined
}

interface VerifiedPeer {
  readonly head: VersionedRecord
  /** Signed part, signature, and key where there is one. */
  readonly bytes: Uint8Array
  readonly encoded: Uint8Array
  readonly peer: HeardPeer
}

interface ClaimedPeer {
  readonly encoded: Uint8Array
  readonly view: RecordView
  readonly head: VersionedRecord
  readonly judgement: Exclude<Judgement, { kind: 'refused' }>
}

type Options = Pick<RouterOptions, 'shortId' | 'cryptography'>

interface Parts {
  readonly store: RecordStore
  readonly membership: Membership
  readonly signs: SignsOfLife
}

/** Lets records from the network into the store: those of members, signed by them, and newer than what is held. */
export class RecordGate {
  /** Grows when who can be reached at which address may have changed. */
  identities = 0
  readonly #self: number
  readonly #store: RecordStore
  readonly #membership: Membership
  readonly #cryptography: Cryptography
  readonly #signs: SignsOfLife
  /** By short id; each with the key that it is of, in base64, for a manifest may bring another. */
  readonly #verifiers = new Map<number, { readonly publicKey: string; readonly verify: Verifier }>()

  constructor({ shortId, cryptography }: Options, { store, membership, signs }: Parts) {
    this.#self = shortId
    this.#store = store
    this.#signs = signs
    this.#membership = membership
    this.#cryptography = cryptography ?? NODE_CRYPTOGRAPHY
  }

  /** Verifies and keeps a record as it came from a neighbour. */
  accept(record: HeardRecord): Result<Acceptance> {
    if (record.bytes.length < SIGNATURE_BYTES) return refused('a record of a wrong size')
    const known = this.#known(record)
    if (known !== undefined) return ok(known)
    return record.topic === Topic.peer ? this.#acceptPeer(record) : this.#acceptTopic(record)
  }

  /** Whether it is held, or a later one. */
  isKnown(record: SignedRecord): boolean {
    return this.#known(record) !== undefined
  }

  /** Whether it claims a short id that is another's, or ours: found out without looking at its signature. */
  isContested({ topic, bytes }: SignedRecord): boolean {
    const claimed = topic === Topic.peer ? this.#claimed(bytes) : undefined
    return claimed?.ok === true && ['outranked', 'takes our number'].includes(claimed.value.judgement.kind)
  }

  /** Drops all of a router that is no member any more; returns the topics that there were. */
  forget(shortId: number): readonly number[] {
    this.#verifiers.delete(shortId)
    this.identities++
    return this.#store.forget(shortId)
  }

  /** Hot path: each record comes from several neighbours, so what is known already is found out without looking into it. */
  #known({ topic, bytes }: SignedRecord): Acceptance | undefined {
    const key = recordKey({ shortId: readU16(bytes, 0), topic })
    const stored = this.#store.get(key)
    if (stored === undefined) return undefined
    const age = compareAges(topic, bytes, stored.bytes)
    const isOther = topic === Topic.peer && !isSameName(bytes, stored.bytes)
    return age > 0 || isOther ? undefined : { kind: 'known', key, isSame: age === 0 }
  }

  #acceptPeer({ bytes, saidBy }: HeardRecord): Result<Acceptance> {
    const claimed = this.#claimed(bytes, saidBy)
    if (!claimed.ok) return claimed
    const { encoded, view, head, judgement } = claimed.value
    const signature = bytes.subarray(encoded.length, encoded.length + SIGNATURE_BYTES)
    const verify = this.#verifierOf(head.shortId, judgement.publicKey)
    if (!verify(signedText(Topic.peer, encoded), signature)) return refused(UNSIGNED)
    return ok(this.#judged(judgement, { head, bytes, encoded, peer: this.#heard(head, encoded, view) }))
  }

  /** What a record of topic 0 says, whoever has signed it. */
  #claimed(bytes: Uint8Array, saidBy?: Uint8Array): Result<ClaimedPeer> {
    const { keyBytes } = this.#membership
    const found = headOf(Topic.peer, bytes)
    if (found === undefined || bytes.length < SIGNATURE_BYTES + keyBytes || bytes.length > RECORD_BYTES_MAX) {
      return refused('a record of a wrong size')
    }
    const encoded = this.#encodedOf(bytes)
    const view = viewRecord(encoded)
    if (!view.ok) return view
    const claim = { ...found, name: macFromBytes(nameBytesOf(encoded)) as PeerName }
    const key = bytes.subarray(bytes.length - keyBytes)
    const isThere = () =>
      (saidBy !== undefined && isSameBytes(saidBy, key)) || this.#signs.areThereOf(found.shortId, encoded)
    const judgement = this.#membership.judge(claim, key, isThere)
    if (judgement.kind === 'refused') return refused(judgement.reason)
    const { shortId, bootId, version } = found
    return ok({ encoded, view: view.value, head: { shortId, topic: Topic.peer, bootId, version }, judgement })
  }

  #judged(judgement: ClaimedPeer['judgement'], verified: VerifiedPeer): Acceptance {
    const { head, peer } = verified
    switch (judgement.kind) {
      case 'own':
        return { ...head, kind: 'own', addresses: peer.decoded().addresses }
      case 'outranked':
        return { kind: 'outranked', key: recordKey({ shortId: judgement.better, topic: Topic.peer }) }
      case 'takes our number':
        return { kind: 'takes our number' }
      case 'member':
        if (head.shortId === this.#self) return { ...head, kind: 'own', addresses: peer.decoded().addresses }
        return this.#merge(verified, judgement.gone)
      default:
        return assertNever(judgement)
    }
  }

  #merge({ head, bytes, encoded, peer }: VerifiedPeer, displaced: readonly number[]): Acceptance {
    const { shortId } = head
    const gone = displaced.map(former => ({ shortId: former, topics: this.forget(former) }))
    if (this.#isOtherIdentity(peer, encoded)) this.identities++
    if (this.#membership.kind === 'open') {
      if (this.#membership.host(shortId) === undefined) this.#signs.cameBack(shortId)
      this.#membership.learn(peer.decoded(), bytes.subarray(bytes.length - this.#membership.keyBytes))
    }
    this.#store.merge(stored(head, bytes))
    return { kind: 'merged', shortId, topic: Topic.peer, gone, peer }
  }

  #acceptTopic({ topic, bytes }: SignedRecord): Result<Acceptance> {
    const decoded = decodeTopic(topic, bytes)
    if (!decoded.ok) return decoded
    const { shortId, bootId, version } = decoded.value
    const head = { shortId, topic, bootId, version }
    const host = this.#membership.host(shortId)
    if (host === undefined) return refused('a record of a stranger')
    const encoded = withoutSignature(bytes)
    const verify = this.#verifierOf(shortId, host.publicKey)
    if (!verify(signedText(topic, encoded), bytes.subarray(encoded.length))) {
      return refused(UNSIGNED)
    }
    if (shortId === this.#self) return ok({ ...head, kind: 'own', addresses: [] })
    this.#store.merge(stored(head, bytes))
    return ok({ kind: 'merged', shortId, topic, gone: [] })
  }

  /** A short id may come to be another's, with another key. */
  #verifierOf(shortId: number, publicKey: string): Verifier {
    const known = this.#verifiers.get(shortId)
    if (known?.publicKey === publicKey) return known.verify
    const verify = this.#cryptography.createVerifier(fromBase64(publicKey))
    this.#verifiers.set(shortId, { publicKey, verify })
    return verify
  }

  #heard({ shortId, bootId }: VersionedRecord, encoded: Uint8Array, view: RecordView): HeardPeer {
    const before = this.#store.get(recordKey({ shortId, topic: Topic.peer }))?.bytes
    const former = () => (before === undefined ? undefined : decodeSound(this.#encodedOf(before)))
    const { keyId, publicKey } = view
    return { shortId, bootId, keyId, publicKey, decoded: () => decodeSound(encoded), former }
  }

  /** The signed part of a record of topic 0. */
  #encodedOf(bytes: Uint8Array): Uint8Array {
    return bytes.subarray(0, bytes.length - SIGNATURE_BYTES - this.#membership.keyBytes)
  }

  /** Compared with what is known already: the last record, or what the manifest says. */
  #isOtherIdentity({ shortId, decoded }: HeardPeer, encoded: Uint8Array): boolean {
    const before = this.#store.get(recordKey({ shortId, topic: Topic.peer }))
    if (before === undefined) return !isSamePlace(decoded(), this.#membership.host(shortId))
    return !isSameBytes(identityBytesOf(before.bytes), identityBytesOf(encoded))
  }
}

/** Each field by its name: what is spread into it would have a hidden class of its own for each record, as large as the rest. */
function stored({ shortId, topic, bootId, version }: VersionedRecord, bytes: Uint8Array): StoredRecord {
  return { shortId, topic, bootId, version, bytes: new Uint8Array(bytes) }
}

function decodeSound(encoded: Uint8Array): PeerRecord {
  const decoded = decodeRecord(encoded)
  assert(decoded.ok, 'a record that was looked over can be decoded')
  return decoded.value
}

function isSamePlace(record: PeerRecord, host: Pick<Member, 'addresses' | 'port'> | undefined): boolean {
  return host?.port === record.port && host.addresses.join() === record.addresses.join()
}
