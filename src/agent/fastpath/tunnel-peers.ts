import type { Ipv4 } from '../../base/ipv4.ts'
import type { TunnelPeer } from '../../core/router/index.ts'
import type { WireguardPeerChange, WireguardState } from '../linux/wireguard/wireguard-device.ts'

/** What the device has of a peer, as far as that is known: of what an earlier agent left, only the key. */
type KnownPeer = Pick<TunnelPeer, 'publicKey'> & Partial<TunnelPeer>

/** What a WireGuard device has, to tell what differs: what is set again as it is could cost a datagram. */
export class TunnelPeers {
  readonly #known = new Map<Ipv4, KnownPeer>()

  constructor({ peers }: WireguardState) {
    for (const { publicKey, addresses } of peers) {
      for (const address of addresses) this.#known.set(address, { publicKey })
    }
  }

  /** Removals come first: a peer with another key has the address of the one before. */
  changesTo(wanted: readonly TunnelPeer[], kept: readonly Ipv4[]): readonly WireguardPeerChange[] {
    const gone = [...this.#gone(wanted, kept)].map(({ publicKey }) => ({ kind: 'remove', publicKey }) as const)
    return [...gone, ...wanted.flatMap(peer => changesOf(peer, this.#same(peer)))]
  }

  /** The device has taken the changes. */
  changed(wanted: readonly TunnelPeer[], kept: readonly Ipv4[]): void {
    const gone = new Set(this.#gone(wanted, kept))
    for (const [address, known] of this.#known) if (gone.has(known)) this.#known.delete(address)
    for (const peer of wanted) this.#known.set(peer.address, peer)
  }

  *#gone(wanted: readonly TunnelPeer[], kept: readonly Ipv4[]): Iterable<KnownPeer> {
    const byAddress = new Map(wanted.map(peer => [peer.address, peer]))
    for (const [address, known] of this.#known) {
      const next = byAddress.get(address)
      const stays = next === undefined ? kept.includes(address) : isEqual(next.publicKey, known.publicKey)
      if (!stays) yield known
    }
  }

  #same(peer: TunnelPeer): KnownPeer | undefined {
    const known = this.#known.get(peer.address)
    return known !== undefined && isEqual(known.publicKey, peer.publicKey) ? known : undefined
  }
}

function changesOf(peer: TunnelPeer, known: KnownPeer | undefined): readonly WireguardPeerChange[] {
  const { publicKey, presharedKey, endpoint, address } = peer
  const isKeyKnown = known?.presharedKey !== undefined && isEqual(known.presharedKey, presharedKey)
  const isPlaceKnown = endpoint?.ip === known?.endpoint?.ip && endpoint?.port === known?.endpoint?.port
  if (known !== undefined && isKeyKnown && isPlaceKnown) return []
  return [
    {
      kind: 'set',
      publicKey,
      ...(isKeyKnown ? {} : { presharedKey }),
      ...(isPlaceKnown || endpoint === undefined ? {} : { endpoint }),
      ...(known === undefined ? { address } : {}),
    },
  ]
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
