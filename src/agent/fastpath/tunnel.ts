import { networkInterfaces } from 'node:os'
import { formatIpv4, type Ipv4 } from '../../base/ipv4.ts'
import { type Output, TUNNEL_NETWORK } from '../../core/router/index.ts'
import { addAddress, flushAddresses } from '../linux/ip-commands.ts'
import { runCommand } from '../linux/run-command.ts'
import type { WireguardDevice } from '../linux/wireguard/wireguard-device.ts'
import { TunnelPeers } from './tunnel-peers.ts'

/** The router waits for two programs: no longer in all than its neighbours bear. */
const MOVE_LIMIT_MS = 1_500

export interface TunnelParts {
  /** Of the network device, which is up. */
  readonly name: string
  readonly device: WireguardDevice
  readonly publicKey: Uint8Array
}

/** Gives a WireGuard device the address and the peers that the router wants. */
export class Tunnel {
  readonly name: string
  readonly publicKey: Uint8Array
  readonly #device: WireguardDevice
  readonly #peers: TunnelPeers

  constructor({ name, device, publicKey }: TunnelParts) {
    this.name = name
    this.publicKey = publicKey
    this.#device = device
    this.#peers = new TunnelPeers(device.read())
  }

  /** Throws when the device does not answer, and leaves the rest for the next time. */
  apply({ self, peers, kept }: Extract<Output, { kind: 'tunnels' }>): void {
    this.#move(self)
    const changes = this.#peers.changesTo(peers, kept)
    if (changes.length > 0) this.#device.change({ peers: changes })
    this.#peers.changed(peers, kept)
  }

  /** The router's own address, which changes with its number. */
  #move(self: Ipv4): void {
    const ip = formatIpv4(self)
    const has = (networkInterfaces()[this.name] ?? []).filter(({ family }) => family === 'IPv4')
    if (has.length === 1 && has[0]?.address === ip) return
    runCommand(flushAddresses(this.name), MOVE_LIMIT_MS)
    runCommand(addAddress(this.name, `${ip}/${TUNNEL_NETWORK.prefix}`), MOVE_LIMIT_MS)
  }
}
