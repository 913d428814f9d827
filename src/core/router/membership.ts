import { ok, type Result, refused } from '../../base/result.ts'
import {
  type ClusterManifest,
  MANIFEST_BYTES_MAX,
  MANIFEST_CONTEXT,
  type ManifestHost,
  parseManifest,
  type SignedManifest,
} from '../../contract/cluster-manifest.ts'
import { isSignedBy, peerNameOf } from '../session/crypto.ts'

/** Checks the cluster's signature first, so that nothing unsigned is ever parsed. */
export function verifyManifest(signed: SignedManifest, clusterKey: Uint8Array): Result<ClusterManifest> {
  if (signed.manifest.length > MANIFEST_BYTES_MAX) return refused('the manifest is too large')
  const message = new TextEncoder().encode(MANIFEST_CONTEXT + signed.manifest)
  const signature = fromBase64(signed.signature)
  if (!isSignedBy(clusterKey, message, signature)) return refused('the manifest is not signed by the cluster key')
  return parseManifest(signed.manifest)
}

/** Who belongs to the cluster, by the manifest of the highest version seen. */
export class Membership {
  readonly #clusterKey: Uint8Array
  #signed: SignedManifest
  #manifest: ClusterManifest
  #byShortId = new Map<number, ManifestHost>()
  #byPublicKey = new Map<string, ManifestHost>()

  constructor(signed: SignedManifest, manifest: ClusterManifest, clusterKey: Uint8Array) {
    this.#clusterKey = clusterKey
    this.#signed = signed
    this.#manifest = manifest
    this.#index()
  }

  get manifest(): ClusterManifest {
    return this.#manifest
  }

  get signed(): SignedManifest {
    return this.#signed
  }

  host(shortId: number): ManifestHost | undefined {
    return this.#byShortId.get(shortId)
  }

  /** `publicKey`: raw Ed25519. */
  hostWithKey(publicKey: Uint8Array): ManifestHost | undefined {
    return this.#byPublicKey.get(peerNameOf(publicKey) + toBase64(publicKey))
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
    this.#byPublicKey = new Map(this.#manifest.hosts.map(host => [host.peerName + host.publicKey, host]))
  }
}

export function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), char => char.charCodeAt(0))
  } catch {
    return new Uint8Array(0)
  }
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
