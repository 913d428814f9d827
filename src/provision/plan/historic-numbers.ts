import { contains, formatCidr, networkOf, parseCidr, parseInterfaceAddress } from '../../base/cidr.ts'
import { parseIpv4 } from '../../base/ipv4.ts'
import type { Problem } from '../../base/user-error.ts'
import { containerRange, indexOfBridgeIp, indexOfRange, type Layout } from './addressing.ts'
import type { Adoption } from './adoption.ts'
import type { InventoryHost } from './inventory.ts'

export interface WantedIndex {
  readonly index: number | undefined
  readonly problems: readonly Problem[]
}

/** Where the address and the range of a host are said, for the user to find it. */
interface Sayings {
  readonly ip: string
  readonly range: string
}

/** The number that the inventory insists on: in so many words, or by an address or a range of an older role. */
export function wantedIndex(host: InventoryHost, layout: Layout): WantedIndex {
  const said = { ip: `weave_ip of host '${host.name}'`, range: `weave_container_cidr of host '${host.name}'` }
  return readIndex(host, layout, said)
}

/** The number that a host has kept from before us. */
export function adoptedIndex(host: InventoryHost, adoption: Adoption, layout: Layout): WantedIndex {
  const said = { ip: `the bridge of host '${host.name}'`, range: `fixed-cidr of Docker on host '${host.name}'` }
  return readIndex({ ...host, historic: adoption }, layout, said)
}

function readIndex(host: InventoryHost, layout: Layout, said: Sayings): WantedIndex {
  const { bridgeIp, containerRange: range } = host.historic
  const fromIp = bridgeIp === undefined ? undefined : indexFromIp(said.ip, bridgeIp, layout)
  const fromRange = range === undefined ? undefined : indexFromRange(said.range, range, layout)
  const refusals = [fromIp, fromRange].filter(wish => typeof wish === 'object')
  const index = host.index ?? [fromIp, fromRange].find(wish => typeof wish === 'number')
  const disagreements = [
    ...(typeof fromIp === 'number' && fromIp !== index ? [disagree(said.ip, { given: fromIp, index })] : []),
    ...(typeof fromRange === 'number' && fromRange !== index
      ? [disagreeOnRange(said.range, range ?? '', containerRange(layout, index ?? 0))]
      : []),
  ]
  return { index, problems: [...refusals, ...disagreements] }
}

function indexFromIp(said: string, text: string, layout: Layout): number | Problem {
  const ip = parseIpv4(text.split('/')[0] ?? '')
  if (!ip.ok) return { cause: `${said}: ${ip.error}`, remedy: 'give an address of weave_subnet' }
  if (contains(layout.subnet, ip.value)) return indexOfBridgeIp(layout, ip.value)
  const cause = `${said}, ${text}, is outside weave_subnet ${formatCidr(layout.subnet)}`
  return { cause, remedy: 'correct one of the two' }
}

function indexFromRange(said: string, text: string, layout: Layout): number | Problem {
  const range = parseCidr(text)
  if (!range.ok)
    return { cause: `${said}: ${range.error}`, remedy: `write ${canonical(text) ?? 'a network, as 10.2.1.0/24'}` }
  const index = indexOfRange(layout, range.value)
  if (index !== undefined) return index
  const isInside = contains(layout.subnet, range.value.network) && range.value.prefix >= layout.subnet.prefix
  const cause = isInside
    ? `${said}, ${text}, is not a range of /${layout.containerPrefix}, as weave_container_prefix says`
    : `${said}, ${text}, is outside weave_subnet ${formatCidr(layout.subnet)}: Docker would take it in silence`
  return { cause, remedy: isInside ? `set weave_container_prefix to ${range.value.prefix}` : 'correct one of the two' }
}

function canonical(text: string): string | undefined {
  const address = parseInterfaceAddress(text)
  if (!address.ok) return undefined
  const { prefix } = address.value
  return formatCidr({ network: networkOf(address.value.address, prefix), prefix })
}

function disagree(said: string, clash: { given: number; index: number | undefined }): Problem {
  const cause = `${said} means number ${clash.given}, but weave_index is ${clash.index}`
  return { cause, remedy: `correct one of the two; weave_index alone is enough` }
}

function disagreeOnRange(said: string, given: string, planned: string): Problem {
  const cause = `${said}, ${given}, disagrees with ${planned}, which follows from its number`
  return { cause, remedy: 'make them agree, or say with weave_index which number counts' }
}
