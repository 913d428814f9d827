import { formatIpv4, type Ipv4, ipv4FromNumber, parseIpv4 } from './ipv4.ts'
import { ok, type Result, refused } from './result.ts'

/** A network: its first address and its prefix length (0 to 32). Host bits are zero. */
export interface Cidr {
  readonly network: Ipv4
  readonly prefix: number
}

/** An address together with the prefix length of the network that it is in. */
export interface InterfaceAddress {
  readonly address: Ipv4
  readonly prefix: number
}

/** Refuses host bits (ARG-05): `10.2.1.7/24` is a typing error, not `10.2.1.0/24`. */
export function parseCidr(text: string): Result<Cidr> {
  const parsed = parseInterfaceAddress(text)
  if (!parsed.ok) return refused(`'${text}' is not a network in CIDR form`)
  const { address, prefix } = parsed.value
  const network = networkOf(address, prefix)
  if (network !== address) return refused(`'${text}' has host bits set: did you mean ${formatIpv4(network)}/${prefix}?`)
  return ok({ network, prefix })
}

export function parseInterfaceAddress(text: string): Result<InterfaceAddress> {
  const match = /^([^/]+)\/(\d{1,2})$/.exec(text)
  const address = parseIpv4(match?.[1] ?? '')
  const prefix = Number(match?.[2])
  if (match === null || !address.ok || prefix > 32) return refused(`'${text}' is not an address with a prefix length`)
  return ok({ address: address.value, prefix })
}

export function formatCidr(cidr: Cidr): string {
  return `${formatIpv4(cidr.network)}/${cidr.prefix}`
}

export function formatInterfaceAddress(value: InterfaceAddress): string {
  return `${formatIpv4(value.address)}/${value.prefix}`
}

export function networkOf(address: Ipv4, prefix: number): Ipv4 {
  return ipv4FromNumber(prefix === 0 ? 0 : address & (0xffffffff << (32 - prefix)))
}

/** Number of addresses, network and broadcast address included. */
export function sizeOf(cidr: Cidr): number {
  return 2 ** (32 - cidr.prefix)
}

export function contains(cidr: Cidr, address: Ipv4): boolean {
  return networkOf(address, cidr.prefix) === cidr.network
}

export function encloses(outer: Cidr, inner: Cidr): boolean {
  return outer.prefix <= inner.prefix && contains(outer, inner.network)
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return encloses(a, b) || encloses(b, a)
}
