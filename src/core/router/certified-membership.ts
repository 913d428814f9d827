import { type IpNetwork, parseIpNetwork } from '../../base/ip-address.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import { addedRangesOf, shareOf } from '../../contract/added-ranges.ts'
import {
  type ClusterManifest,
  MANIFEST_BYTES_MAX,
  MANIFEST_CONTEXT,
  type ManifestHost,
  parseManifest,
  type SignedManifest,
} from '../../contract/cluster-manifest.ts'
import { isSignedBy, peerNameOf } from '../session/crypto.ts'
import { fromBase64, type Judgement, type Member, type Membership, type RecordClaim, toBase64 } from './membership.ts'

/** Checks the cluster's signature first, so that nothing unsigned is ever parsed. */
export function verifyManifest(signed: SignedManifest, clusterKey: Uint8Array): Result<ClusterManifest> {
  if (signed.manifest.length > MANIFEST_BYTES_MAX) return refused('the manifest is too large')
  const message = new TextEncoder().encode(MANIFEST_CONTEXT + signed.manifest)
  const signature = fromBase64(signed.signature)
  if (!isSignedBy(clusterKey, message, signature)) return refused('the manifest is not signed by the cluster key')
  return parseManifest(signed.manifest)
}

/** Who belongs to the cluster, by the manifest of the highest version seen. */
export class CertifiedMembership implements Membership {
  readonly kind = 'certified'
  readonly keyBytes = 0
  readonly #clusterKey: Uint8Array
  #signed: SignedManifest
  #manifest: ClusterManifest
  #byShortId = new Map<number, ManifestHost>()
  #addedRanges: readonly IpNetwork[] = []

  constructor(signed: SignedManifest, manifest: ClusterManifest, clusterKey: Uint8Array) {
    this.#clusterKey = clusterKey
    this.#signed = signed
    this.#manifest = manifest
    this.#index()
  }

  get clusterId(): string {
    return this.#manifest.clusterId
  }

  get version(): number {
    return this.#manifest.version
  }

  get members(): readonly ManifestHost[] {
    return this.#manifest.hosts
  }

  get addedRanges(): readonly IpNetwork[] {
    return this.#addedRanges
  }

  get size(): number {
    return this.#manifest.hosts.length
  }

  get signed(): SignedManifest {
    return this.#signed
  }

  host(shortId: number): ManifestHost | undefined {
    return this.#byShortId.get(shortId)
  }

  rangesOf({ shortId, containerRange = '' }: Member): readonly IpNetwork[] {
    const own = parseIpNetwork(containerRange)
    const shares = this.addedRanges.map(range => shareOf(range, this.#manifest, { shortId, containerRange }))
    return [own.ok ? own.value : undefined, ...shares].filter(range => range !== undefined)
  }

  /** `publicKey`: raw Ed25519. */
  hostWithKey(publicKey: Uint8Array): ManifestHost | undefined {
    const key = toBase64(publicKey)
    return this.#manifest.hosts.find(host => host.publicKey === key && host.peerName === peerNameOf(publicKey))
  }

  judge(record: RecordClaim): Judgement {
    const host = this.host(record.shortId)
    if (host === undefined || host.peerName !== record.name) {
      return { kind: 'refused', reason: 'a record of a stranger' }
    }
    return { kind: 'member', publicKey: host.publicKey, gone: [] }
  }

  /** The manifest says all. */
  learn(): void {}

  departed(): readonly number[] {
    return []
  }

  /** Takes a newer manifest of the same cluster; returns the hosts that are gone or have another key. */
  adopt(signed: SignedManifest): Result<readonly ManifestHost[]> {
    const verified = verifyManifest(signed, this.#clusterKey)
    if (!verified.ok) return verified
    const manifest = verified.value
    if (manifest.clusterId !== this.#manifest.clusterId) return refused('the manifest is of another cluster')
    if (manifest.version <= this.#manifest.version) return refused('the manifest is not newer')
    const before = this.#manifest.hosts
    this.#signed = signed
    this.#manifest = manifest
    this.#index()
    return ok(before.filter(host => this.#byShortId.get(host.shortId)?.publicKey !== host.publicKey))
  }

  #index(): void {
    this.#byShortId = new Map(this.#manifest.hosts.map(host => [host.shortId, host]))
    this.#addedRanges = addedRangesOf(this.#manifest)
  }
}
