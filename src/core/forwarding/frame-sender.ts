import { DatagramKind, HEADER_BYTES, TAG_BYTES } from '../wire/datagram.ts'
import type { DatagramCipher } from '../wire/datagram-cipher.ts'
import { fitsMeta, META_BYTES, writeCutMeta, writeMeta } from '../wire/frame-meta.ts'
import { PART_HEADER_BYTES, writePartHeader } from '../wire/part-header.ts'
import { PROBE_BYTES, type Probe, writeProbe } from '../wire/probe.ts'
import { type EndpointKey, isLinkKey } from './endpoint-key.ts'
import type { ForwarderCounters } from './forwarder-counters.ts'
import { copyShape, type FrameShape, plainShape, Segmentation } from './frame-shape.ts'
import { isIpv6, networkStart, TCP_CHECKSUM } from './packet-headers.ts'
import { CAPTURE_AT, FRAME_BYTES_MAX, frameBytesOf, JOIN_AT, OVERHEAD, RUN_AT } from './packet-memory.ts'
import { SealingRun } from './sealing-run.ts'
import { clampSegmentSize, SYN_BYTES_MAX } from './segment-clamp.ts'
import { Segmenter } from './segmenter.ts'
import type { SealingSession, SessionTable } from './session-table.ts'
import { writeTooBig } from './too-big.ts'
import type { RunSink } from './transmit-run.ts'

/** So often, per peer with large datagrams, the router is told of them. */
const FILLED_EVERY_MS = 10_000
/** Datagrams below that say nothing of the path. */
const LARGE_BYTES = 1_000
/** To all containers together. */
export const ANSWERS_PER_SECOND_MAX = 20
/** After so many datagrams under one key another one is asked for: far below what AES-GCM allows (NIST SP 800-38D, section 8.3). */
const SEALED_MAX = 2 ** 30
/** Less payload than that is not worth a segment: such a frame goes in parts. */
const SEGMENT_BYTES_MIN = 64

export interface SenderSink extends RunSink {
  /** A datagram that nothing may cut on its way. False when this host's network does not take one of that size. */
  transmitWhole(to: EndpointKey, offset: number, length: number): boolean
  /** There are large datagrams for a peer whose path was measured: at most once in ten seconds for each. */
  filled(peer: number): void
  /** A key has sealed as much as it should: this router's keys are to be replaced. Once for each key. */
  worn(): void
  inject(offset: number, length: number, shape: FrameShape): void
}

export interface FrameSenderOptions {
  readonly memory: Uint8Array
  readonly cipher: DatagramCipher
  readonly sessions: SessionTable
  readonly sink: SenderSink
  readonly counters: ForwarderCounters
  /** Datagrams; twice as many go under no key. */
  readonly sealedMax?: number
}

/** What is known of the path to a peer. */
interface PathSize {
  readonly datagramBytes: number
  filledAt: number
}

/**
 * Makes datagrams of frames, each as large as the path to the peer takes:
 *
 * - what the kernel gave as one frame to be cut is cut into pieces of one or more segments; those of TCP may become smaller than the
 *   container had them;
 * - what is still too large goes in parts, which the far end joins: a link must carry 1,280 bytes of IPv6 in one piece (RFC 8200,
 *   section 5), and its container is told to send less.
 */
export class FrameSender {
  readonly #memory: Uint8Array
  readonly #sessions: SessionTable
  readonly #sink: SenderSink
  readonly #counters: ForwarderCounters
  readonly #segmenter: Segmenter
  readonly #run: SealingRun
  readonly #sealedMax: number
  readonly #cut = plainShape()
  readonly #sizes = new Map<number, PathSize>()
  #length = 0
  #shape: FrameShape = plainShape()
  #now = 0
  /** The largest frame that goes in one datagram. */
  #bytesMax = FRAME_BYTES_MAX
  #partNumber = 0
  #second = 0
  #answersInSecond = 0

  constructor({ memory, cipher, sessions, sink, counters, sealedMax = SEALED_MAX }: FrameSenderOptions) {
    this.#memory = memory
    this.#sessions = sessions
    this.#sink = sink
    this.#counters = counters
    this.#segmenter = new Segmenter(memory)
    this.#run = new SealingRun(memory, cipher, sink)
    this.#sealedMax = sealedMax
  }

  /** Without a number nothing is known of the path, and what is too large is left to the network to cut. */
  resize(peer: number, datagramBytes: number | undefined): void {
    if (datagramBytes === undefined) this.#sizes.delete(peer)
    else this.#sizes.set(peer, { datagramBytes, filledAt: Number.NEGATIVE_INFINITY })
  }

  /** The largest frame that a datagram to the peer holds. */
  frameBytesMax(peer: number): number {
    const size = this.#sizes.get(peer)
    return size === undefined ? FRAME_BYTES_MAX : frameBytesOf(size.datagramBytes)
  }

  /** Takes the frame at `CAPTURE_AT`, to be sent to one peer or to several. Hot path, as all that follows: allocates nothing. */
  load(length: number, shape: FrameShape, now: number): void {
    this.#length = length
    this.#shape = shape
    this.#now = now
  }

  /** Sends what was loaded, at the latest with `flush`. */
  send(peer: number, to: EndpointKey): void {
    const session = this.#sessions.sealingFor(peer)
    if (session === undefined) {
      this.#counters.droppedUnknownKey++
      return
    }
    if (session.counter >= 2 * this.#sealedMax) {
      this.#counters.droppedWornKey++
      return
    }
    const size = isLinkKey(to) ? undefined : this.#sizes.get(peer)
    this.#bytesMax = size === undefined ? FRAME_BYTES_MAX : frameBytesOf(size.datagramBytes)
    if (size !== undefined) this.#notice(peer, size)
    if (this.#shape.segmentation !== Segmentation.none) return this.#sendCut(session, to, this.#shape)
    if (this.#length <= this.#bytesMax) return this.#sendWhole(session, to)
    if (this.#asStream()) return this.#sendCut(session, to, this.#cut)
    this.#answer(this.#length)
    this.#sendParts(session, to, CAPTURE_AT, this.#length)
  }

  flush(): void {
    this.#run.flush()
  }

  /** False when this host's network does not take a datagram of that size. */
  probe(peer: number, to: EndpointKey, probe: Probe): boolean {
    const session = this.#sessions.sealingFor(peer)
    if (session === undefined) {
      this.#counters.droppedUnknownKey++
      return true
    }
    this.flush()
    const around = HEADER_BYTES + TAG_BYTES
    const bodyBytes = Math.max(PROBE_BYTES, (probe.datagramBytes ?? 0) - around)
    this.#memory.fill(0, RUN_AT + HEADER_BYTES, RUN_AT + HEADER_BYTES + bodyBytes)
    writeProbe(this.#memory, RUN_AT + HEADER_BYTES, probe)
    this.#seal(session, DatagramKind.probe, RUN_AT, bodyBytes)
    this.#run.finish()
    if (probe.datagramBytes !== undefined) return this.#sink.transmitWhole(to, RUN_AT, bodyBytes + around)
    this.#sink.transmit(to, RUN_AT, bodyBytes + around, bodyBytes + around)
    return true
  }

  #notice(peer: number, size: PathSize): void {
    if (this.#length <= SYN_BYTES_MAX) {
      const wish = { frameBytesMax: this.#bytesMax, isPartial: this.#shape.checksumStart !== 0 }
      if (clampSegmentSize(this.#memory, CAPTURE_AT, this.#length, wish)) this.#counters.clamped++
    } else if (this.#length >= LARGE_BYTES && this.#now - size.filledAt >= FILLED_EVERY_MS) {
      size.filledAt = this.#now
      this.#sink.filled(peer)
    }
  }

  #sendWhole(session: SealingSession, to: EndpointKey): void {
    const start = this.#reserve(to, this.#length)
    this.#memory.copyWithin(start + HEADER_BYTES + META_BYTES, CAPTURE_AT, CAPTURE_AT + this.#length)
    writeMeta(this.#memory, start + HEADER_BYTES, this.#shape)
    this.#seal(session, DatagramKind.frame, start, META_BYTES + this.#length)
  }

  #sendCut(session: SealingSession, to: EndpointKey, shape: FrameShape): void {
    const segmenter = this.#segmenter
    if (!segmenter.begin(CAPTURE_AT, this.#length, shape)) {
      this.#counters.droppedUncuttable++
      return
    }
    const { headerBytes } = segmenter
    const piece = this.#pieceBytes(shape, this.#bytesMax - headerBytes)
    if (piece !== shape.segmentBytes) segmenter.resize(piece)
    if (headerBytes + piece > this.#bytesMax) this.#answer(headerBytes + piece)
    for (let bytes = segmenter.next(); bytes > 0; bytes = segmenter.next()) {
      this.#counters.cut++
      if (bytes > this.#bytesMax) {
        segmenter.write(JOIN_AT)
        this.#sendParts(session, to, JOIN_AT, bytes)
        continue
      }
      const start = this.#reserve(to, bytes)
      segmenter.write(start + HEADER_BYTES + META_BYTES)
      const isOfSeveral = bytes - headerBytes > shape.segmentBytes
      if (isOfSeveral) writeCutMeta(this.#memory, start + HEADER_BYTES, shape)
      else writeMeta(this.#memory, start + HEADER_BYTES, shape)
      this.#seal(session, DatagramKind.frame, start, META_BYTES + bytes)
    }
  }

  /** Payload of each piece: as many segments as go into a datagram; of TCP also less than one. */
  #pieceBytes(shape: FrameShape, room: number): number {
    const { segmentBytes } = shape
    const isMeasured = this.#bytesMax < FRAME_BYTES_MAX
    if (room >= 2 * segmentBytes) {
      return isMeasured && fitsMeta(shape) ? Math.floor(room / segmentBytes) * segmentBytes : segmentBytes
    }
    if (room >= segmentBytes || room < SEGMENT_BYTES_MIN || shape.segmentation === Segmentation.udp) return segmentBytes
    this.#counters.cutSmaller++
    return room
  }

  /** A single segment of TCP can be cut as a stream is, if its checksum is still open. Fills in the shape for it. */
  #asStream(): boolean {
    const network = networkStart(this.#memory, CAPTURE_AT)
    const { checksumStart, checksumOffset } = this.#shape
    if (network === 0 || checksumStart === 0 || checksumOffset !== TCP_CHECKSUM) return false
    copyShape(this.#shape, this.#cut)
    this.#cut.segmentation = isIpv6(this.#memory, CAPTURE_AT + network) ? Segmentation.tcp6 : Segmentation.tcp4
    this.#cut.segmentBytes = this.#length
    if (!this.#segmenter.begin(CAPTURE_AT, this.#length, this.#cut)) return false
    return this.#bytesMax - this.#segmenter.headerBytes >= SEGMENT_BYTES_MIN
  }

  /** Frame and meta in datagrams of equal size. */
  #sendParts(session: SealingSession, to: EndpointKey, at: number, length: number): void {
    const whole = META_BYTES + length
    const room = this.#bytesMax + META_BYTES - PART_HEADER_BYTES
    const partBytes = Math.ceil(whole / Math.ceil(whole / room))
    const number = this.#partNumber++ % 0x1_0000_0000
    writeMeta(this.#memory, at - META_BYTES, this.#shape)
    for (let done = 0; done < whole; done += partBytes) {
      const bytes = Math.min(partBytes, whole - done)
      const start = this.#run.reserve(to, HEADER_BYTES + PART_HEADER_BYTES + bytes + TAG_BYTES, RUN_AT)
      const body = start + HEADER_BYTES
      writePartHeader(this.#memory, body, { number, start: done, all: whole })
      const from = at - META_BYTES + done
      this.#memory.copyWithin(body + PART_HEADER_BYTES, from, from + bytes)
      this.#seal(session, DatagramKind.part, start, PART_HEADER_BYTES + bytes)
    }
    this.#counters.sentInParts++
  }

  /** Tells the container that a packet of it, which makes a frame of `length` bytes, is too large for the path. */
  #answer(length: number): void {
    const packet = { at: CAPTURE_AT, length, to: JOIN_AT, frameBytesMax: this.#bytesMax }
    const bytes = writeTooBig(this.#memory, packet)
    if (bytes === 0) return
    const second = Math.floor(this.#now / 1000)
    if (second !== this.#second) this.#answersInSecond = 0
    this.#second = second
    if (this.#answersInSecond >= ANSWERS_PER_SECOND_MAX) {
      this.#counters.untoldTooBig++
      return
    }
    this.#answersInSecond++
    this.#counters.toldTooBig++
    this.#sink.inject(JOIN_AT, bytes, plainShape())
  }

  #reserve(to: EndpointKey, frameBytes: number): number {
    return this.#run.reserve(to, OVERHEAD + frameBytes, RUN_AT)
  }

  /** `start` is where the datagram begins; `length` is that of the plaintext behind the header. */
  #seal(session: SealingSession, kind: number, start: number, length: number): void {
    this.#run.seal(session, kind, start, HEADER_BYTES + length + TAG_BYTES)
    if (session.counter === this.#sealedMax) this.#sink.worn()
  }
}
