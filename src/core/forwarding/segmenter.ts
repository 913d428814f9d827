import { readU16, readU32, viewOf, writeU16, writeU32 } from '../wire/big-endian.ts'
import { exchange, fold, sumOf } from './checksum.ts'
import { type FrameShape, Segmentation } from './frame-shape.ts'
import {
  IPV4_BYTES_MIN,
  IPV6_BYTES,
  ipv4HeaderBytes,
  isIpv6,
  networkStart,
  TCP_BYTES_MIN,
  TCP_CHECKSUM,
  TcpFlag,
  tcpHeaderBytes,
  UDP_BYTES,
  UDP_CHECKSUM,
} from './packet-headers.ts'

/**
 * Cuts a TCP or UDP frame that is larger than its segments into complete frames, as a network device with segmentation offload
 * does. Each segment's checksum stays partial, like that of the whole.
 *
 *     begin → next, write → next, write → … → next is zero
 */
export class Segmenter {
  readonly #memory: Uint8Array
  readonly #view: DataView
  #at = 0
  #network = 0
  #transport = 0
  #headerBytes = 0
  #payloadBytes = 0
  #segmentBytes = 0
  #isUdp = false
  #isIpv6 = false
  #index = -1
  #segmentPayload = 0
  #identificationsEach = 1
  #identification = 0
  /** Of what is the same in the IPv4 headers of all segments: all but length, identification and checksum. */
  #fixedSum = 0

  /** Frames are read from and segments are written to `memory`. */
  constructor(memory: Uint8Array) {
    this.#memory = memory
    this.#view = viewOf(memory)
  }

  /** All headers of the frame, once `begin` has accepted it. */
  get headerBytes(): number {
    return this.#headerBytes
  }

  /** Makes pieces of so many payload bytes rather than of one segment each. Call between `begin` and `next`. Hot path. */
  resize(payloadBytes: number): void {
    this.#identificationsEach = Math.max(1, Math.floor(payloadBytes / this.#segmentBytes))
    this.#segmentBytes = payloadBytes
  }

  /** False when the frame is not what `shape` says. Hot path. */
  begin(at: number, length: number, shape: FrameShape): boolean {
    const network = networkStart(this.#memory, at)
    const transport = shape.checksumStart
    this.#at = at
    this.#network = network
    this.#transport = transport
    this.#segmentBytes = shape.segmentBytes
    this.#isUdp = shape.segmentation === Segmentation.udp
    this.#isIpv6 = isIpv6(this.#memory, at + network)
    this.#index = -1
    this.#identificationsEach = 1
    if (!this.#isIpv6) this.#readIpv4(at + network)
    const ipBytes = this.#isIpv6 ? IPV6_BYTES : Math.max(IPV4_BYTES_MIN, ipv4HeaderBytes(this.#memory, at + network))
    if (network === 0 || shape.segmentBytes <= 0 || transport < network + ipBytes) return false
    if (shape.checksumOffset !== (this.#isUdp ? UDP_CHECKSUM : TCP_CHECKSUM)) return false
    const transportBytes = this.#isUdp ? UDP_BYTES : tcpHeaderBytes(this.#memory, at + transport)
    this.#headerBytes = transport + transportBytes
    this.#payloadBytes = length - this.#headerBytes
    return this.#payloadBytes > 0 && transportBytes >= (this.#isUdp ? UDP_BYTES : TCP_BYTES_MIN)
  }

  #readIpv4(ip: number): void {
    const memory = this.#memory
    const changing = readU16(memory, ip + 2) + readU16(memory, ip + 4) + readU16(memory, ip + 10)
    this.#identification = readU16(memory, ip + 4)
    this.#fixedSum = fold(sumOf(memory, ip, ipv4HeaderBytes(memory, ip)) + 3 * 0xffff - changing)
  }

  /** Bytes of the next segment's frame, zero after the last. Hot path. */
  next(): number {
    const left = this.#payloadBytes - ++this.#index * this.#segmentBytes
    if (left <= 0) return 0
    this.#segmentPayload = Math.min(left, this.#segmentBytes)
    return this.#headerBytes + this.#segmentPayload
  }

  /** Writes the segment that `next` has announced, anywhere outside of the frame. Hot path. */
  write(to: number): void {
    const memory = this.#memory
    const done = this.#index * this.#segmentBytes
    const payload = this.#at + this.#headerBytes + done
    this.#copyHeaders(to)
    memory.copyWithin(to + this.#headerBytes, payload, payload + this.#segmentPayload)
    this.#fitNetwork(to + this.#network)
    if (this.#isUdp) this.#fitUdp(to + this.#transport)
    else this.#fitTcp(to + this.#transport, done)
  }

  /** By words: to call `copyWithin` costs more than to copy so few bytes. */
  #copyHeaders(to: number): void {
    let i = 0
    for (; i + 4 <= this.#headerBytes; i += 4) this.#view.setInt32(to + i, this.#view.getInt32(this.#at + i))
    for (; i < this.#headerBytes; i++) this.#memory[to + i] = this.#memory[this.#at + i] ?? 0
  }

  #fitNetwork(network: number): void {
    const length = this.#headerBytes - this.#network + this.#segmentPayload
    if (this.#isIpv6) return writeU16(this.#memory, network + 4, length - IPV6_BYTES)
    const identification = (this.#identification + this.#index * this.#identificationsEach) & 0xffff
    writeU16(this.#memory, network + 2, length)
    writeU16(this.#memory, network + 4, identification)
    writeU16(this.#memory, network + 10, ~fold(this.#fixedSum + length + identification) & 0xffff)
  }

  #fitTcp(tcp: number, done: number): void {
    writeU32(this.#memory, tcp + 4, readU32(this.#memory, tcp + 4) + done)
    const isLast = done + this.#segmentPayload === this.#payloadBytes
    const unwanted = (isLast ? 0 : TcpFlag.fin | TcpFlag.psh) | (this.#index === 0 ? 0 : TcpFlag.cwr)
    this.#memory[tcp + 13] = (this.#memory[tcp + 13] ?? 0) & ~unwanted
    this.#fitChecksum(tcp + TCP_CHECKSUM)
  }

  #fitUdp(udp: number): void {
    writeU16(this.#memory, udp + 4, UDP_BYTES + this.#segmentPayload)
    this.#fitChecksum(udp + UDP_CHECKSUM)
  }

  /** The pseudo-header contains the length. */
  #fitChecksum(field: number): void {
    const headers = this.#headerBytes - this.#transport
    const [whole, own] = [headers + this.#payloadBytes, headers + this.#segmentPayload]
    writeU16(this.#memory, field, exchange(readU16(this.#memory, field), whole, own))
  }
}
