import { existsSync } from 'node:fs'
import { formatIpOnNetwork, type IpOnNetwork, isIpv4 } from '../../base/ip-address.ts'
import type { PortGuarding } from '../isolation/port-guard.ts'
import { deleteDevice, makePort } from '../linux/change-device.ts'
import { findDevice } from '../linux/network-device.ts'
import { requireBridge } from '../linux/required-bridge.ts'
import { type Argv, runCommand, tryCommand } from '../linux/run-command.ts'
import {
  addAddress,
  addMulticastRoute,
  announce,
  deleteAddress,
  enableIpv6,
  inside,
  makePair,
  setHairpin,
  setUp,
  tuneNeighbours,
} from './interface-commands.ts'
import { devicesIn, type NamespaceDevice } from './namespace-devices.ts'

export interface InterfaceWish {
  readonly bridge: string
  readonly hostEnd: string
  /** The name inside. */
  readonly device: string
  readonly namespace: string
  readonly addresses: readonly IpOnNetwork[]
  readonly multicastRoute: boolean
  readonly hairpin?: boolean
  readonly guard: PortGuarding
}

/**
 * Gives a network namespace its device on the bridge, or the one there is the addresses that it lacks. All or nothing: what
 * was added is taken away again when a step fails.
 */
export function plugIn(wish: InterfaceWish): void {
  const found = deviceOf(wish)
  const isNew = found === undefined
  const missing = wish.addresses.filter(address => !hasAddress(found, address))
  try {
    wish.guard.admit(wish.hostEnd, wish.addresses)
    if (isNew) makeDevice(wish)
    const run = (argv: Argv) => runCommand(inside(wish.namespace, argv))
    if (missing.some(({ address }) => !isIpv4(address))) run(enableIpv6(wish.device))
    for (const address of missing) run(addAddress(wish.device, address))
    run(setUp(wish.device))
    if (wish.multicastRoute) run(addMulticastRoute(wish.device))
    if (isNew || isLoose(wish)) connect(wish)
    const mac = (found ?? deviceOf(wish))?.mac
    if (missing.length > 0 && mac !== undefined) run(announce(wish.device, mac))
  } catch (cause) {
    wish.guard.admit(wish.hostEnd, isNew ? [] : wish.addresses.filter(address => !missing.includes(address)))
    if (isNew) deleteDevice(wish.hostEnd)
    else for (const address of missing) tryCommand(inside(wish.namespace, deleteAddress(wish.device, address)))
    throw cause
  }
}

/** Takes addresses away, and the device with the last of them. Those that are not there are no error. */
export function unplug(wish: Pick<InterfaceWish, 'hostEnd' | 'device' | 'namespace' | 'addresses'>): void {
  const device = deviceOf(wish)
  if (device === undefined) return
  const going = device.addresses.filter(address => wish.addresses.some(other => isSame(other, address)))
  if (going.length === device.addresses.length) deleteDevice(wish.hostEnd)
  else for (const address of going) runCommand(inside(wish.namespace, deleteAddress(wish.device, address)))
}

export function deviceOf({
  namespace,
  device,
}: Pick<InterfaceWish, 'namespace' | 'device'>): NamespaceDevice | undefined {
  return devicesIn(namespace).find(({ name }) => name === device)
}

function makeDevice(wish: InterfaceWish): void {
  const bridge = requireBridge(wish.bridge)
  // Of a namespace that is gone, when the kernel has not yet taken its devices away.
  deleteDevice(wish.hostEnd)
  runCommand(makePair({ ...wish, mtu: bridge.mtu }))
  runCommand(inside(wish.namespace, tuneNeighbours(wish.device)))
}

/** Made by a call that was killed before it had come to the bridge, or of a bridge that was made anew. */
function isLoose({ bridge, hostEnd }: InterfaceWish): boolean {
  return findDevice(hostEnd) !== undefined && !existsSync(`/sys/class/net/${bridge}/brif/${hostEnd}`)
}

/** Last: what waits inside for the carrier finds addresses and routes complete. */
function connect({ hostEnd, bridge, hairpin }: InterfaceWish): void {
  makePort(hostEnd, bridge, { isUp: true })
  if (hairpin === true) runCommand(setHairpin(hostEnd))
}

function hasAddress(device: NamespaceDevice | undefined, address: IpOnNetwork): boolean {
  return device?.addresses.some(other => isSame(other, address)) ?? false
}

function isSame(a: IpOnNetwork, b: IpOnNetwork): boolean {
  return formatIpOnNetwork(a) === formatIpOnNetwork(b)
}
