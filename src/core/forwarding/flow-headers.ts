import { readU16, readU32, viewOf } from '../wire/big-endian.ts'
import { META_BYTES } from '../wire/frame-meta.ts'
import { exchange, sumOf } from './checksum.ts'
import type { FrameShape } from './frame-shape.ts'
import {
  IPV4_BYTES_MIN,
  IPV6_BYTES,
  ipv4HeaderBytes,
  isIpv6,
  networkStart,
  Protocol,
  TCP_BYTES_MIN,
  TCP_CHECKSUM,
  TcpFlag,
  tcpHeaderBytes,
  UDP_BYTES,
  UDP_CHECKSUM,
} from './packet-headers.ts'

const FRAGMENT_BITS = 0x3fff
const DONT_FRAGMENT = 0x4000
const TCP_FLAGS_JOINED = TcpFlag.ack | TcpFlag.psh | TcpFlag.fin | TcpFlag.ece
const TCP_FLAGS_LAST = TcpFlag.psh | TcpFlag.fin

/** The headers of a frame that is part of a flow of TCP or UDP, as far as joining asks for them. Filled in by `read`. */
export class FlowHeaders {
  /** From the start of the frame. */
  network = 0
  transport = 0
  headerBytes = 0
  payloadBytes = 0
  isIpv6 = false
  isUdp = false
  /** The frame says that nothing follows soon. */
  isLast = false
  readonly #memory: Uint8Array
  readonly #view: DataView
  /** The partial checksum as it would be for a length of zero: equal in all segments. */
  #pseudoSum = 0

  constructor(memory: Uint8Array) {
    this.#memory = memory
    this.#view = viewOf(memory)
  }

  /** False for a frame that cannot be joined with any: then the rest is undefined. Hot path. */
  read(at: number, length: number, shape: FrameShape): boolean {
    this.network = networkStart(this.#memory, at)
    if (this.network === 0) return false
    this.isIpv6 = isIpv6(this.#memory, at + this.network)
    const hasNetwork = this.isIpv6 ? this.#readIpv6(at, length) : this.#readIpv4(at, length)
    if (!hasNetwork || shape.checksumStart !== this.transport) return false
    const isFlow = this.isUdp ? this.#readUdp(at, length, shape) : this.#readTcp(at, length, shape)
    if (isFlow) this.#readPseudoSum(at)
    return isFlow
  }

  #readIpv4(at: number, length: number): boolean {
    const ip = at + this.network
    const headerBytes = ipv4HeaderBytes(this.#memory, ip)
    this.transport = this.network + headerBytes
    if (headerBytes < IPV4_BYTES_MIN || this.transport > length) return false
    const isWhole = readU16(this.#memory, ip + 2) === length - this.network
    const isFragment = (readU16(this.#memory, ip + 6) & FRAGMENT_BITS) !== 0
    const isSound = sumOf(this.#memory, ip, headerBytes) === 0xffff
    return isWhole && !isFragment && isSound && this.#readProtocol(this.#memory[ip + 9] ?? 0)
  }

  #readIpv6(at: number, length: number): boolean {
    const ip = at + this.network
    this.transport = this.network + IPV6_BYTES
    const isWhole = this.transport <= length && readU16(this.#memory, ip + 4) === length - this.transport
    return isWhole && this.#readProtocol(this.#memory[ip + 6] ?? 0)
  }

  #readProtocol(protocol: number): boolean {
    this.isUdp = protocol === Protocol.udp
    return this.isUdp || protocol === Protocol.tcp
  }

  #readTcp(at: number, length: number, shape: FrameShape): boolean {
    const tcp = at + this.transport
    if (length < this.transport + TCP_BYTES_MIN) return false
    const headerBytes = tcpHeaderBytes(this.#memory, tcp)
    const flags = this.#memory[tcp + 13] ?? 0
    this.headerBytes = this.transport + headerBytes
    this.payloadBytes = length - this.headerBytes
    this.isLast = (flags & TCP_FLAGS_LAST) !== 0
    const isPlain = (flags & TcpFlag.ack) !== 0 && (flags & ~TCP_FLAGS_JOINED) === 0
    const hasChecksum = shape.checksumOffset === TCP_CHECKSUM
    return isPlain && hasChecksum && headerBytes >= TCP_BYTES_MIN && this.payloadBytes > 0
  }

  #readUdp(at: number, length: number, shape: FrameShape): boolean {
    this.headerBytes = this.transport + UDP_BYTES
    this.payloadBytes = length - this.headerBytes
    this.isLast = false
    if (this.payloadBytes <= 0 || shape.checksumOffset !== UDP_CHECKSUM) return false
    return readU16(this.#memory, at + this.transport + 4) === length - this.transport
  }

  /** Whether two frames, both read, differ only as segments of one do. `other` follows as number `index`. Hot path. */
  isFollowedBy(at: number, other: number, headers: FlowHeaders, index: number): boolean {
    if (this.network !== headers.network || this.headerBytes !== headers.headerBytes) return false
    if (this.transport !== headers.transport || this.isUdp !== headers.isUdp) return false
    return (
      this.#isEqual(at, other, 0, this.network) &&
      (this.isIpv6 ? this.#hasSameIpv6(at, other) : this.#hasSameIpv4(at, other, index)) &&
      (this.isUdp || this.#hasSameTcp(at, other)) &&
      this.#isEqual(at, other, this.transport, this.transport + 4) &&
      this.#pseudoSum === headers.#pseudoSum
    )
  }

  /**
   * Whether the frame at `other`, as long as the one at `previous`, which is of this flow and not its last, differs from that only as
   * the next segments do. `at` is the first, and `index` as for `isFollowedBy`; with each frame goes what it lacks. Quick, as nothing
   * is to be read that would be the same. Hot path.
   */
  isContinuedBy(at: number, previous: number, other: number, index: number): boolean {
    const start = this.transport + (this.isUdp ? 4 : 8)
    return (
      (this.isIpv6
        ? this.#isEqual(previous, other, -META_BYTES, this.transport + 4)
        : this.#continuesIpv4(at, previous, other, index)) && this.#isEqual(previous, other, start, this.headerBytes)
    )
  }

  /** The checksum is right if what it makes up for is the identification alone. */
  #continuesIpv4(at: number, previous: number, other: number, index: number): boolean {
    const ip = this.network
    const before = readU16(this.#memory, previous + ip + 4) + readU16(this.#memory, previous + ip + 10)
    const after = readU16(this.#memory, other + ip + 4) + readU16(this.#memory, other + ip + 10)
    return (
      (after - before) % 0xffff === 0 &&
      this.#isNumbered(at, other, index) &&
      this.#isEqual(previous, other, -META_BYTES, ip + 4) &&
      this.#isEqual(previous, other, ip + 6, ip + 10) &&
      this.#isEqual(previous, other, ip + 12, this.transport + 4)
    )
  }

  /** All but length, identification and checksum. */
  #hasSameIpv4(at: number, other: number, index: number): boolean {
    const ip = this.network
    return (
      this.#isNumbered(at, other, index) &&
      this.#isEqual(at, other, ip, ip + 2) &&
      this.#isEqual(at, other, ip + 6, ip + 10) &&
      this.#isEqual(at, other, ip + 12, this.transport)
    )
  }

  /** Identifications count up, or mean nothing and stay (RFC 6864). */
  #isNumbered(at: number, other: number, index: number): boolean {
    const ip = this.network
    const difference = (readU16(this.#memory, other + ip + 4) - readU16(this.#memory, at + ip + 4)) & 0xffff
    return difference === index || (difference === 0 && (readU16(this.#memory, at + ip + 6) & DONT_FRAGMENT) !== 0)
  }

  #hasSameIpv6(at: number, other: number): boolean {
    const ip = this.network
    return this.#isEqual(at, other, ip, ip + 4) && this.#isEqual(at, other, ip + 6, this.transport)
  }

  /** All but ports, sequence, checksum, and the flags that only the last segment has. */
  #hasSameTcp(at: number, other: number): boolean {
    const tcp = this.transport
    const [flags, otherFlags] = [this.#memory[at + tcp + 13] ?? 0, this.#memory[other + tcp + 13] ?? 0]
    return (
      ((flags ^ otherFlags) & ~TCP_FLAGS_LAST) === 0 &&
      this.#isEqual(at, other, tcp + 8, tcp + 13) &&
      this.#isEqual(at, other, tcp + 14, tcp + 16) &&
      this.#isEqual(at, other, tcp + 18, this.headerBytes)
    )
  }

  #readPseudoSum(at: number): void {
    const field = at + this.transport + (this.isUdp ? UDP_CHECKSUM : TCP_CHECKSUM)
    this.#pseudoSum =
      exchange(readU16(this.#memory, field), this.headerBytes - this.transport + this.payloadBytes, 0) % 0xffff
  }

  /** Four bytes at a time, as far as that goes: this is done for each datagram. */
  #isEqual(at: number, other: number, from: number, to: number): boolean {
    let i = from
    for (; i + 4 <= to; i += 4) if (this.#view.getInt32(at + i) !== this.#view.getInt32(other + i)) return false
    for (; i < to; i++) if (this.#memory[at + i] !== this.#memory[other + i]) return false
    return true
  }

  sequence(at: number): number {
    return readU32(this.#memory, at + this.transport + 4)
  }
}
