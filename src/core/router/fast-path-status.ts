import { formatIpAddress } from '../../base/ip-address.ts'
import type { FastLink } from '../mesh/fast-link.ts'
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
  /** Ways of VXLAN to other routers, proved or being tried; of a peer one in the clear at most, and then one through WireGuard at most. */
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
  /** Peers that frames reach in the kernel, and whether they go through WireGuard. */
  readonly peers: readonly { readonly peer: number; readonly hops: number; readonly isEncrypted: boolean }[]
}

type LinkStatus = FastPathStatus['links'][number]

/** How frames go to a neighbour on the fast path. */
export interface FastUse {
  /** Undefined: not on the fast path. A link that this end alone has proved counts, as the other does within moments. */
  readonly way: 'clear' | 'relayed' | 'sealed' | undefined
  /** The neighbour's links that would be better, and do not work. */
  readonly refused: readonly LinkStatus[]
}

export function fastUseOf(peer: number | undefined, { links, peers }: FastPathStatus): FastUse {
  const own = links.filter(link => link.peer === peer)
  const open = own.filter(({ isOpen }) => isOpen)
  const taken = peers.find(reached => reached.peer === peer)
  const first = taken ?? open[0]
  if (first === undefined) return { way: undefined, refused: own }
  const isDirect = open.some(({ isEncrypted }) => isEncrypted === first.isEncrypted)
  if (isDirect && !first.isEncrypted) return { way: 'clear', refused: [] }
  const refused = own.filter(({ isOpen, isEncrypted }) => !isOpen && !isEncrypted)
  return { way: first.isEncrypted ? 'sealed' : 'relayed', refused }
}

export function describeFastLink(link: FastLink, now: Instant): LinkStatus {
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
