/** What the cluster's keys have made; hosts without a known public key have no certificate. */
export interface ClusterMaterial {
  readonly clusterId: string
  /** Raw Ed25519 public key in base64. */
  readonly clusterKey: string
  readonly clusterCertificate: string
  /** 32 bytes in hexadecimal. */
  readonly admissionKeys: readonly string[]
  /** The text of a SignedManifest. */
  readonly signedManifest: string
  /** PEM by name of host. */
  readonly certificates: ReadonlyMap<string, string>
}
