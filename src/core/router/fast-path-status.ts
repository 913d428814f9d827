import { formatIpAddress } from '../../base/ip-address.ts'
import type { FastLink } from '../mesh/fast-links.ts'
import { isTunnelAddress } from '../mesh/tunnel-address.ts'
import type { Instant } from './api.ts'

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
    readonly cost: number
    /** Share of the last probes, 0 to 1. */
    readonly loss: number
  }[]
  /** Peers that frames reach in the kernel. */
  readonly peers: readonly { readonly peer: number; readonly hops: number }[]
}

export function describeFastLink(link: FastLink, now: Instant): FastPathStatus['links'][number] {
  const { peer, address, isOpen, isNarrow, changedAt, roundTripMs, losses, quality } = link
  return {
    peer,
    address: formatIpAddress(address),
    isEncrypted: isTunnelAddress(address),
    isOpen,
    isNarrow,
    forMs: now - changedAt,
    losses,
    cost: quality.cost,
    loss: quality.loss,
    ...(roundTripMs === undefined ? {} : { roundTripMs }),
  }
}
