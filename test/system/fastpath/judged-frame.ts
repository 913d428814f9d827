/** What a program of the fast path may know, what it is given, and what it made of that. MACs and frames are in hexadecimal. */
export interface World {
  readonly config: {
    readonly self: number
    readonly tap: number
    readonly vxlan: number
    readonly puntsFloods: boolean
    readonly generation: number
  }
  readonly hops: readonly { readonly peer: number; readonly address: number; readonly isMember: boolean }[]
  readonly endpoints: readonly { readonly address: number; readonly peer: number }[]
  readonly trees: readonly { readonly source: number; readonly parent: number; readonly children: readonly number[] }[]
  readonly handles: readonly { readonly handle: number; readonly address: string }[]
  readonly macs: readonly Owner[]
}

export interface Owner {
  readonly mac: string
  readonly peer: number
  readonly generation: number
  /** Nanoseconds. */
  readonly seenAt: number
}

export const PROGRAMS = ['to_underlay', 'from_underlay', 'from_sleeve', 'from_tunnel', 'from_wire'] as const

export interface Judged {
  readonly program: (typeof PROGRAMS)[number]
  readonly frame: string
  readonly mark: number
  /** Of VXLAN, as the device says; undefined: the frame came by no tunnel. */
  readonly tunnel: Tunnel | undefined
  /** Nanoseconds since the step before. */
  readonly after: number
}

export interface Tunnel {
  /** Of IPv4 as a number, of IPv6 in hexadecimal. */
  readonly from: number | string
  readonly vni: number
  readonly hops: number
}

/** Where a frame would go. */
export interface Sent {
  readonly device: number
  readonly flags: number
  readonly mark: number
  readonly to: Way | undefined
}

export interface Way {
  readonly address: number | string
  readonly vni: number
  readonly hops: number
}

export interface Verdict {
  readonly action: 'pass' | 'drop' | 'redirect' | 'next'
  /** Undefined: nowhere but where the device leads. */
  readonly redirect: { readonly device: number; readonly flags: number } | undefined
  readonly mark: number
  /** Undefined: it has the tunnel key that it came with. */
  readonly to: Way | undefined
  readonly clones: readonly Sent[]
  readonly frame: string
  /** What has changed. */
  readonly counters: Readonly<Record<string, number>>
  readonly traffic: Readonly<Record<number, Readonly<Record<string, number>>>>
}

export interface Memory {
  readonly macs: readonly Owner[]
  /** In the clear, by peer. */
  readonly answers: readonly Answer[]
  /** Inside tunnels, by peer. */
  readonly sealed: readonly Answer[]
}

export interface Answer {
  readonly peer: number
  readonly nonce: number
  readonly address: number
}

/** Where `from_wire` finds itself. */
export interface Wire {
  readonly device: number
  readonly mac: string
}

/** Those that worlds are made of. */
export const PEERS = [0, 1, 2, 3, 4, 5, 9, 4095] as const
