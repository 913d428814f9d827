import {
  encloses,
  formatIpAddress,
  formatIpNetwork,
  formatIpOnNetwork,
  type IpAddress,
  type IpNetwork,
  networkContains,
  parseIpAddress,
  parseIpNetwork,
} from '../../base/ip-address.ts'
import type { AddressSource } from '../http/address-client.ts'
import type { PortGuarding } from '../isolation/port-guard.ts'
import { objectOf, type PluginCall, type PluginCalls, textOf } from './plugin-server.ts'

/** Leases of Docker's networks are filed under their addresses: Docker does not say for which container one is (Weave row ARG-06). */
export const NETWORK_LEASES = '_'
const GATEWAY = 'com.docker.network.gateway'
const REQUEST_TYPE = 'RequestAddressType'

interface Pool {
  readonly subnet: IpNetwork
  /** Where addresses are chosen from. */
  readonly range: IpNetwork
}

export type PoolSource = Pick<AddressSource, 'allocate' | 'claim' | 'release' | 'defaultSubnet'>

/** Docker's IPAM driver `weavemesh` (Weave row PLG-03): subnets of any kind, addresses from the router's ring. */
export function ipamDriver(addresses: PoolSource, guard: Pick<PortGuarding, 'holderOf'>): PluginCalls {
  return {
    'IpamDriver.GetCapabilities': () => ({ RequiresMACAddress: false, RequiresRequestReplay: false }),
    'IpamDriver.GetDefaultAddressSpaces': () => ({
      LocalDefaultAddressSpace: 'weavelocal',
      GlobalDefaultAddressSpace: 'weaveglobal',
    }),
    'IpamDriver.RequestPool': async call => requestPool(addresses, call),
    'IpamDriver.ReleasePool': () => ({}),
    'IpamDriver.RequestAddress': async call => requestAddress(addresses, guard, call),
    'IpamDriver.ReleaseAddress': async call => {
      const pool = parsePool(textOf(call, 'PoolID'))
      const address = parseIpAddress(textOf(call, 'Address'))
      if (!address.ok) throw new Error(address.error)
      // Of two containers that wanted it, the one that was refused gives back what the other has.
      if (guard.holderOf(address.value) !== undefined) return {}
      await addresses.release(NETWORK_LEASES, { address: address.value, prefix: pool.subnet.prefix })
      return {}
    },
  }
}

/** The id says all that is needed later: no table is kept that could be lost. */
export function formatPool({ subnet, range }: Pool): string {
  return `weave-${formatIpNetwork(subnet)}-${formatIpNetwork(range)}`
}

export function parsePool(id: string): Pool {
  const [, subnetText = '', rangeText = ''] = /^weave-([\da-f.:/]+)-([\da-f.:/]+)$/.exec(id) ?? []
  const [subnet, range] = [parseIpNetwork(subnetText), parseIpNetwork(rangeText)]
  if (!subnet.ok || !range.ok) throw new Error(`'${id}' is no pool of this driver`)
  return { subnet: subnet.value, range: range.value }
}

async function requestPool(addresses: PoolSource, call: PluginCall): Promise<object> {
  const wanted = textOf(call, 'Pool')
  if (wanted === '' && call.V6 === true) throw new Error('no subnet of IPv6 is set: name one with --subnet')
  const subnet = wanted === '' ? await addresses.defaultSubnet() : parsedNetwork(wanted)
  if (subnet === undefined) throw new Error('this router has no default subnet: name one with --subnet')
  const part = textOf(call, 'SubPool')
  const range = part === '' ? subnet : parsedNetwork(part)
  if (!encloses(subnet, range)) throw new Error(`${part} is not a part of ${formatIpNetwork(subnet)}`)
  // Docker wants a gateway; nothing is ever sent to it, so no address is spent on it.
  return {
    PoolID: formatPool({ subnet, range }),
    Pool: formatIpNetwork(subnet),
    Data: { [GATEWAY]: formatIpNetwork(subnet) },
  }
}

async function requestAddress(
  addresses: PoolSource,
  guard: Pick<PortGuarding, 'holderOf'>,
  call: PluginCall,
): Promise<object> {
  const { subnet, range } = parsePool(textOf(call, 'PoolID'))
  const wanted = textOf(call, 'Address')
  if (wanted === '') {
    const { address } = await addresses.allocate(NETWORK_LEASES, range)
    return { Address: formatIpOnNetwork({ address, prefix: subnet.prefix }), Data: {} }
  }
  const parsed = parseIpAddress(wanted)
  if (!parsed.ok) throw new Error(parsed.error)
  const address = { address: parsed.value, prefix: subnet.prefix }
  if (!networkContains(subnet, address.address)) throw new Error(`${wanted} is not in ${formatIpNetwork(subnet)}`)
  const isGateway = textOf(objectOf(call, 'Options'), REQUEST_TYPE) === GATEWAY
  // Docker asks again for what it had, but not while somebody has it.
  if (!isGateway && guard.holderOf(address.address) !== undefined) throw new Error(inUse(address.address))
  if (!isGateway) await addresses.claim(NETWORK_LEASES, address)
  return { Address: formatIpOnNetwork(address), Data: {} }
}

export function inUse(address: IpAddress): string {
  return `${formatIpAddress(address)} is in use by another container: choose another address`
}

function parsedNetwork(text: string): IpNetwork {
  const parsed = parseIpNetwork(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}
