import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { assert } from '../../base/assert.ts'
import {
  firstOf,
  formatIpAddress,
  formatIpNetwork,
  type IpAddress,
  type IpNetwork,
  type IpOnNetwork,
  isIpv4,
  networkContains,
  parseIpNetwork,
} from '../../base/ip-address.ts'
import { UserError } from '../../base/user-error.ts'
import { deviceOf, plugIn } from '../containers/container-interface.ts'
import type { Exposing } from '../containers/exposing.ts'
import { inside } from '../containers/interface-commands.ts'
import { devicesIn } from '../containers/namespace-devices.ts'
import type { AddressSource } from '../http/address-client.ts'
import type { PortGuarding } from '../isolation/port-guard.ts'
import { deleteDevice } from '../linux/change-device.ts'
import { findDevice } from '../linux/network-device.ts'
import { requireBridge } from '../linux/required-bridge.ts'
import { runAside } from '../linux/run-aside.ts'
import { obtainAddresses, releaseAddresses } from './cni-addresses.ts'
import { type CniCall, type CniRoute, requireContainer } from './cni-call.ts'
import { CNI_CODES, CniError } from './cni-error.ts'
import type { CniRecords } from './cni-records.ts'
import { type CniOutcome, formatResult } from './cni-result.ts'

const EVERYWHERE = { ipv4: '0.0.0.0/0', ipv6: '::/0' } as const

export interface WeaveNetOptions {
  readonly bridge: string
  readonly addresses: AddressSource
  readonly exposing: Pick<Exposing, 'expose'>
  readonly records: CniRecords
  readonly guard: PortGuarding
  readonly isRouterRunning: () => Promise<boolean>
}

/** The CNI plugin `weave-net` (Weave rows CNI-01, CNI-02): gives what it prints. */
export async function weaveNet(call: CniCall, options: WeaveNetOptions): Promise<string> {
  switch (call.command) {
    case 'ADD':
      return formatResult(call, await add(call, options))
    case 'DEL':
      await remove(call, options)
      return ''
    case 'CHECK':
      await check(call, options)
      return ''
    case 'GC':
      await collect(call, options)
      return ''
    case 'STATUS':
      await requireReady(call, options)
      return ''
    default:
      throw new CniError(CNI_CODES.invalidEnvironment, `CNI_COMMAND '${call.command}' is unknown`)
  }
}

/** From both names: a container may have several devices. Another prefix than `weave attach` has, which minds its own. */
export function cniHostEnd(containerId: string, device: string): string {
  return `vethwec${createHash('sha256').update(`${containerId} ${device}`).digest('hex').slice(0, 8)}`
}

async function add(call: CniCall, options: WeaveNetOptions): Promise<CniOutcome> {
  requireContainer(call)
  const { records, guard, addresses: source } = options
  if ((await deviceOf(call)) !== undefined) {
    throw new CniError(CNI_CODES.invalidEnvironment, `there is a device '${call.device}' in the container already`)
  }
  const bridge = call.bridge ?? options.bridge
  const hostEnd = cniHostEnd(call.containerId, call.device)
  records.save({ containerId: call.containerId, device: call.device, network: call.network })
  try {
    const addresses = await obtainAddresses(call, source)
    await plugIn({ ...call, bridge, guard, hostEnd, addresses, multicastRoute: false })
    const gateway = call.gateway ?? (await gatewayFor(call, addresses, options))
    const routes = (call.routes ?? [{ dst: everywhere(addresses), gw: gateway }]).map(route => ({
      ...route,
      gw: route.gw ?? gateway,
    }))
    for (const route of routes) await addRoute(call, route, addresses)
    const mac = (await deviceOf(call))?.mac ?? ''
    const ends = [
      { name: hostEnd, mac: findDevice(hostEnd)?.mac ?? '' },
      { name: call.device, mac, sandbox: call.namespace },
    ]
    return { addresses, gateway, routes, interfaces: ends }
  } catch (cause) {
    // Of two failures, the first is the one to tell.
    await remove(call, options).catch(() => records.remove(call))
    throw cause
  }
}

const DEFAULT = { kind: 'default' } as const

/** What the container has first says which way it takes out of the overlay. */
function isFirstIpv4([first]: readonly IpOnNetwork[]): boolean {
  return first === undefined || isIpv4(first.address)
}

function everywhere(addresses: readonly IpOnNetwork[]): IpNetwork {
  const network = parseIpNetwork(isFirstIpv4(addresses) ? EVERYWHERE.ipv4 : EVERYWHERE.ipv6)
  assert(network.ok, 'the network of all addresses is one')
  return network.value
}

/** The host is the way out: it gets an address when it has none (Weave row CNI-02). */
async function gatewayFor(
  call: CniCall,
  addresses: readonly IpOnNetwork[],
  options: WeaveNetOptions,
): Promise<IpAddress | undefined> {
  if (call.routes?.every(({ gw }) => gw !== undefined) === true) return undefined
  const bridge = call.bridge ?? options.bridge
  const isUsable = ({ address }: IpOnNetwork) => isIpv4(address) === isFirstIpv4(addresses)
  const own = (await devicesIn('/proc/self/ns/net')).find(({ name }) => name === bridge)?.addresses.find(isUsable)
  if (own !== undefined) return own.address
  const isDefault = call.subnet === undefined || isIpv4(call.subnet.network)
  const wish = isDefault ? DEFAULT : ({ kind: 'subnet', subnet: call.subnet } as const)
  const [exposed] = await options.exposing.expose([wish], { masquerade: true, fqdn: '' })
  return exposed?.address
}

/** A gateway outside the container's subnets is reached on the link. */
async function addRoute(call: CniCall, { dst, gw }: CniRoute, addresses: readonly IpOnNetwork[]): Promise<void> {
  const family = isIpv4(dst.network) ? '-4' : '-6'
  const run = (...args: readonly string[]) =>
    runAside(inside(call.namespace, ['ip', family, 'route', 'replace', ...args, 'dev', call.device]))
  if (gw === undefined) return void (await run(formatIpNetwork(dst), 'scope', 'link'))
  const isOnLink = addresses.some(({ address, prefix }) =>
    networkContains({ network: firstOf(address, prefix), prefix }, gw),
  )
  if (!isOnLink) await run(formatIpNetwork({ network: gw, prefix: 128 }), 'scope', 'link')
  await run(formatIpNetwork(dst), 'via', formatIpAddress(gw))
}

async function remove(call: CniCall, { records, guard, addresses }: WeaveNetOptions): Promise<void> {
  requireContainer({ ...call, command: 'DEL' })
  const hostEnd = cniHostEnd(call.containerId, call.device)
  deleteDevice(hostEnd)
  await guard.release(hostEnd)
  await releaseAddresses(call, addresses)
  records.remove(call)
}

async function check(call: CniCall, options: WeaveNetOptions): Promise<void> {
  requireContainer(call)
  const fail = (reason: string) => {
    throw new CniError(CNI_CODES.unknownContainer, reason, 'delete the container’s network and add it again')
  }
  if (!existsSync(call.namespace)) fail(`there is no network namespace ${call.namespace}`)
  const device = await deviceOf(call)
  if (device === undefined) return fail(`there is no device '${call.device}' in the container`)
  const has = ({ address, prefix }: IpOnNetwork) =>
    device.addresses.some(one => one.address === address && one.prefix === prefix)
  const lost = call.previousAddresses.find(address => !has(address))
  if (lost !== undefined) fail(`the container has lost the address ${formatIpAddress(lost.address)}`)
  const port = findDevice(cniHostEnd(call.containerId, call.device))
  if (port?.master !== (call.bridge ?? options.bridge)) fail('the container’s device is not in the bridge')
}

/** What no container of the runtime’s list holds is taken away. */
async function collect(call: CniCall, options: WeaveNetOptions): Promise<void> {
  for (const record of options.records.strays(call)) {
    await remove({ ...call, containerId: record.containerId, device: record.device, namespace: '' }, options)
  }
}

async function requireReady(call: CniCall, options: WeaveNetOptions): Promise<void> {
  try {
    requireBridge(call.bridge ?? options.bridge)
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause
    throw new CniError(CNI_CODES.unavailable, cause.message, cause.problems[0]?.remedy)
  }
  if (await options.isRouterRunning()) return
  throw new CniError(CNI_CODES.unavailable, 'weave is not running', 'start it with `weave launch`, as root')
}
