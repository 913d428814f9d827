import { readU16 } from '../wire/big-endian.ts'

/** Places in an Ethernet frame and its headers, from the start of each. */
export const ETHERNET_BYTES = 14
export const IPV4_BYTES_MIN = 20
export const IPV6_BYTES = 40
export const TCP_BYTES_MIN = 20
export const UDP_BYTES = 8
export const TCP_CHECKSUM = 16
export const UDP_CHECKSUM = 6
export const Protocol = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const
export const TcpFlag = { fin: 0x01, syn: 0x02, psh: 0x08, ack: 0x10, ece: 0x40, cwr: 0x80 } as const

const TYPE_IPV4 = 0x0800
const TYPE_IPV6 = 0x86dd
const TYPE_VLAN = 0x8100
const TYPE_SERVICE_VLAN = 0x88a8
const TAG_BYTES = 4
const TAGS_MAX = 2

/** Where the IP header of a frame begins, behind Ethernet and up to two VLAN tags; zero when there is none. Hot path. */
export function networkStart(bytes: Uint8Array, frame: number): number {
  for (let start = ETHERNET_BYTES; start <= ETHERNET_BYTES + TAGS_MAX * TAG_BYTES; start += TAG_BYTES) {
    const type = readU16(bytes, frame + start - 2)
    if (type === TYPE_IPV4 || type === TYPE_IPV6)
      return (bytes[frame + start] ?? 0) >>> 4 === versionOf(type) ? start : 0
    if (type !== TYPE_VLAN && type !== TYPE_SERVICE_VLAN) return 0
  }
  return 0
}

export function isIpv6(bytes: Uint8Array, network: number): boolean {
  return (bytes[network] ?? 0) >>> 4 === 6
}

/** In bytes, options included. */
export function ipv4HeaderBytes(bytes: Uint8Array, network: number): number {
  return ((bytes[network] ?? 0) & 15) * 4
}

/** In bytes, options included. */
export function tcpHeaderBytes(bytes: Uint8Array, transport: number): number {
  return ((bytes[transport + 12] ?? 0) >>> 4) * 4
}

function versionOf(type: number): number {
  return type === TYPE_IPV4 ? 4 : 6
}

/** To all, or to a group: by the first byte of the destination's address, which is at `at`. */
export function isGroup(bytes: Uint8Array, at: number): boolean {
  return ((bytes[at] ?? 0) & 1) === 1
}
