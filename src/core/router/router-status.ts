import type { Endpoint } from '../../base/endpoint.ts'
import type { PeerName } from '../../base/peer-name.ts'
import type { FastPathStatus } from './fast-path-status.ts'

export type { FastPathStatus }

/** One line each of `weave status connections` (STAT-05). */
export interface ConnectionStatus {
  readonly direction: 'outbound' | 'inbound'
  readonly address: Endpoint
  readonly state: 'established' | 'pending' | 'retrying' | 'failed' | 'connecting'
  /** Why the state is what it is: path and peer when established, last error otherwise. */
  readonly info: string
  readonly peer?: { readonly name: PeerName; readonly nickname: string }
  /** Milliseconds in this state. */
  readonly forMs: number
  readonly roundTripMs?: number
  /** Share of the last probes without an answer, 0 to 1. */
  readonly loss?: number
  /** What routes reckon with: measured from latency and loss, or the operator's. */
  readonly cost?: number
}

/** How frames reach a peer, and why so: over a link or straight to an address, by a punch through NATs, or by way of others. */
export interface PathStatus {
  readonly kind: 'direct' | 'punched' | 'relayed'
  readonly reason: string
  /** Of the overlay on this path, as measured; absent while it is not known. */
  readonly mtu?: number
  /** Milliseconds that frames have gone this way. */
  readonly forMs?: number
  /** By probes: of a way over relays by such as go all of it. */
  readonly roundTripMs?: number
  /** Share of the last of them without an answer, 0 to 1. */
  readonly loss?: number
}

/** One block each of `weave status peers` (STAT-06). */
export interface PeerStatus {
  readonly name: PeerName
  readonly nickname: string
  readonly shortId: number
  readonly isSelf: boolean
  readonly isReachable: boolean
  /** How frames get there: the first relay, or the peer itself. */
  readonly nextHop?: PeerName
  readonly hops?: number
  /** Two routers run that claim to be this one: a cloned host, say. Kept until one has been silent for three minutes. */
  readonly twins?: { readonly at: string; readonly andAt: string }
  /** It has started so often lately that no links are taken with it for a while. */
  readonly flapping?: { readonly starts: number; readonly heldForMs: number }
  /** It was lost and came back so often lately that links with it have to last before they count. */
  readonly unsteady?: { readonly returns: number; readonly provesAfterMs: number }
  /** By how much the clock of this neighbour is ahead of ours, or behind, below 0; absent while they agree. */
  readonly clockAheadMs?: number
  /** Of a peer that can be reached. */
  readonly path?: PathStatus
  /** Of the whole way. */
  readonly cost?: number
  readonly connections: readonly {
    readonly peer: PeerName
    readonly nickname: string
    readonly direction: 'outbound' | 'inbound'
    readonly address: Endpoint
    readonly isEstablished: boolean
  }[]
}

export interface RouterStatus {
  readonly name: PeerName
  readonly nickname: string
  readonly membership: 'certified' | 'open'
  readonly shortId: number
  readonly clusterId: string
  readonly manifestVersion: number
  readonly discovery: boolean
  readonly targets: readonly Endpoint[]
  readonly connections: readonly ConnectionStatus[]
  readonly peers: readonly PeerStatus[]
  /** Absent when all frames take the sleeve. */
  readonly fastPath?: FastPathStatus
  /** How often frames of the sleeve came to take another way to a peer. */
  readonly wayChanges: number
  readonly fastPathMissing?: string
  readonly sleeveMissing?: string
  /** What others said and this router did not take: how often, by reason. */
  readonly refused: Readonly<Record<string, number>>
  readonly sizes: TableSizes
}

/** How much a router keeps: each of them has a bound, or grows with the members alone. */
export interface TableSizes {
  readonly records: number
  /** Records that wait to be told on one link, of the link with the most. */
  readonly unsent: number
  readonly links: number
  /** Addresses to dial. */
  readonly targets: number
  readonly directPaths: number
  readonly measuredPaths: number
  /** Peers whose starts and returns are counted, or of which two may run. */
  readonly watchedPeers: number
  /** Peers whose addresses are known. */
  readonly addressPeers: number
  /** Requests for addresses that wait. */
  readonly addressRequests: number
  /** Peers whose names are known. */
  readonly namePeers: number
}

export interface Reach {
  readonly reachable: number
  readonly all: number
}
