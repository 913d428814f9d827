import { formatIpv4, type Ipv4, ipv4FromNumber, parseIpv4 } from './ipv4.ts'
import { ok, type Result, refused } from './result.ts'

/** An address of either family as a 128-bit number; IPv4 in its mapped form (RFC 4291, section 2.5.5.2). */
export type IpAddress = bigint & { readonly brand: 'IpAddress' }

/** A network of either family. `prefix` counts the 128 bits: an IPv4 network of /16 has 112. Host bits are zero. */
export interface IpNetwork {
  readonly network: IpAddress
  readonly prefix: number
}

/** An address with the prefix length of its network, as a device is given it. */
export interface IpOnNetwork {
  readonly address: IpAddress
  readonly prefix: number
}

const BITS = 128
const IPV4_OFFSET = 96
const MAPPED = 0xffffn << 32n
const LOW_32_BITS = 0xffffffffn
const BROADCAST = MAPPED | LOW_32_BITS
const GROUPS = 8

export function isIpv4(address: bigint): boolean {
  return address >> 32n === 0xffffn
}

/** Says something on its own network only, so nothing that others may be told (RFC 4291, section 2.5.6). */
export function isLinkLocal(address: bigint): boolean {
  return address >> 118n === 0x3fan
}

/** Whether one host elsewhere can have it: not the sender's own, nor that of many (RFC 1122, section 3.2.1.3; RFC 4291, section 2.4). */
export function isOfOneHost(address: bigint): boolean {
  if (!isIpv4(address)) return address > 1n && address >> 120n !== 0xffn
  const octet = Number((address >> 24n) & 0xffn)
  return octet !== 0 && octet !== 127 && (octet < 224 || octet >= 240) && address !== BROADCAST
}

export function ipAddressOfIpv4(ipv4: Ipv4): IpAddress {
  return (MAPPED | BigInt(ipv4)) as IpAddress
}

/** Undefined for IPv6. */
export function ipv4Of(address: bigint): Ipv4 | undefined {
  return isIpv4(address) ? ipv4FromNumber(Number(address & LOW_32_BITS)) : undefined
}

/** Of the 16 bytes of an IPv6 address, as they are sent. */
export function ipAddressOfBytes(bytes: Uint8Array): IpAddress {
  return bytes.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n) as IpAddress
}

export function bytesOfIpAddress(address: bigint): Uint8Array {
  return Uint8Array.from({ length: BITS / 8 }, (_, i) => Number((address >> BigInt(BITS - 8 - 8 * i)) & 0xffn))
}

export function parseIpAddress(text: string): Result<IpAddress> {
  if (!text.includes(':')) {
    const ipv4 = parseIpv4(text)
    return ipv4.ok ? ok(ipAddressOfIpv4(ipv4.value)) : refused(`'${text}' is not an IP address`)
  }
  const groups = expandGroups(text)
  if (groups === undefined) return refused(`'${text}' is not an IPv6 address`)
  return ok(groups.reduce((all, group) => (all << 16n) | BigInt(group), 0n) as IpAddress)
}

/** In the form in which equal addresses are equal texts; what is no address stays as it is. */
export function canonicalIp(text: string): string {
  const address = parseIpAddress(text)
  return address.ok ? formatIpAddress(address.value) : text
}

/** IPv6 in the form of RFC 5952: lower case, the longest run of zeros as `::`. */
export function formatIpAddress(address: bigint): string {
  const ipv4 = ipv4Of(address)
  if (ipv4 !== undefined) return formatIpv4(ipv4)
  const groups = groupsOf(address)
  const run = longestZeroRun(groups)
  const text = groups.map(group => group.toString(16))
  if (run.length < 2) return text.join(':')
  return `${text.slice(0, run.at).join(':')}::${text.slice(run.at + run.length).join(':')}`
}

/** Refuses host bits (Weave row ARG-05). */
export function parseIpNetwork(text: string): Result<IpNetwork> {
  const parsed = parseIpOnNetwork(text)
  if (!parsed.ok) return refused(`'${text}' is not a network in CIDR form`)
  const { address, prefix } = parsed.value
  const network = firstOf(address, prefix)
  if (network === address) return ok({ network, prefix })
  return refused(`'${text}' has host bits set: did you mean ${formatIpNetwork({ network, prefix })}?`)
}

/** Those of the texts that are networks. */
export function readableNetworks(texts: readonly string[]): readonly IpNetwork[] {
  return texts.flatMap(text => {
    const network = parseIpNetwork(text)
    return network.ok ? [network.value] : []
  })
}

export function parseIpOnNetwork(text: string): Result<IpOnNetwork> {
  const [, ip = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const address = parseIpAddress(ip)
  if (!address.ok || length === '') return refused(`'${text}' is not an address with a prefix length`)
  const prefix = Number(length) + (isIpv4(address.value) ? IPV4_OFFSET : 0)
  if (prefix > BITS) return refused(`'${text}' is not an address with a prefix length`)
  return ok({ address: address.value, prefix })
}

export function formatIpNetwork({ network, prefix }: IpNetwork): string {
  return formatIpOnNetwork({ address: network, prefix })
}

export function formatIpOnNetwork({ address, prefix }: IpOnNetwork): string {
  return `${formatIpAddress(address)}/${isIpv4(address) ? prefix - IPV4_OFFSET : prefix}`
}

export function firstOf(address: bigint, prefix: number): IpAddress {
  const host = BigInt(BITS - prefix)
  return ((address >> host) << host) as IpAddress
}

export function lastOf({ network, prefix }: IpNetwork): IpAddress {
  return (network + (1n << BigInt(BITS - prefix)) - 1n) as IpAddress
}

export function networkContains(network: IpNetwork, address: bigint): boolean {
  return firstOf(address, network.prefix) === network.network
}

/** Whether an address is the subnet's, which its prefix length says as well. */
export function isOfSubnet(one: { readonly address: bigint; readonly prefix: number }, subnet: IpNetwork): boolean {
  return one.prefix === subnet.prefix && networkContains(subnet, one.address)
}

export function encloses(outer: IpNetwork, inner: IpNetwork): boolean {
  return outer.prefix <= inner.prefix && networkContains(outer, inner.network)
}

export function overlaps(a: IpNetwork, b: IpNetwork): boolean {
  return encloses(a, b) || encloses(b, a)
}

function expandGroups(text: string): readonly number[] | undefined {
  const halves = embedIpv4(text)?.split('::')
  if (halves === undefined || halves.length > 2) return undefined
  const [head = [], tail = []] = halves.map(half => (half === '' ? [] : half.split(':')))
  if (![...head, ...tail].every(group => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  const missing = GROUPS - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  return [...head, ...Array<string>(missing).fill('0'), ...tail].map(group => Number.parseInt(group, 16))
}

/** `::ffff:10.0.0.1` with its last part as two groups. */
function embedIpv4(text: string): string | undefined {
  const [, head, quad] = /^(.*:)([\d.]*\.[\d.]*)$/.exec(text) ?? []
  if (head === undefined || quad === undefined) return text
  const ipv4 = parseIpv4(quad)
  if (!ipv4.ok) return undefined
  return `${head}${(ipv4.value >>> 16).toString(16)}:${(ipv4.value & 0xffff).toString(16)}`
}

function groupsOf(address: bigint): readonly number[] {
  return Array.from({ length: GROUPS }, (_, i) => Number((address >> BigInt(112 - 16 * i)) & 0xffffn))
}

function longestZeroRun(groups: readonly number[]): { readonly at: number; readonly length: number } {
  let best = { at: 0, length: 0 }
  for (let at = 0; at < GROUPS; at++) {
    let length = 0
    while (at + length < GROUPS && groups[at + length] === 0) length++
    if (length > best.length) best = { at, length }
  }
  return best
}
