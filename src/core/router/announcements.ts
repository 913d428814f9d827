import { formatEndpoint } from '../../base/endpoint.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import { RecordStore, type StoredRecord } from '../gossip/record-store.ts'
import type { GraphNode } from '../mesh/routes.ts'
import { createSigner, isSignedBy, peerNameOf, type Signer } from '../session/crypto.ts'
import type { AnnouncedKey } from '../session/session-keys.ts'
import {
  decodeRecord,
  encodeRecord,
  type PeerRecord,
  RECORD_BYTES_MAX,
  RECORD_CONTEXT,
  type RecordedLink,
  SIGNATURE_BYTES,
} from '../wire/peer-record.ts'
import type { RouterOptions } from './api.ts'
import { fromBase64, type Membership } from './membership.ts'

/** What came of a record from the network. */
export type Acceptance = 'merged' | 'known' | 'own'

/** This router's own signed record, and the verified records of all others. */
export class Announcements {
  readonly store = new RecordStore<PeerRecord>()
  readonly #options: RouterOptions
  readonly #membership: Membership
  readonly #signer: Signer
  #bootId: bigint
  #version = 0n

  constructor(options: RouterOptions, membership: Membership) {
    this.#options = options
    this.#membership = membership
    this.#signer = createSigner(options.identitySeed)
    this.#bootId = options.bootId
  }

  get bootId(): bigint {
    return this.#bootId
  }

  get own(): StoredRecord<PeerRecord> | undefined {
    return this.store.get(this.#options.shortId)
  }

  get publicKey(): Uint8Array {
    return this.#signer.publicKey
  }

  /** Who exchanges datagrams with whom, as they say themselves. */
  graph(): readonly GraphNode[] {
    return this.store.all().map(({ record }) => ({
      shortId: record.shortId,
      neighbours: record.links.filter(link => link.isEstablished).map(link => link.shortId),
    }))
  }

  /** Makes a record of what is so, and says whether it differs from the one before: only then is there anything to tell. */
  announce(key: AnnouncedKey, links: readonly RecordedLink[]): boolean {
    const own = this.own?.record
    if (own?.bootId === this.#bootId && own.keyId === key.keyId && isSameList(own.links, links)) return false
    const { shortId, nickname, port, addresses } = this.#options
    const name = peerNameOf(this.#signer.publicKey)
    const version = ++this.#version
    const record: PeerRecord = {
      shortId,
      name,
      bootId: this.#bootId,
      version,
      nickname,
      port,
      addresses,
      ...key,
      links,
    }
    const encoded = encodeRecord(record)
    const bytes = concat(encoded, this.#signer.sign(signedText(encoded)))
    return this.store.merge({ record, bytes })
  }

  /** Verifies and keeps a record as it came from a neighbour. */
  accept(bytes: Uint8Array): Result<Acceptance> {
    const decoded = this.#decode(bytes)
    if (!decoded.ok) return decoded
    const record = decoded.value
    if (!this.store.wants(record)) return ok('known')
    const host = this.#membership.host(record.shortId)
    if (host === undefined || host.peerName !== record.name) return refused('a record of a stranger')
    const encoded = bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
    const signature = bytes.subarray(bytes.length - SIGNATURE_BYTES)
    if (!isSignedBy(fromBase64(host.publicKey), signedText(encoded), signature)) {
      return refused('a record that its peer did not sign')
    }
    if (record.shortId === this.#options.shortId) return ok(this.#outdo(record))
    this.store.merge({ record, bytes })
    return ok('merged')
  }

  #decode(bytes: Uint8Array): Result<PeerRecord> {
    if (bytes.length > RECORD_BYTES_MAX || bytes.length < SIGNATURE_BYTES) return refused('a record of a wrong size')
    return decodeRecord(bytes.subarray(0, bytes.length - SIGNATURE_BYTES))
  }

  /** A newer record of our own is from a boot with a faster clock: jump past it (Weave row GOS-05). */
  #outdo(record: PeerRecord): Acceptance {
    this.#bootId = record.bootId + 1n
    this.#version = 0n
    return 'own'
  }
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

function signedText(encoded: Uint8Array): Uint8Array {
  return concat(new TextEncoder().encode(RECORD_CONTEXT), encoded)
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}
