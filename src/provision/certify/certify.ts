import type { Lock } from '../plan/lock.ts'
import type { Plan } from '../plan/plan.ts'
import type { ClusterMaterial } from '../render/cluster-material.ts'
import { type ClusterSecrets, publicKeyOf } from './cluster-secrets.ts'
import { buildManifest, signManifest } from './manifest.ts'
import { admissionKeysOf } from './rotation.ts'
import { clusterCertificate, createCertifier } from './x509.ts'

export interface Certified {
  readonly material: ClusterMaterial
  /** The plan's lock with the cluster and the manifest's version in it. */
  readonly lock: Lock
}

/** Same plan and secrets, same material to the byte. */
export async function certify(plan: Plan, secrets: ClusterSecrets): Promise<Certified> {
  const { manifest, digest } = buildManifest(plan, secrets.clusterId)
  const clusterKey = publicKeyOf(secrets)
  const certificateFor = await createCertifier(secrets.privateKey)
  const certificates = manifest.hosts.map(({ host, publicKey }) => [host, certificateFor(publicKey)] as const)
  const material: ClusterMaterial = {
    clusterId: secrets.clusterId,
    clusterKey,
    clusterCertificate: await clusterCertificate(secrets.privateKey),
    admissionKeys: admissionKeysOf(secrets),
    signedManifest: signManifest(manifest, secrets.privateKey),
    certificates: new Map(certificates),
  }
  const isEmpty = manifest.hosts.length === 0
  const lock: Lock = {
    ...plan.lock,
    cluster: { id: secrets.clusterId, publicKey: clusterKey },
    manifest: isEmpty ? plan.lock.manifest : { version: manifest.version, digest },
  }
  return { material, lock }
}
