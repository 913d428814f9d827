import { type Cidr, contains, encloses, formatCidr, formatInterfaceAddress, parseCidr } from '../../base/cidr.ts'
import { parseIpv4 } from '../../base/ipv4.ts'
import type { AddressSource } from '../http/address-client.ts'
import { objectOf, type PluginCall, type PluginCalls, textOf } from './plugin-server.ts'

/** Leases of Docker's networks are filed under their addresses: Docker does not say for which container one is (Weave row ARG-06). */
const NO_CONTAINER = '_'
const GATEWAY = 'com.docker.network.gateway'
const REQUEST_TYPE = 'RequestAddressType'

interface Pool {
  readonly subnet: Cidr
  /** Where addresses are chosen from. */
  readonly range: Cidr
}

type Source = Pick<AddressSource, 'allocate' | 'claim' | 'release' | 'defaultSubnet'>

/** Docker's IPAM driver `weavemesh` (Weave row PLG-03): subnets of any kind, addresses from the router's ring. */
export function ipamDriver(addresses: Source): PluginCalls {
  return {
    'IpamDriver.GetCapabilities': () => ({ RequiresMACAddress: false, RequiresRequestReplay: false }),
    'IpamDriver.GetDefaultAddressSpaces': () => ({
      LocalDefaultAddressSpace: 'weavelocal',
      GlobalDefaultAddressSpace: 'weaveglobal',
    }),
    'IpamDriver.RequestPool': async call => requestPool(addresses, call),
    'IpamDriver.ReleasePool': () => ({}),
    'IpamDriver.RequestAddress': async call => requestAddress(addresses, call),
    'IpamDriver.ReleaseAddress': async call => {
      const pool = parsePool(textOf(call, 'PoolID'))
      const address = parseIpv4(textOf(call, 'Address'))
      if (!address.ok) throw new Error(address.error)
      await addresses.release(NO_CONTAINER, { address: address.value, prefix: pool.subnet.prefix })
      return {}
    },
  }
}

/** The id says all that is needed later: no table is kept that could be lost. */
export function formatPool({ subnet, range }: Pool): string {
  return `weave-${formatCidr(subnet)}-${formatCidr(range)}`
}

export function parsePool(id: string): Pool {
  const [, subnetText = '', rangeText = ''] = /^weave-([\d./]+)-([\d./]+)$/.exec(id) ?? []
  const [subnet, range] = [parseCidr(subnetText), parseCidr(rangeText)]
  if (!subnet.ok || !range.ok) throw new Error(`'${id}' is no pool of this driver`)
  return { subnet: subnet.value, range: range.value }
}

async function requestPool(addresses: Source, call: PluginCall): Promise<object> {
  if (call.V6 === true) throw new Error('this driver hands out IPv4 addresses only: leave --ipv6 out')
  const wanted = textOf(call, 'Pool')
  const subnet = wanted === '' ? await addresses.defaultSubnet() : parsedCidr(wanted)
  if (subnet === undefined) throw new Error('this router has no default subnet: name one with --subnet')
  const part = textOf(call, 'SubPool')
  const range = part === '' ? subnet : parsedCidr(part)
  if (!encloses(subnet, range)) throw new Error(`${part} is not a part of ${formatCidr(subnet)}`)
  // Docker wants a gateway; nothing is ever sent to it, so no address is spent on it.
  return { PoolID: formatPool({ subnet, range }), Pool: formatCidr(subnet), Data: { [GATEWAY]: formatCidr(subnet) } }
}

async function requestAddress(addresses: Source, call: PluginCall): Promise<object> {
  const { subnet, range } = parsePool(textOf(call, 'PoolID'))
  const wanted = textOf(call, 'Address')
  if (wanted === '') {
    const { address } = await addresses.allocate(NO_CONTAINER, range)
    return { Address: formatInterfaceAddress({ address, prefix: subnet.prefix }), Data: {} }
  }
  const parsed = parseIpv4(wanted)
  if (!parsed.ok) throw new Error(parsed.error)
  const address = { address: parsed.value, prefix: subnet.prefix }
  if (!contains(subnet, address.address)) throw new Error(`${wanted} is not in ${formatCidr(subnet)}`)
  const isGateway = textOf(objectOf(call, 'Options'), REQUEST_TYPE) === GATEWAY
  if (!isGateway) await addresses.claim(NO_CONTAINER, address)
  return { Address: formatInterfaceAddress(address), Data: {} }
}

function parsedCidr(text: string): Cidr {
  const parsed = parseCidr(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}
