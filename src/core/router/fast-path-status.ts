/** The kernel fast path of this router. */
export interface FastPathStatus {
  /** Networks in CIDR form. */
  readonly trusted: readonly string[]
  /** Whether there is WireGuard for the other networks. */
  readonly hasTunnels: boolean
  /** How often a peer moved from one path to another. */
  readonly changes: number
  /** How often frames came to take another way to a peer that was and stayed on the fast path. */
  readonly wayChanges: number
  /** Ways of VXLAN to other routers, proved or being tried. */
  readonly links: readonly {
    readonly peer: number
    readonly address: string
    readonly isEncrypted: boolean
    readonly isOpen: boolean
    readonly forMs: number
    readonly losses: number
    /** The network between carries small datagrams only. */
    readonly isNarrow: boolean
    readonly roundTripMs?: number
  }[]
  /** Peers that frames reach in the kernel. */
  readonly peers: readonly { readonly peer: number; readonly hops: number }[]
}
