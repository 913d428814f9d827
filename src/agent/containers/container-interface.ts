import { existsSync } from 'node:fs'
import { formatIpOnNetwork, type IpOnNetwork, isIpv4 } from '../../base/ip-address.ts'
import type { PortGuarding } from '../isolation/port-guard.ts'
import { deleteDevice, makePort } from '../linux/change-device.ts'
import { findDevice } from '../linux/network-device.ts'
import { requireBridge } from '../linux/required-bridge.ts'
import { runAside, tryAside } from '../linux/run-aside.ts'
import type { Argv } from '../linux/run-command.ts'
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
export async function plugIn(wish: InterfaceWish): Promise<void> {
  const found = await deviceOf(wish)
  const isNew = found === undefined
  const missing = wish.addresses.filter(address => !hasAddress(found, address))
  try {
    await wish.guard.admit(wish.hostEnd, wish.addresses)
    if (isNew) await makeDevice(wish)
    const run = (argv: Argv) => runAside(inside(wish.namespace, argv))
    if (missing.some(({ address }) => !isIpv4(address))) await run(enableIpv6(wish.device))
    for (const address of missing) await run(addAddress(wish.device, address))
    await run(setUp(wish.device))
    if (wish.multicastRoute) await run(addMulticastRoute(wish.device))
    if (isNew || isLoose(wish)) await connect(wish)
    const mac = (found ?? (await deviceOf(wish)))?.mac
    if (missing.length > 0 && mac !== undefined) await run(announce(wish.device, mac))
  } catch (cause) {
    await wish.guard.admit(wish.hostEnd, isNew ? [] : wish.addresses.filter(address => !missing.includes(address)))
    if (isNew) deleteDevice(wish.hostEnd)
    else for (const address of missing) await tryAside(inside(wish.namespace, deleteAddress(wish.device, address)))
    throw cause
  }
}

/** Takes addresses away, and the device with the last of them. Those that are not there are no error. */
export async function unplug(
  wish: Pick<InterfaceWish, 'hostEnd' | 'device' | 'namespace' | 'addresses'>,
): Promise<void> {
  const device = await deviceOf(wish)
  if (device === undefined) return
  const going = device.addresses.filter(address => wish.addresses.some(other => isSame(other, address)))
  if (going.length === device.addresses.length) deleteDevice(wish.hostEnd)
  else for (const address of going) await runAside(inside(wish.namespace, deleteAddress(wish.device, address)))
}

export async function deviceOf({
  namespace,
  device,
}: Pick<InterfaceWish, 'namespace' | 'device'>): Promise<NamespaceDevice | undefined> {
  return (await devicesIn(namespace)).find(({ name }) => name === device)
}

async function makeDevice(wish: InterfaceWish): Promise<void> {
  const bridge = requireBridge(wish.bridge)
  // Of a namespace that is gone, when the kernel has not yet taken its devices away.
  deleteDevice(wish.hostEnd)
  await runAside(makePair({ ...wish, mtu: bridge.mtu }))
  await runAside(inside(wish.namespace, tuneNeighbours(wish.device)))
}

/** Made by a call that was killed before it had come to the bridge, or of a bridge that was made anew. */
function isLoose({ bridge, hostEnd }: InterfaceWish): boolean {
  return findDevice(hostEnd) !== undefined && !existsSync(`/sys/class/net/${bridge}/brif/${hostEnd}`)
}

/** Last: what waits inside for the carrier finds addresses and routes complete. */
async function connect({ hostEnd, bridge, hairpin }: InterfaceWish): Promise<void> {
  makePort(hostEnd, bridge, { isUp: true })
  if (hairpin === true) await runAside(setHairpin(hostEnd))
}

function hasAddress(device: NamespaceDevice | undefined, address: IpOnNetwork): boolean {
  return device?.addresses.some(other => isSame(other, address)) ?? false
}

function isSame(a: IpOnNetwork, b: IpOnNetwork): boolean {
  return formatIpOnNetwork(a) === formatIpOnNetwork(b)
}
