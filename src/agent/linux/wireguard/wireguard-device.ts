import type { Endpoint } from '../../../base/endpoint.ts'
import type { Ipv4 } from '../../../base/ipv4.ts'

/** What a device says of itself. */
export interface WireguardState {
  /** X25519, 32 bytes; undefined while it has none. */
  readonly publicKey: Uint8Array | undefined
  readonly peers: readonly { readonly publicKey: Uint8Array; readonly addresses: readonly Ipv4[] }[]
}

/** What to change of a device; what is left out stays as it is. */
export interface WireguardChange {
  readonly privateKey?: Uint8Array
  readonly port?: number
  readonly peers: readonly WireguardPeerChange[]
}

export type WireguardPeerChange =
  | { readonly kind: 'remove'; readonly publicKey: Uint8Array }
  | {
      readonly kind: 'set'
      readonly publicKey: Uint8Array
      readonly presharedKey?: Uint8Array
      readonly endpoint?: Endpoint
      /** What the peer may send from, and what is sent to it; taken from the peer that had it. */
      readonly address?: Ipv4
    }

/** A WireGuard device, in the kernel or in another process. Both methods throw a `SystemCallError` when it does not answer. */
export interface WireguardDevice {
  read(): WireguardState
  /** In the order that is given. */
  change(change: WireguardChange): void
}
