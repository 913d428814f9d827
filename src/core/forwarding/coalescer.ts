import { readU16, writeU16 } from '../wire/big-endian.ts'
import { exchange, sealIpv4Header } from './checksum.ts'
import { FlowHeaders } from './flow-headers.ts'
import { copyShape, type FrameShape, plainShape, Segmentation } from './frame-shape.ts'
import { IPV6_BYTES, ipv4HeaderBytes, TCP_CHECKSUM, UDP_CHECKSUM } from './packet-headers.ts'
import { JOIN_AT, JOINED_BYTES_MAX } from './packet-memory.ts'

const IP_BYTES_MAX = 65_535
const NOWHERE = -1
/** As many as the kernel puts into one (UDP_MAX_SEGMENTS); of TCP, the length is the limit. */
const UDP_SEGMENTS_MAX = 64

/** Which flows the bridge's port takes joined. */
export interface JoinedFlows {
  readonly tcp: boolean
  readonly udp: boolean
}

export interface FrameSink {
  /**
   * An Ethernet frame for the bridge, with a complete checksum or not and to be cut into segments or not, as `shape` says.
   * `HEADROOM` bytes before the frame may be overwritten.
   */
  inject(offset: number, length: number, shape: FrameShape): void
}

/**
 * Joins frames that follow each other as the segments of one (the inverse of the segmenter), so that the kernel handles one large
 * frame for many. All frames come out in the order in which they went in. A frame joins the one that is held when it
 *
 * - has its checksum partial, as the joined frame has: nothing is vouched for that the sender did not vouch for;
 * - is of the same flow, with the same options and flags, and continues the sequence;
 * - is as large as the first, or smaller and then the last; one that came as several segments counts as these.
 *
 * A held frame stays where it is until a second one joins; `flush` or `keep` before that memory is used again.
 */
export class Coalescer {
  /** Frames that went into a larger one. */
  joined = 0
  readonly #memory: Uint8Array
  readonly #flows: JoinedFlows
  readonly #sink: FrameSink
  readonly #shape = plainShape()
  #held: FlowHeaders
  #candidate: FlowHeaders
  #at = 0
  #length = 0
  #count = 0
  /** Payload of each segment. */
  #segmentBytes = 0
  #isClosed = false
  /** Of the frame that was added last, where it came in. */
  #lastAt = NOWHERE
  #lastLength = 0

  constructor(memory: Uint8Array, flows: JoinedFlows, sink: FrameSink) {
    this.#memory = memory
    this.#flows = flows
    this.#sink = sink
    this.#held = new FlowHeaders(memory)
    this.#candidate = new FlowHeaders(memory)
  }

  /** Hot path. */
  add(at: number, length: number, shape: FrameShape): void {
    const isOfFlow = shape.checksumStart !== 0 && this.#candidate.read(at, length, shape)
    const isJoinable = isOfFlow && (this.#candidate.isUdp ? this.#flows.udp : this.#flows.tcp)
    const segmentBytes = isCut(shape) ? shape.segmentBytes : this.#candidate.payloadBytes
    this.#lastAt = at
    this.#lastLength = length
    if (isJoinable && this.#follows(at, isCut(shape), segmentBytes)) return this.#join(at)
    this.flush()
    if (isJoinable && !this.#candidate.isLast) this.#hold(at, length, shape, segmentBytes)
    else this.#sink.inject(at, length, shape)
  }

  /**
   * Joins a frame that came with the one at `previous`, and as long, if that was added last and the two differ in nothing but their
   * place in the flow. False when it is to be added. Hot path.
   */
  addNext(previous: number, at: number, length: number): boolean {
    if (this.#count === 0 || this.#isClosed || previous !== this.#lastAt || length !== this.#lastLength) return false
    const held = this.#held
    const payloadBytes = length - held.headerBytes
    if (!this.#hasRoomFor(payloadBytes) || !held.isContinuedBy(this.#at, previous, at, this.#segments())) return false
    if (!held.isUdp && !this.#isInSequence(held, at)) return false
    this.#lastAt = at
    this.#append(at + held.headerBytes, payloadBytes)
    return true
  }

  /** Goes on holding what more may join, away from the memory that it came in. Hot path. */
  keep(): void {
    this.#lastAt = NOWHERE
    if (this.#isClosed) this.flush()
    else if (this.#count === 1) this.#move()
  }

  /** Gives up what is held. */
  flush(): void {
    if (this.#count === 0) return
    if (this.#count > 1) this.#finish()
    this.#count = 0
    this.#sink.inject(this.#at, this.#length, this.#shape)
  }

  #hold(at: number, length: number, shape: FrameShape, segmentBytes: number): void {
    copyShape(shape, this.#shape)
    const candidate = this.#candidate
    this.#candidate = this.#held
    this.#held = candidate
    this.#at = at
    this.#length = length
    this.#count = 1
    this.#segmentBytes = segmentBytes
    this.#isClosed = this.#held.payloadBytes % segmentBytes !== 0
  }

  #follows(at: number, isOfSeveral: boolean, segmentBytes: number): boolean {
    const held = this.#held
    const next = this.#candidate
    if (this.#count === 0 || this.#isClosed) return false
    if (isOfSeveral ? segmentBytes !== this.#segmentBytes : segmentBytes > this.#segmentBytes) return false
    return (
      this.#hasRoomFor(next.payloadBytes) &&
      held.isFollowedBy(this.#at, at, next, this.#segments()) &&
      (held.isUdp || this.#isInSequence(next, at))
    )
  }

  #hasRoomFor(payloadBytes: number): boolean {
    const { network, isUdp } = this.#held
    const length = this.#length + payloadBytes
    if (length - network > IP_BYTES_MAX || length > JOINED_BYTES_MAX) return false
    return !isUdp || this.#segments() + payloadBytes / this.#segmentBytes <= UDP_SEGMENTS_MAX
  }

  /** In what is held. */
  #segments(): number {
    return (this.#length - this.#held.headerBytes) / this.#segmentBytes
  }

  #isInSequence(next: FlowHeaders, at: number): boolean {
    const held = this.#held
    return (held.sequence(this.#at) + this.#length - held.headerBytes) % 0x1_0000_0000 === next.sequence(at)
  }

  #join(at: number): void {
    const next = this.#candidate
    this.#append(at + next.headerBytes, next.payloadBytes)
    this.#isClosed = next.payloadBytes % this.#segmentBytes !== 0 || next.isLast
    if (next.isLast) this.#addFlags(at)
  }

  #append(payload: number, payloadBytes: number): void {
    if (this.#count === 1) {
      this.#move()
      this.joined++
    }
    this.#memory.copyWithin(this.#at + this.#length, payload, payload + payloadBytes)
    this.#length += payloadBytes
    this.#count++
    this.joined++
  }

  #move(): void {
    if (this.#at === JOIN_AT) return
    this.#memory.copyWithin(JOIN_AT, this.#at, this.#at + this.#length)
    this.#at = JOIN_AT
  }

  #addFlags(at: number): void {
    const flags = this.#held.transport + 13
    this.#memory[this.#at + flags] = (this.#memory[this.#at + flags] ?? 0) | (this.#memory[at + flags] ?? 0)
  }

  /** Makes the headers those of the whole. */
  #finish(): void {
    const held = this.#held
    const ip = this.#at + held.network
    const transport = this.#at + held.transport
    const length = this.#length - held.transport
    const field = transport + (held.isUdp ? UDP_CHECKSUM : TCP_CHECKSUM)
    const lengthOfFirst = held.headerBytes - held.transport + held.payloadBytes
    writeU16(this.#memory, field, exchange(readU16(this.#memory, field), lengthOfFirst, length))
    if (held.isUdp) writeU16(this.#memory, transport + 4, length)
    if (held.isIpv6) writeU16(this.#memory, ip + 4, this.#length - held.network - IPV6_BYTES)
    else {
      writeU16(this.#memory, ip + 2, this.#length - held.network)
      sealIpv4Header(this.#memory, ip, ipv4HeaderBytes(this.#memory, ip))
    }
    const ofTcp = held.isIpv6 ? Segmentation.tcp6 : Segmentation.tcp4
    this.#shape.segmentation = held.isUdp ? Segmentation.udp : ofTcp
    this.#shape.segmentBytes = this.#segmentBytes
    this.#shape.headerBytes = held.headerBytes
  }
}

function isCut({ segmentation }: FrameShape): boolean {
  return segmentation !== Segmentation.none
}
