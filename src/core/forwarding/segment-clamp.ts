import { readU16, writeU16 } from '../wire/big-endian.ts'
import { exchange } from './checksum.ts'
import {
  IPV6_BYTES,
  ipv4HeaderBytes,
  isIpv6,
  networkStart,
  Protocol,
  TCP_BYTES_MIN,
  TCP_CHECKSUM,
  TcpFlag,
  tcpHeaderBytes,
} from './packet-headers.ts'

/** No SYN without data is larger: Ethernet with two tags, and the longest headers of IPv4 and TCP. */
export const SYN_BYTES_MAX = 14 + 8 + 60 + 60
const FRAGMENT_OFFSET = 0x1fff
const OPTION_END = 0
const OPTION_NONE = 1
const OPTION_SEGMENT_SIZE = 2
const SEGMENT_SIZE_BYTES = 4

/** How a SYN is to be changed. */
export interface ClampWish {
  /** The largest frame that the path takes. */
  readonly frameBytesMax: number
  /** The checksum is partial, and does not hold what is changed. */
  readonly isPartial: boolean
}

/**
 * Lets a SYN ask for no larger segments than the path takes (RFC 9293, section 3.7.1): the receiver would send what is in the way
 * of everybody, and has no other means to know. True when the frame was changed. Hot path.
 */
export function clampSegmentSize(bytes: Uint8Array, at: number, length: number, wish: ClampWish): boolean {
  if (length > SYN_BYTES_MAX) return false
  const network = networkStart(bytes, at)
  const transport = network === 0 ? 0 : tcpStart(bytes, at, network)
  if (transport === 0 || transport + TCP_BYTES_MIN > length) return false
  const tcp = at + transport
  if (((bytes[tcp + 13] ?? 0) & TcpFlag.syn) === 0) return false
  const option = segmentSizeAt(bytes, tcp, Math.min(tcpHeaderBytes(bytes, tcp), length - transport))
  if (option === 0) return false
  const sizeMax = wish.frameBytesMax - transport - TCP_BYTES_MIN
  const size = readU16(bytes, option)
  if (sizeMax <= 0 || size <= sizeMax) return false
  writeU16(bytes, option, sizeMax)
  if (!wish.isPartial) correctChecksum(bytes, tcp, { isOdd: (option - tcp) % 2 === 1, from: size, to: sizeMax })
  return true
}

/** From the start of the frame; zero for what is not TCP, or is a later fragment. */
function tcpStart(bytes: Uint8Array, at: number, network: number): number {
  const ip = at + network
  if (isIpv6(bytes, ip)) return bytes[ip + 6] === Protocol.tcp ? network + IPV6_BYTES : 0
  const isFirst = (readU16(bytes, ip + 6) & FRAGMENT_OFFSET) === 0
  return isFirst && bytes[ip + 9] === Protocol.tcp ? network + ipv4HeaderBytes(bytes, ip) : 0
}

/** Where the size stands in the options of a TCP header; zero when it does not. */
function segmentSizeAt(bytes: Uint8Array, tcp: number, headerBytes: number): number {
  const end = tcp + headerBytes
  for (let at = tcp + TCP_BYTES_MIN; at < end; ) {
    const kind = bytes[at] ?? 0
    if (kind === OPTION_END) return 0
    const length = kind === OPTION_NONE ? 1 : (bytes[at + 1] ?? 0)
    if (kind === OPTION_SEGMENT_SIZE) return length === SEGMENT_SIZE_BYTES && at + length <= end ? at + 2 : 0
    if (length === 0 || (kind !== OPTION_NONE && length < 2)) return 0
    at += length
  }
  return 0
}

/** RFC 1624; at an odd place the two bytes of the sum are the other way round. */
function correctChecksum(bytes: Uint8Array, tcp: number, change: { isOdd: boolean; from: number; to: number }): void {
  const [from, to] = change.isOdd ? [swapped(change.from), swapped(change.to)] : [change.from, change.to]
  const sum = ~readU16(bytes, tcp + TCP_CHECKSUM) & 0xffff
  writeU16(bytes, tcp + TCP_CHECKSUM, ~exchange(sum, from, to) & 0xffff)
}

function swapped(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8)
}
