import { createHash, type KeyObject, sign } from 'node:crypto'
import { peerNameFromDigest } from '../../base/peer-name.ts'
import {
  type ClusterManifest,
  MANIFEST_CONTEXT,
  type ManifestHost,
  type SignedManifest,
} from '../../contract/cluster-manifest.ts'
import type { Lock } from '../plan/lock.ts'
import type { Plan, PlannedHost } from '../plan/plan.ts'

export interface VersionedManifest {
  readonly manifest: ClusterManifest
  /** Of everything but the version: the version grows when it changes. */
  readonly digest: string
}

/** Hosts that have not shown a public key yet are no members yet. */
export function buildManifest(plan: Plan, clusterId: string): VersionedManifest {
  const keys = new Map(plan.lock.hosts.map(host => [host.name, host.publicKey]))
  const hosts = plan.hosts.flatMap(host => {
    const publicKey = keys.get(host.name)
    return publicKey === undefined ? [] : [manifestHost(host, publicKey)]
  })
  const ranges = plan.addedRanges.length === 0 ? {} : { addedRanges: plan.addedRanges }
  const content = { clusterId, clusterName: plan.clusterName, subnet: plan.subnet, hosts, ...ranges }
  const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex')
  const { clusterName, subnet } = plan
  return {
    manifest: { format: 1, clusterId, clusterName, version: nextVersion(plan.lock, digest), subnet, hosts, ...ranges },
    digest,
  }
}

/** The signature is over the exact text, so both sides need not agree on a canonical form. */
export function signManifest(manifest: ClusterManifest, privateKey: KeyObject): string {
  const text = JSON.stringify(manifest)
  const signature = sign(null, Buffer.from(MANIFEST_CONTEXT + text), privateKey).toString('base64')
  const signed: SignedManifest = { manifest: text, signature }
  return `${JSON.stringify(signed)}\n`
}

function nextVersion({ manifest }: Lock, digest: string): number {
  return manifest.digest === digest ? manifest.version : manifest.version + 1
}

function manifestHost(host: PlannedHost, publicKey: string): ManifestHost {
  const digest = createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest()
  return {
    host: host.name,
    shortId: host.index,
    peerName: peerNameFromDigest(digest),
    publicKey,
    bridgeAddress: host.bridgeAddress,
    containerRange: host.containerRange,
    addresses: host.underlayAddresses,
    port: host.port,
  }
}
