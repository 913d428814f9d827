import type { IpNetwork, IpOnNetwork } from '../../base/ip-address.ts'
import type { PeerName } from '../../base/peer-name.ts'
import type { Lease } from './lease-book.ts'
import type { Range } from './range.ts'

export type { Lease, Range }

/** How space that nobody owns gets its first owner (Weave rows FLAG-14, IPM-02). */
export type InitialSpace =
  /** Each member has the space that the manifest gives it. */
  | { readonly kind: 'manifest' }
  /** Routers agree once so many know of each other. */
  | { readonly kind: 'consensus'; readonly expected: number }
  /** The named ones share all from the beginning; each router is given the same list. */
  | { readonly kind: 'seed'; readonly peers: readonly PeerName[] }
  /** Never takes space that nobody owns, and waits to be given some. */
  | { readonly kind: 'observer' }

export interface IpamMember {
  readonly name: PeerName
  readonly home: readonly Range[]
}

export interface IpamOptions {
  readonly self: PeerName
  /** All addresses that may be handed out. */
  readonly universe: readonly IpNetwork[]
  /** The part of it that has no owner until a router needs it. */
  readonly commons: readonly IpNetwork[]
  readonly initial: InitialSpace
  /** Never allocated, though they can be claimed. */
  readonly reserved: readonly IpNetwork[]
  /** `highest` where something else hands out the same space from below. */
  readonly order: 'lowest' | 'highest'
  /** The peer's record that its body came in, as text that a later router can pass on. Absent where nobody vouches for others. */
  readonly recordOf?: (peer: PeerName) => string | undefined
  /** Text of an earlier `store`. */
  readonly stored: string | undefined
  readonly now: number
}

/** Answers of one request, by its ticket. */
export type IpamRequest =
  /** An address for the container within the subnet; the one that it has already, if it has. */
  | {
      readonly kind: 'allocate'
      readonly ticket: number
      readonly id: string
      readonly subnet: IpNetwork
      readonly within?: IpNetwork
      readonly timeoutMs: number
    }
  | {
      readonly kind: 'claim'
      readonly ticket: number
      readonly id: string
      readonly address: IpOnNetwork
      readonly timeoutMs: number
    }
  /** Until this router has space of its own (Weave row CLI-19). */
  | { readonly kind: 'prime'; readonly ticket: number; readonly timeoutMs: number }

export type IpamInput =
  | IpamRequest
  | { readonly kind: 'cancel'; readonly ticket: number }
  /** All addresses of the container, or one. */
  | { readonly kind: 'release'; readonly id: string; readonly address?: bigint }
  /** What a peer publishes; undefined when it is forgotten. Also what this router published in an earlier life. */
  | { readonly kind: 'heard'; readonly peer: PeerName; readonly body: Uint8Array | undefined }
  | { readonly kind: 'reachable'; readonly peers: ReadonlySet<PeerName> }
  /** Of the manifest; never sent where there is none. */
  | {
      readonly kind: 'members'
      readonly members: readonly IpamMember[]
      /** Those that it adds to what is handed out; who has a share of them says `home`. */
      readonly ranges?: readonly IpNetwork[]
    }
  /** One more range for all routers: whoever hears of it keeps it, and tells it on. */
  | { readonly kind: 'add-range'; readonly ticket: number; readonly range: IpNetwork }
  /** The operator says that the peer is dead (Weave row IPM-10). */
  | { readonly kind: 'take-over'; readonly ticket: number; readonly peer: PeerName }
  /** Gives all space away: the router leaves for good (Weave row IPM-09). */
  | { readonly kind: 'leave' }

export type IpamAnswer =
  | { readonly kind: 'address'; readonly lease: Lease }
  | { readonly kind: 'done' }
  | { readonly kind: 'taken-over'; readonly addresses: bigint }
  | { readonly kind: 'refused'; readonly reason: string }

export type IpamOutput =
  /** To be on disk before what follows is performed. */
  | { readonly kind: 'store'; readonly text: string }
  | { readonly kind: 'publish'; readonly body: Uint8Array }
  /** A text of `recordOf` from an earlier life: to be taken as if a neighbour had passed it on, once all of this batch is done. */
  | { readonly kind: 'recall'; readonly peer: PeerName; readonly record: string }
  | { readonly kind: 'answer'; readonly ticket: number; readonly answer: IpamAnswer }
  /** What a peer said of its addresses. */
  | { readonly kind: 'refused'; readonly peer: PeerName; readonly reason: string }
  | {
      readonly kind: 'log'
      readonly level: 'info' | 'warn' | 'error'
      readonly message: string
      readonly fields: Readonly<Record<string, string | number>>
    }

export interface IpamPeerStatus {
  readonly name: PeerName
  readonly ranges: readonly Range[]
  readonly addresses: bigint
  readonly free: bigint
  readonly isReachable: boolean
  readonly isSelf: boolean
  /** Milliseconds until its space is taken over, while that is foreseeable. */
  readonly takenOverInMs?: number
}

/** Space of this router's range that nobody speaks for. */
export interface IpamOwnerless {
  readonly addresses: bigint
  /** Members out of reach that may think to have some, as nothing has come of them since this router started. */
  readonly waitsFor: readonly PeerName[]
}

export interface IpamStatus {
  readonly state: string
  readonly isReady: boolean
  readonly universe: readonly IpNetwork[]
  readonly total: bigint
  readonly peers: readonly IpamPeerStatus[]
  readonly active: number
  readonly pendingAllocates: number
  readonly pendingClaims: number
  /** Addresses of containers here that another peer owns by now. */
  readonly disputed: readonly Lease[]
  /** Absent where none waits. */
  readonly ownerless?: IpamOwnerless
}
