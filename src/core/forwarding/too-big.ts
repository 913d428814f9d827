import { readU16, writeU16, writeU32 } from '../wire/big-endian.ts'
import { fold, sealIpv4Header, sumOf } from './checksum.ts'
import { IPV4_BYTES_MIN, IPV6_BYTES, ipv4HeaderBytes, isIpv6, networkStart, Protocol } from './packet-headers.ts'

const ADDRESS_BYTES = 6
const DONT_FRAGMENT = 0x4000
const FRAGMENT_OFFSET = 0x1fff
const ICMP_BYTES = 8
const TTL = 64
/** RFC 1812, section 4.3.2.3. */
const IPV4_ANSWER_BYTES_MAX = 576
/** RFC 4443, section 2.4; also the least that any link must carry in one piece, for which there is nothing to tell (RFC 8200). */
const IPV6_BYTES_MIN_MTU = 1_280
const UNREACHABLE = 3
const FRAGMENTATION_NEEDED = 4
const PACKET_TOO_BIG = 2
/** Of ICMPv6, the types below are errors, which are never answered. */
const ICMP6_INFORMATION = 128
const ICMP_ERRORS: readonly number[] = [3, 4, 5, 11, 12]

/** A packet that is too large for its path, where the answer is to be written, and what the path takes. */
export interface TooBig {
  readonly at: number
  readonly length: number
  readonly to: number
  readonly frameBytesMax: number
}

/**
 * Writes the frame that tells the sender of an IP packet that it is too large: `Fragmentation needed` (RFC 792, RFC 1191) or `Packet
 * Too Big` (RFC 4443). It comes from the address that the packet was for, as the sleeve is a switch and has none. Gives the frame's length; zero
 * when there is nothing to tell: the packet may be cut on its way, is for a group, or is an error itself (RFC 1122, section 3.2.2).
 */
export function writeTooBig(bytes: Uint8Array, packet: TooBig): number {
  const network = networkStart(bytes, packet.at)
  const isGroup = ((bytes[packet.at] ?? 0) & 1) === 1
  if (network === 0 || isGroup || packet.length < network + IPV6_BYTES) return 0
  return isIpv6(bytes, packet.at + network)
    ? writePacketTooBig(bytes, packet, network)
    : writeNeeded(bytes, packet, network)
}

function writeNeeded(bytes: Uint8Array, { at, length, to, frameBytesMax }: TooBig, network: number): number {
  const ip = at + network
  const fragment = readU16(bytes, ip + 6)
  const isError = bytes[ip + 9] === Protocol.icmp && ICMP_ERRORS.includes(bytes[ip + ipv4HeaderBytes(bytes, ip)] ?? 0)
  if ((fragment & DONT_FRAGMENT) === 0 || (fragment & FRAGMENT_OFFSET) !== 0 || isError) return 0
  const quoted = Math.min(length - network, IPV4_ANSWER_BYTES_MAX - IPV4_BYTES_MIN - ICMP_BYTES)
  const answer = to + network
  const icmp = answer + IPV4_BYTES_MIN
  writeEthernet(bytes, at, to, network)
  bytes.copyWithin(icmp + ICMP_BYTES, ip, ip + quoted)
  bytes.fill(0, answer, icmp + ICMP_BYTES)
  bytes[answer] = 0x45
  writeU16(bytes, answer + 2, IPV4_BYTES_MIN + ICMP_BYTES + quoted)
  bytes[answer + 8] = TTL
  bytes[answer + 9] = Protocol.icmp
  bytes.copyWithin(answer + 12, ip + 16, ip + 20)
  bytes.copyWithin(answer + 16, ip + 12, ip + 16)
  sealIpv4Header(bytes, answer, IPV4_BYTES_MIN)
  bytes[icmp] = UNREACHABLE
  bytes[icmp + 1] = FRAGMENTATION_NEEDED
  writeU16(bytes, icmp + 6, frameBytesMax - network)
  writeU16(bytes, icmp + 2, ~sumOf(bytes, icmp, ICMP_BYTES + quoted) & 0xffff)
  return network + IPV4_BYTES_MIN + ICMP_BYTES + quoted
}

function writePacketTooBig(bytes: Uint8Array, { at, length, to, frameBytesMax }: TooBig, network: number): number {
  const ip = at + network
  const isError = bytes[ip + 6] === Protocol.icmp6 && (bytes[ip + IPV6_BYTES] ?? 0) < ICMP6_INFORMATION
  const mtu = Math.max(frameBytesMax - network, IPV6_BYTES_MIN_MTU)
  if (length - network <= mtu || isError) return 0
  const quoted = Math.min(length - network, IPV6_BYTES_MIN_MTU - IPV6_BYTES - ICMP_BYTES)
  const answer = to + network
  const icmp = answer + IPV6_BYTES
  writeEthernet(bytes, at, to, network)
  bytes.copyWithin(icmp + ICMP_BYTES, ip, ip + quoted)
  bytes.fill(0, answer, icmp + ICMP_BYTES)
  bytes[answer] = 0x60
  writeU16(bytes, answer + 4, ICMP_BYTES + quoted)
  bytes[answer + 6] = Protocol.icmp6
  bytes[answer + 7] = TTL
  bytes.copyWithin(answer + 8, ip + 24, ip + 40)
  bytes.copyWithin(answer + 24, ip + 8, ip + 24)
  bytes[icmp] = PACKET_TOO_BIG
  writeU32(bytes, icmp + 4, mtu)
  const pseudo = sumOf(bytes, answer + 8, 32) + ICMP_BYTES + quoted + Protocol.icmp6
  writeU16(bytes, icmp + 2, ~fold(pseudo + sumOf(bytes, icmp, ICMP_BYTES + quoted)) & 0xffff)
  return network + IPV6_BYTES + ICMP_BYTES + quoted
}

/** Back to where the packet came from, with its VLAN tags. */
function writeEthernet(bytes: Uint8Array, at: number, to: number, network: number): void {
  bytes.copyWithin(to, at + ADDRESS_BYTES, at + 2 * ADDRESS_BYTES)
  bytes.copyWithin(to + ADDRESS_BYTES, at, at + ADDRESS_BYTES)
  bytes.copyWithin(to + 2 * ADDRESS_BYTES, at + 2 * ADDRESS_BYTES, at + network)
}
