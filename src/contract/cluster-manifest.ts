import { parseIpNetwork } from '../base/ip-address.ts'
import { type PeerName, parsePeerName } from '../base/peer-name.ts'
import { type Result, refused } from '../base/result.ts'
import { parseJson, ShapeReader } from './json-shape.ts'

/** Who is in the cluster. The highest version with a valid signature wins, wherever it is heard. */
export interface ClusterManifest {
  readonly format: 1
  readonly clusterId: string
  readonly clusterName: string
  /** Grows with each change; never reused. */
  readonly version: number
  readonly subnet: string
  readonly hosts: readonly ManifestHost[]
  /** Address ranges besides the subnet, of which each host has a share. Absent where there are none, and in manifests of older releases. */
  readonly addedRanges?: readonly string[]
}

export interface ManifestHost {
  readonly host: string
  /** 1 to 4095, unique. */
  readonly shortId: number
  readonly peerName: PeerName
  /** Raw Ed25519 public key in base64 (32 bytes). */
  readonly publicKey: string
  readonly bridgeAddress: string
  readonly containerRange: string
  /** Underlay addresses, the preferred one first. */
  readonly addresses: readonly string[]
  readonly port: number
}

/** The manifest's exact text with the cluster key's Ed25519 signature over it, so nobody need agree on a canonical form. */
export interface SignedManifest {
  readonly manifest: string
  /** Base64, 64 bytes. */
  readonly signature: string
}

/** Signed text starts with this, so that a signature for one purpose is void for another. */
export const MANIFEST_CONTEXT = 'weave-provision manifest v1\n'

export const MANIFEST_HOSTS_MAX = 4095
export const ADDED_RANGES_MAX = 64
export const MANIFEST_BYTES_MAX = 4 * 1024 * 1024

export function parseManifest(text: string): Result<ClusterManifest> {
  if (text.length > MANIFEST_BYTES_MAX) return refused(`the manifest is larger than ${MANIFEST_BYTES_MAX} bytes`)
  const json = parseJson(text)
  if (!json.ok) return json
  const shape = new ShapeReader(json.value)
  const addedRanges = shape.optionalTexts('addedRanges')
  const manifest: ClusterManifest = {
    format: shape.integer('format', 1, 1) as 1,
    clusterId: shape.text('clusterId'),
    clusterName: shape.text('clusterName'),
    version: shape.integer('version', 1, Number.MAX_SAFE_INTEGER),
    subnet: shape.text('subnet'),
    hosts: shape.list('hosts', readHost),
    ...(addedRanges.length === 0 ? {} : { addedRanges }),
  }
  for (const key of ['host', 'shortId', 'peerName', 'publicKey'] as const) {
    const values = manifest.hosts.map(host => host[key])
    shape.check(new Set(values).size === values.length, `hosts: two hosts have the same ${key}`)
  }
  shape.check(manifest.hosts.length <= MANIFEST_HOSTS_MAX, `hosts: more than ${MANIFEST_HOSTS_MAX}`)
  const areNetworks = addedRanges.every(range => parseIpNetwork(range).ok)
  shape.check(areNetworks && addedRanges.length <= ADDED_RANGES_MAX, 'addedRanges: no networks, or too many')
  return shape.result(manifest)
}

export function parseSignedManifest(text: string): Result<SignedManifest> {
  const json = parseJson(text)
  if (!json.ok) return json
  const shape = new ShapeReader(json.value)
  return shape.result({ manifest: shape.text('manifest'), signature: shape.text('signature') })
}

function readHost(shape: ShapeReader): ManifestHost {
  const peerName = parsePeerName(shape.text('peerName'))
  shape.check(peerName.ok, 'hosts: peerName must be six pairs of hexadecimal digits')
  return {
    host: shape.text('host'),
    shortId: shape.integer('shortId', 1, 4095),
    peerName: peerName.ok ? peerName.value : ('' as PeerName),
    publicKey: shape.text('publicKey'),
    bridgeAddress: shape.text('bridgeAddress'),
    containerRange: shape.text('containerRange'),
    addresses: shape.texts('addresses'),
    port: shape.integer('port', 1, 65535),
  }
}
