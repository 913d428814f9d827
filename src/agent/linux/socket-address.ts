import { type EndpointKey, type EndpointKeys, ipv4Key, isIpv6Key } from '../../core/router/index.ts'
import { type Address, allocatePinned } from './libc.ts'

export const AF_INET = 2
export const AF_INET6 = 10
const IPV4_BYTES = 16
const IPV6_BYTES = 28
/** Of IPv4 in its mapped form (RFC 4291, section 2.5.5.2): the third word of the address. */
const MAPPED = 0xffff
const ADDRESS_AT = 8

/** Of a socket: one of IPv6 also speaks to IPv4, whose addresses it writes in their mapped form. */
export type SocketFamily = 'ipv4' | 'ipv6'

/** A `sockaddr_in` (ip(7)) or `sockaddr_in6` (ipv6(7)) in memory. */
export class SocketAddress {
  readonly length: number
  readonly address: Address
  readonly #bytes: Buffer
  readonly #keys: EndpointKeys
  readonly #family: SocketFamily
  #key: EndpointKey = -1

  constructor(keys: EndpointKeys, family: SocketFamily) {
    this.length = family === 'ipv6' ? IPV6_BYTES : IPV4_BYTES
    const memory = allocatePinned(IPV6_BYTES)
    this.address = memory.address
    this.#bytes = memory.bytes
    this.#keys = keys
    this.#family = family
  }

  /** Costs nothing when it is that endpoint already, as it is for runs of datagrams. The kernel refuses what its family cannot say. */
  set(key: EndpointKey): void {
    if (key === this.#key) return
    this.#key = key
    const bytes = this.#bytes
    bytes.writeUInt16LE(this.#family === 'ipv6' || isIpv6Key(key) ? AF_INET6 : AF_INET, 0)
    if (isIpv6Key(key)) return void bytes.writeUInt16BE(this.#keys.write(key, bytes, ADDRESS_AT), 2)
    const address = Math.floor(key / 0x1_0000)
    bytes.writeUInt16BE(key % 0x1_0000, 2)
    if (this.#family === 'ipv4') return void bytes.writeUInt32BE(address, 4)
    bytes.fill(0, ADDRESS_AT, ADDRESS_AT + 8)
    bytes.writeUInt32BE(MAPPED, ADDRESS_AT + 8)
    bytes.writeUInt32BE(address, ADDRESS_AT + 12)
  }

  get port(): number {
    return this.#bytes.readUInt16BE(2)
  }

  /** What the kernel has written there. */
  read(): EndpointKey {
    const bytes = this.#bytes
    const { port } = this
    if (this.#family === 'ipv4') return ipv4Key(bytes.readUInt32BE(4), port)
    return isMapped(bytes)
      ? ipv4Key(bytes.readUInt32BE(ADDRESS_AT + 12), port)
      : this.#keys.ofBytes(bytes, ADDRESS_AT, port)
  }
}

function isMapped(bytes: Buffer): boolean {
  const isZero = bytes.readUInt32BE(ADDRESS_AT) === 0 && bytes.readUInt32BE(ADDRESS_AT + 4) === 0
  return isZero && bytes.readUInt32BE(ADDRESS_AT + 8) === MAPPED
}
