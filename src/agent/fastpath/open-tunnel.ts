import { formatCidr } from '../../base/cidr.ts'
import { TUNNEL_PORT } from '../../contract/ports.ts'
import { TUNNEL_NETWORK } from '../../core/router/index.ts'
import { changeDevice, deleteDevice } from '../linux/change-device.ts'
import { addWireguard, blackhole } from '../linux/ip-commands.ts'
import { deviceIndex, type Libc } from '../linux/libc.ts'
import { runCommand, tryCommand } from '../linux/run-command.ts'
import { KernelWireguard } from '../linux/wireguard/kernel-device.ts'
import { createPrivateBytes, publicBytesOf } from '../linux/wireguard/key-pair.ts'
import { UserspaceWireguard } from '../linux/wireguard/userspace-device.ts'
import type { WireguardDevice } from '../linux/wireguard/wireguard-device.ts'
import { Tunnel } from './tunnel.ts'

/** What VXLAN over IPv4 puts before a frame, its Ethernet header included. */
const VXLAN_BYTES = 50

/** Whose WireGuard: the kernel's, or that of `wireguard-go`, which is for functional tests. */
export type TunnelKind = 'kernel' | 'userspace'

export function tunnelNameOf(bridge: string): string {
  return `${bridge}-wg`
}

export interface TunnelWish {
  readonly libc: Libc
  readonly bridge: string
  /** Of the overlay. */
  readonly mtu: number
  readonly kind: TunnelKind
}

/**
 * Makes the WireGuard device, or takes over the one that an earlier agent has left, with its key and its peers. The private key is
 * nowhere but in the device. Throws a `UserError` or a `SystemCallError` when the host has no WireGuard.
 */
export function openTunnel({ libc, bridge, mtu, kind }: TunnelWish): Tunnel {
  const name = tunnelNameOf(bridge)
  if (deviceIndex(libc, name) === 0) runCommand(kind === 'kernel' ? addWireguard(name) : ['wireguard-go', name])
  const device = kind === 'kernel' ? new KernelWireguard(libc, name) : new UserspaceWireguard(libc, name)
  const publicKey = device.read().publicKey ?? giveKey(device)
  // Without the device, or while it is down, nothing meant for it may leave in the clear.
  runCommand(blackhole('replace', formatCidr(TUNNEL_NETWORK)))
  changeDevice(name, { mtu: mtu + VXLAN_BYTES, isUp: true, givesItselfNone: true })
  return new Tunnel({ name, device, publicKey })
}

/** Leaves nothing of it on the host; quick where there is nothing. */
export function removeTunnel(libc: Libc, bridge: string): void {
  if (deviceIndex(libc, tunnelNameOf(bridge)) !== 0) clearTunnel(bridge)
}

/** Removes what there may be of it. */
export function clearTunnel(bridge: string): void {
  deleteDevice(tunnelNameOf(bridge))
  tryCommand(blackhole('delete', formatCidr(TUNNEL_NETWORK)))
}

function giveKey(device: WireguardDevice): Uint8Array {
  const privateKey = createPrivateBytes()
  device.change({ privateKey, port: TUNNEL_PORT, peers: [] })
  return publicBytesOf(privateKey)
}
