import { writeFileSync } from 'node:fs'
import type { Mac } from '../../base/mac.ts'
import { UserError } from '../../base/user-error.ts'
import { addBridge, changeDevice, deleteDevice, makePort } from './change-device.ts'
import { findDevice } from './network-device.ts'
import { requireBridge } from './required-bridge.ts'
import { runCommand } from './run-command.ts'

export interface BridgeWish {
  readonly name: string
  readonly mtu: number
  /** Undefined: the kernel chooses. */
  readonly mac: Mac | undefined
}

/**
 * Below /proc/sys/net, * being the bridge. A container must not become the host's router for IPv6 (Weave row LAN-06); an address that
 * has moved to another container is noticed within seconds (LAN-04; kernel doc ip-sysctl).
 */
const SETTINGS = [
  ['ipv6/conf/*/accept_ra', '0'],
  ['ipv4/neigh/*/base_reachable_time_ms', '5000'],
  ['ipv4/neigh/*/delay_first_probe_time', '2'],
  ['ipv4/neigh/*/ucast_solicit', '1'],
] as const

/** Makes the bridge, or brings the one there is to the wished state. True when it was made. */
export function ensureBridge(wish: BridgeWish): boolean {
  const found = findDevice(wish.name)
  if (found !== undefined && found.kind !== 'bridge') {
    throw new UserError({
      cause: `there is a network device '${wish.name}' that is not a bridge`,
      remedy: `remove it (ip link delete ${wish.name}), or set another name as bridge.name in agent-config.json`,
    })
  }
  if (found === undefined) {
    makeBridge(wish)
    return true
  }
  keepSettings(wish.name)
  if (found.mtu !== wish.mtu || !found.isUp) changeDevice(wish.name, { mtu: wish.mtu, isUp: true })
  return false
}

/** A pair between two bridges (Weave row CLI-25): what is on one is on both. Repeatable. */
export function joinBridges(name: string, other: string): void {
  for (const bridge of [name, other]) requireBridge(bridge)
  // Devices have names of at most 15 characters.
  const [ours, theirs] = [`vethwebl${other}`.slice(0, 15), `vethwebg${other}`.slice(0, 15)]
  if (findDevice(ours) === undefined) {
    runCommand(['ip', 'link', 'add', 'name', ours, 'type', 'veth', 'peer', 'name', theirs])
  }
  const mtu = findDevice(name)?.mtu ?? 0
  for (const [device, bridge] of [
    [ours, name],
    [theirs, other],
  ] as const) {
    makePort(device, bridge, { mtu, isUp: true })
  }
}

/** Removes the bridge, if there is one. */
export function removeBridge(name: string): void {
  if (findDevice(name)?.kind === 'bridge') deleteDevice(name)
}

function makeBridge(wish: BridgeWish): void {
  const { name, mtu } = wish
  addBridge(name, wish.mac)
  keepSettings(name)
  const mac = wish.mac ?? findDevice(name)?.mac
  changeDevice(name, { mtu, isUp: true, ...(mac === undefined ? {} : { mac }) })
}

/** Also of a bridge that a tool of the host's has made: not each can say them all. */
function keepSettings(name: string): void {
  for (const [setting, value] of SETTINGS) keepSetting(setting.replace('*', name), value)
}

function keepSetting(path: string, value: string): void {
  try {
    writeFileSync(`/proc/sys/net/${path}`, value)
  } catch (cause) {
    // Without IPv6 there is no such setting; in a container it may be out of reach.
    if (!['ENOENT', 'EROFS', 'EACCES'].includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause
  }
}
