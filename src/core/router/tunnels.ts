import type { Endpoint } from '../../base/endpoint.ts'
import type { IpAddress } from '../../base/ip-address.ts'
import type { FastLink } from '../mesh/fast-link.ts'
import { isTunnelAddress, tunnelAddressOf, tunnelEndOf } from '../mesh/tunnel-address.ts'
import type { TunnelOptions, TunnelPeer } from '../mesh/tunnel-peer.ts'
import { Topic } from '../wire/topic.ts'
import { decodeTunnelNotice, encodeTunnelNotice, type TunnelNotice } from '../wire/tunnel-notice.ts'
import type { ConversationContext } from './conversation.ts'

type Context = Pick<ConversationContext, 'options' | 'topics' | 'sessions' | 'emit'>

/**
 * The WireGuard tunnels beneath the fast path. A device's own key is told in its router's signed record; the key that is mixed into each
 * handshake is the pair key of the two routers' short-lived keys, so that WireGuard's keys are renewed when those are.
 */
export class Tunnels {
  readonly #context: Context
  readonly #own: TunnelOptions
  readonly #self: number
  /** As they were told to the shell last. */
  readonly #peers = new Map<number, TunnelPeer>()
  /** Where the sleeve finds peers. */
  #underlay: ReadonlyMap<number, string> = new Map()

  constructor(context: Context, own: TunnelOptions) {
    this.#context = context
    this.#own = own
    this.#self = context.options.shortId
  }

  /** The peer's address within the tunnel, when it has one and so have we. */
  addressOf(peer: number): IpAddress | undefined {
    return this.#noticeOf(peer) === undefined ? undefined : tunnelEndOf(peer)
  }

  /** Says whom this router reaches inside tunnels. `underlay`: addresses of peers outside of them. */
  announce(open: readonly FastLink[], underlay: ReadonlyMap<number, string>): void {
    this.#underlay = underlay
    const neighbours = open.filter(({ address }) => isTunnelAddress(address)).map(({ peer }) => peer)
    this.#context.topics.publish(Topic.tunnel, encodeTunnelNotice({ ...this.#own, neighbours }))
  }

  /** Peers whose tunnel both ends have proved. */
  proved(open: readonly FastLink[]): readonly number[] {
    return open
      .filter(({ peer, address }) => isTunnelAddress(address) && this.hasProved(peer))
      .map(({ peer }) => peer)
      .sort((a, b) => a - b)
  }

  /** Whether the peer says that it exchanges VXLAN with this router inside a tunnel. */
  hasProved(peer: number): boolean {
    return this.#noticeOf(peer)?.neighbours.includes(this.#self) === true
  }

  /**
   * Gives the device one peer for each link inside a tunnel. A peer of which nothing is known at the time stays as it is, and so do those
   * of tunnels among `held`: what the kernel takes frames from until this router has heard of its peers.
   */
  arrange(links: readonly FastLink[], held: ReadonlyMap<IpAddress, number> = new Map()): void {
    const wanted = links.filter(({ address }) => isTunnelAddress(address)).map(({ peer }) => peer)
    for (const peer of this.#peers.keys()) if (!wanted.includes(peer)) this.#peers.delete(peer)
    for (const peer of wanted) {
      const tunnel = this.#describe(peer)
      if (tunnel !== undefined) this.#peers.set(peer, tunnel)
    }
    const left = [...held].filter(([address]) => isTunnelAddress(address)).map(([, peer]) => peer)
    const kept = [...new Set([...wanted, ...left])].filter(peer => !this.#peers.has(peer)).map(tunnelAddressOf)
    this.#context.emit({ kind: 'tunnels', self: tunnelAddressOf(this.#self), peers: [...this.#peers.values()], kept })
  }

  #describe(peer: number): TunnelPeer | undefined {
    const notice = this.#noticeOf(peer)
    const presharedKey = this.#context.sessions.pairKey(peer)
    if (notice === undefined || presharedKey === undefined) return undefined
    const ip = this.#underlay.get(peer)
    const endpoint: Endpoint | undefined =
      ip === undefined ? this.#peers.get(peer)?.endpoint : { ip, port: notice.port }
    const { publicKey } = notice
    return { address: tunnelAddressOf(peer), publicKey, presharedKey, ...(endpoint === undefined ? {} : { endpoint }) }
  }

  #noticeOf(peer: number): TunnelNotice | undefined {
    const body = this.#context.topics.bodyOf(peer, Topic.tunnel)
    return body === undefined ? undefined : decodeTunnelNotice(body)
  }
}
