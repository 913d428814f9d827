/** What was decided once and must hold for good. Kept beside the inventory. */
export interface Lock {
  readonly format: 1
  /** Absent until the cluster has keys. */
  readonly cluster: LockedCluster | undefined
  /** The layout that the numbers were last used with; absent in a lock that has no hosts yet. */
  readonly network: { readonly subnet: string; readonly containerPrefix: number } | undefined
  /** Added once, handed out for good. */
  readonly addedRanges?: readonly string[] | undefined
  readonly manifest: { readonly version: number; readonly digest: string }
  readonly hosts: readonly LockedHost[]
  /** Numbers that removed hosts had, the longest gone first. */
  readonly tombstones: readonly Tombstone[]
  /** Hosts that were removed by name: what the inventory says of them does not count until they are added. */
  readonly removed?: readonly RemovedHost[] | undefined
}

export interface RemovedHost {
  readonly name: string
  /** Never certified again, under whatever name; undefined of a host that has only left. */
  readonly revokedKey: string | undefined
  /** It may come back under its name with another key. */
  readonly isBack?: boolean
}

export interface LockedCluster {
  readonly id: string
  /** Raw Ed25519 public key in base64. */
  readonly publicKey: string
}

export interface LockedHost {
  readonly name: string
  readonly index: number
  /** Raw Ed25519 public key in base64; undefined until the host has shown it. */
  readonly publicKey: string | undefined
  /** Addresses that were chosen among the host's own, by weave_underlay_cidr or weave_underlay_interface. */
  readonly underlay?: readonly string[] | undefined
}

export interface Tombstone {
  readonly name: string
  readonly index: number
}

export const EMPTY_LOCK: Lock = {
  format: 1,
  cluster: undefined,
  network: undefined,
  manifest: { version: 0, digest: '' },
  hosts: [],
  tombstones: [],
}
