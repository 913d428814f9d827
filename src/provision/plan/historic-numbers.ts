import { contains, formatCidr, networkOf, parseCidr, parseInterfaceAddress } from '../../base/cidr.ts'
import { parseIpv4 } from '../../base/ipv4.ts'
import type { Problem } from '../../base/user-error.ts'
import { containerRange, indexOfBridgeIp, indexOfRange, type Layout } from './addressing.ts'
import type { InventoryHost } from './inventory.ts'

export interface WantedIndex {
  readonly index: number | undefined
  readonly problems: readonly Problem[]
}

/** The number that the inventory insists on: in so many words, or by an address or a range of an older role. */
export function wantedIndex(host: InventoryHost, layout: Layout): WantedIndex {
  const { bridgeIp, containerRange: range } = host.historic
  const fromIp = bridgeIp === undefined ? undefined : indexFromIp(host, bridgeIp, layout)
  const fromRange = range === undefined ? undefined : indexFromRange(host, range, layout)
  const refusals = [fromIp, fromRange].filter(wish => typeof wish === 'object')
  const index = host.index ?? [fromIp, fromRange].find(wish => typeof wish === 'number')
  const disagreements = [
    ...(typeof fromIp === 'number' && fromIp !== index
      ? [disagree(host, { name: 'weave_ip', given: fromIp, index })]
      : []),
    ...(typeof fromRange === 'number' && fromRange !== index
      ? [disagreeOnRange(host, range ?? '', containerRange(layout, index ?? 0))]
      : []),
  ]
  return { index, problems: [...refusals, ...disagreements] }
}

function indexFromIp(host: InventoryHost, text: string, layout: Layout): number | Problem {
  const ip = parseIpv4(text.split('/')[0] ?? '')
  if (!ip.ok)
    return { cause: `weave_ip of host '${host.name}': ${ip.error}`, remedy: 'give an address of weave_subnet' }
  if (contains(layout.subnet, ip.value)) return indexOfBridgeIp(layout, ip.value)
  const cause = `weave_ip ${text} of host '${host.name}' is outside weave_subnet ${formatCidr(layout.subnet)}`
  return { cause, remedy: 'correct one of the two' }
}

function indexFromRange(host: InventoryHost, text: string, layout: Layout): number | Problem {
  const range = parseCidr(text)
  const of = `weave_container_cidr of host '${host.name}'`
  if (!range.ok)
    return { cause: `${of}: ${range.error}`, remedy: `write ${canonical(text) ?? 'a network, as 10.2.1.0/24'}` }
  const index = indexOfRange(layout, range.value)
  if (index !== undefined) return index
  const isInside = contains(layout.subnet, range.value.network) && range.value.prefix >= layout.subnet.prefix
  const cause = isInside
    ? `${of}, ${text}, is not a range of /${layout.containerPrefix}, as weave_container_prefix says`
    : `${of}, ${text}, is outside weave_subnet ${formatCidr(layout.subnet)}: Docker would take it in silence`
  return { cause, remedy: isInside ? `set weave_container_prefix to ${range.value.prefix}` : 'correct one of the two' }
}

function canonical(text: string): string | undefined {
  const address = parseInterfaceAddress(text)
  if (!address.ok) return undefined
  const { prefix } = address.value
  return formatCidr({ network: networkOf(address.value.address, prefix), prefix })
}

function disagree(host: InventoryHost, clash: { name: string; given: number; index: number | undefined }): Problem {
  const cause = `${clash.name} of host '${host.name}' means number ${clash.given}, but weave_index is ${clash.index}`
  return { cause, remedy: `remove one of the two; weave_index alone is enough` }
}

function disagreeOnRange(host: InventoryHost, given: string, planned: string): Problem {
  const cause = `weave_container_cidr ${given} of host '${host.name}' disagrees with ${planned}, which follows from its number`
  return { cause, remedy: 'remove weave_container_cidr, or give the number that it belongs to as weave_index' }
}
