import type { Endpoint } from '../../base/endpoint.ts'
import type { IpNetwork } from '../../base/ip-address.ts'
import type { Ipv4 } from '../../base/ipv4.ts'
import type { SignedManifest } from '../../contract/cluster-manifest.ts'
import type { Entry } from '../dns/entry.ts'
import type { Names, NamesOptions } from '../dns/names.ts'
import type { ForwardingTable } from '../forwarding/forwarding-table.ts'
import type { IpamAnswer, IpamInput, IpamOptions } from '../ipam/api.ts'
import type { Ipam } from '../ipam/ipam.ts'
import type { DialFailure } from '../mesh/connection-maker.ts'
import type { FastPathTable } from '../mesh/fast-path-table.ts'
import type { TunnelOptions, TunnelPeer } from '../mesh/tunnel-peer.ts'
import type { Cryptography } from '../session/crypto.ts'
import type { Probe } from '../wire/probe.ts'
import type { Reach, RouterStatus, TableSizes } from './router-status.ts'

export type * from './router-status.ts'

/** Milliseconds on the shell's monotonic clock. */
export type Instant = number

/** The shell's number for one TLS connection; never reused in the life of the process. */
export type LinkId = number

/** What the shell tells the router. */
export type Input =
  /** A TLS connection is up; `publicKey` is the raw Ed25519 key of the peer's certificate, vouched for by the cluster. */
  | {
      readonly kind: 'link-opened'
      readonly link: LinkId
      readonly direction: 'outbound' | 'inbound'
      readonly remote: Endpoint
      readonly publicKey: Uint8Array
    }
  /** Bytes of the stream, in order, cut anywhere. */
  | { readonly kind: 'link-data'; readonly link: LinkId; readonly bytes: Uint8Array }
  | { readonly kind: 'link-closed'; readonly link: LinkId; readonly reason: string }
  /** Answers `dial` when no link came of it. */
  | ({ readonly kind: 'dial-failed'; readonly target: Endpoint } & DialFailure)
  /**
   * The data plane opened a probe datagram sealed by `peer`. It has answered a question; `roundTripMs`: of an answer, if it has taken
   * the time.
   */
  | {
      readonly kind: 'probe-received'
      readonly peer: number
      readonly probe: Probe
      readonly from: Endpoint
      readonly roundTripMs?: number | undefined
    }
  /**
   * The data plane sends the peer datagrams of about the size that it was told, which it says at most every ten seconds; or it could
   * not send the probe `refused`, as this host's network does not take a datagram of that size.
   */
  | { readonly kind: 'path-filled'; readonly peer: number; readonly refused?: number }
  /** The data plane has frames for a peer that it reaches over a relay, or over a direct path. */
  | { readonly kind: 'path-wanted'; readonly peer: number }
  /** One of this router's data keys has sealed enough. */
  | { readonly kind: 'key-worn' }
  /** The data plane has datagrams for a neighbour whose link carries them, `datagramBytes` each, the last that many or fewer. */
  | {
      readonly kind: 'carry'
      readonly neighbour: number
      readonly datagramBytes: number
      readonly bytes: Uint8Array
    }
  /** The kernel of `peer` has answered the probe `nonce`. */
  | {
      readonly kind: 'fast-probe-answered'
      readonly peer: number
      readonly nonce: number
      readonly roundTripMs: number
    }
  /** It was asked to within a time, and has not: the shell has looked. */
  | { readonly kind: 'fast-probe-unanswered'; readonly peer: number; readonly nonce: number }
  /** The own kernel does not send so large a probe: it has been told that the path takes less. */
  | { readonly kind: 'fast-probe-refused'; readonly peer: number; readonly nonce: number }
  | { readonly kind: 'connect'; readonly targets: readonly Endpoint[]; readonly replace: boolean }
  | { readonly kind: 'forget'; readonly targets: readonly Endpoint[] }
  | { readonly kind: 'manifest'; readonly signed: SignedManifest }
  | { readonly kind: 'addresses'; readonly input: IpamInput }
  | { readonly kind: 'names'; readonly change: NameChange }
  | { readonly kind: 'stop' }

/** A name of this host's: added, or all that fit removed, or those of a container judged by its health check. */
export type NameChange =
  | { readonly kind: 'add'; readonly entry: Entry }
  | { readonly kind: 'remove'; readonly fits: (entry: Entry) => boolean }
  | { readonly kind: 'judge'; readonly id: string; readonly isHealthy: boolean }

/** What the router wants done, in order. */
export type Output =
  /** Open a TLS connection; answer with `link-opened` or `dial-failed`. At most one dial per target is open at a time. */
  | { readonly kind: 'dial'; readonly target: Endpoint }
  | { readonly kind: 'link-send'; readonly link: LinkId; readonly bytes: Uint8Array }
  /** As `link-send`, but drop it when the link is behind with what it was given. */
  | { readonly kind: 'link-carry'; readonly link: LinkId; readonly bytes: Uint8Array }
  /** Datagrams that came over the link to a neighbour: give them to the data plane. At most 65,507 bytes. */
  | {
      readonly kind: 'carried'
      readonly neighbour: number
      readonly datagramBytes: number
      readonly bytes: Uint8Array
    }
  /** No `link-closed` is expected in answer, and one that comes is ignored. */
  | { readonly kind: 'link-close'; readonly link: LinkId; readonly reason: string }
  /** Replaces the whole table of the data plane. */
  | { readonly kind: 'forwarding'; readonly table: ForwardingTable }
  /** Seal the probe for this neighbour and send it to that endpoint. */
  | { readonly kind: 'probe'; readonly peer: number; readonly to: Endpoint; readonly probe: Probe }
  /** Replaces the whole table of the fast path in the kernel. */
  | { readonly kind: 'fast-path'; readonly table: FastPathTable }
  /** The peers of the WireGuard device, which is to have no others but those `kept` as they are. */
  | {
      readonly kind: 'tunnels'
      /** The router's own address within the tunnels. */
      readonly self: Ipv4
      readonly peers: readonly TunnelPeer[]
      readonly kept: readonly Ipv4[]
    }
  /**
   * Send a question of the fast path to this address; answer with `fast-probe-answered`, `fast-probe-refused`, or, where there is a time for
   * that, `fast-probe-unanswered`. Answers that come later count all the same.
   */
  | {
      readonly kind: 'fast-probe'
      readonly peer: number
      readonly to: string
      readonly nonce: number
      /** As large as frames may be. */
      readonly isLarge: boolean
      readonly answerWithinMs?: number
    }
  /** Datagrams for the peer may be so large on all of their way; nothing is known of the way without a number. */
  | { readonly kind: 'path-size'; readonly peer: number; readonly datagramBytes?: number }
  | { readonly kind: 'store-manifest'; readonly signed: SignedManifest }
  /** To be on disk before what follows is performed. */
  | { readonly kind: 'store-addresses'; readonly text: string }
  | { readonly kind: 'store-names'; readonly text: string }
  /** Answers a request of `addresses`. */
  | { readonly kind: 'ipam-answer'; readonly ticket: number; readonly answer: IpamAnswer }
  | { readonly kind: 'store-targets'; readonly targets: readonly Endpoint[] }
  /** In an open cluster: another peer holds our short id by right, and this router goes on under that one. To be kept for the next start. */
  | { readonly kind: 'renumber'; readonly shortId: number; readonly bootId: bigint }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string; readonly fields: LogFields }

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFields = Readonly<Record<string, string | number | boolean>>

/** When to call `advance`, and why: the reason is for the log of a late wake-up. */
export interface Deadline {
  readonly at: Instant
  readonly reason: string
}

/** What makes a router a member. */
export type Trust =
  /** The cluster key (raw Ed25519) signs a manifest that names all hosts. */
  | { readonly kind: 'certified'; readonly clusterKey: Uint8Array; readonly manifest: SignedManifest }
  /** The shell admits who proves a password, or anybody; they vouch for others by gossip. */
  | { readonly kind: 'open' }

export interface RouterOptions {
  /** The host's number; in an open cluster where it starts from: `shortIdOf` its name, or the last one. */
  readonly shortId: number
  readonly nickname: string
  /** Raw Ed25519 private key (32 bytes). */
  readonly identitySeed: Uint8Array
  readonly trust: Trust
  /** Larger at each start of the router: wall-clock milliseconds will do. */
  readonly bootId: bigint
  readonly port: number
  readonly addresses: readonly string[]
  readonly targets: readonly Endpoint[]
  readonly discovery: boolean
  /** Links at most; 0, or nothing, for no limit but the router's own. */
  readonly linksMax?: number
  readonly mtu: number
  /** Absent: this router hands out no addresses. */
  readonly ipam?: Omit<IpamOptions, 'self' | 'now' | 'recordOf'>
  /** Absent: this router knows no names. */
  readonly names?: Omit<NamesOptions, 'self' | 'addresses'>
  /** Absent: all frames take the sleeve. */
  readonly fastPath?: {
    /** Underlay networks over which frames may go in the clear. */
    readonly trusted: readonly IpNetwork[]
    /** What an earlier agent has left in the kernel. */
    readonly adopted: FastPathTable
    /** Absent: frames go in the clear or not at all. */
    readonly tunnel?: TunnelOptions
  }
  /** Why there is no fast path though the operator wants one; shown in the status. */
  readonly fastPathMissing?: string
  /** Why frames have the fast path or none; shown in the status. */
  readonly sleeveMissing?: string
  /** Fills with unpredictable bytes. */
  readonly random: (length: number) => Uint8Array
  readonly now: Instant
  /** Milliseconds since 1970 by the host's clock, right or wrong, which may be set at any time: for nothing but to be compared. */
  readonly wallClock: () => number
  /** What the operator says that the links to hosts cost, by name in the manifest, 1 to 65,535: counts in place of what is measured. */
  readonly linkCosts?: Readonly<Record<string, number>>
  /** Node's unless a simulation has its own. */
  readonly cryptography?: Cryptography
}

/**
 * The whole router as the shell sees it. The shell's loop: `handle` or `advance`, `drain` and perform, re-arm one timer at
 * `deadline`. Nothing here throws for anything that comes from the network.
 */
export interface RouterMachine {
  handle(input: Input, now: Instant): void
  /** `heardUntil`: all that had come until then was handed over; who has been silent is judged by that. Absent: now. */
  advance(now: Instant, heardUntil?: Instant): void
  /** For a router with more to read that is late already: heartbeats alone, for the rest will come to something else. */
  keepLinks(now: Instant): void
  readonly deadline: Deadline | undefined
  drain(): Output[]
  status(now: Instant): RouterStatus
  /** Routers that can be reached, this one included, and all that there are. */
  readonly reach: Reach
  /** Of queues and tables: cheaper than `status`, so that they can be looked at after each call. */
  readonly sizes: TableSizes
  /** To look things up, never to change them. */
  readonly shared?: SharedView
}

export interface SharedView {
  readonly ipam: IpamView | undefined
  readonly names: NamesView | undefined
}

export type IpamView = Pick<Ipam, 'leases' | 'lookUp' | 'status' | 'sizes' | 'holderBesides'>
export type NamesView = Pick<Names, 'all' | 'own' | 'peerCount' | 'find' | 'findAddress' | 'isParent' | 'hasRoomFor'>
