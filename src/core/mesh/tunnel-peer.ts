import type { Endpoint } from '../../base/endpoint.ts'
import type { Ipv4 } from '../../base/ipv4.ts'

/** This host's WireGuard device. */
export interface TunnelOptions {
  /** X25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** UDP, where it listens. */
  readonly port: number
}

/** The other end of a WireGuard tunnel. */
export interface TunnelPeer {
  /** Within the tunnel: datagrams to and from there, and no others, belong to the peer. */
  readonly address: Ipv4
  readonly publicKey: Uint8Array
  /** Mixed into each handshake; secret. */
  readonly presharedKey: Uint8Array
  /** Absent: where it was heard from last. */
  readonly endpoint?: Endpoint
}
