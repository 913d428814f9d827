import {
  CAPTURE_AT,
  completeChecksum,
  type EndpointKey,
  Forwarder,
  type FrameShape,
  type HeardProbe,
  isLinkKey,
  linkKey,
  MEMORY_BYTES,
  neighbourOf,
  type PacketSink,
  plainShape,
  RECEIVE_AT,
  ROOM_BYTES,
} from '../../core/router/index.ts'
import { allocatePinned, type Libc, type PinnedBytes } from '../linux/libc.ts'
import { MessageHeader } from '../linux/message-header.ts'
import { SocketAddress } from '../linux/socket-address.ts'
import { readVirtioHeader, VIRTIO_HEADER_BYTES, writeVirtioHeader } from '../linux/virtio-header.ts'
import { DatagramSender } from './datagram-sender.ts'
import { DenseTraffic } from './dense-traffic.ts'
import { FramesAhead } from './frames-ahead.ts'
import { newPumpCounters } from './messages.ts'
import type { PumpOptions } from './pump-options.ts'
import { SparseFlows } from './sparse-flows.ts'

/** Per side and wake, whichever is reached first: so neither side waits long for the other. */
const BATCH_PACKETS = 64
const BATCH_BYTES = 256 * 1024
/** The kernel adds about as much again (prctl(2), PR_SET_TIMERSLACK). */
const GATHER_MICROSECONDS = 50
/** Of a question or an answer, for which somebody waits. */
const PROMPT_BYTES_MAX = 512
/** What is so large takes long enough to look behind it for what is not to wait. */
const LARGE_BYTES = 16 * 1024
/** So many are more than what routers say to each other. */
const AT_WORK_PACKETS = 2000
const POLLIN = 1
const POLLERR_HUP_NVAL = 8 | 16 | 32
const POLLFD_BYTES = 8
/** Places among what is polled. */
const TAP = 0
const UDP = 1
const WAKE = 2
const PROMPT = 3
const POLLED = 4
/** A thread that is blocked cannot be ended; so it looks up now and then even when nobody wakes it. */
const POLL_TIMEOUT_MS = 1000

interface Run {
  readonly offset: number
  readonly length: number
  readonly datagramBytes: number
}

/** Moves frames between the TAP device, the forwarder and the UDP socket, with one blocking `poll` for all. */
export class PacketPump implements PacketSink {
  readonly counters = newPumpCounters()
  readonly forwarder: Forwarder
  readonly #options: PumpOptions
  // Taken from the options once: the engine's code for the hot path then holds whoever has made the options.
  readonly #libc: Libc
  readonly #clock: () => number
  readonly #tapFd: number
  readonly #udpFd: number
  readonly #promptFd: number
  readonly #gathers: boolean
  readonly #memory = allocatePinned(MEMORY_BYTES)
  readonly #polled: PinnedBytes
  readonly #hasHeader: boolean
  readonly #headerBytes: number
  readonly #shape = plainShape()
  readonly #sender: DatagramSender
  readonly #incoming: MessageHeader
  readonly #dense = new DenseTraffic()
  readonly #flows = new SparseFlows()
  readonly #ahead = new FramesAhead()
  #isDense = false
  #isAtWork = false
  #isStopped = false

  constructor(options: PumpOptions) {
    this.#options = options
    this.#libc = options.libc
    this.#clock = options.clock
    this.#tapFd = options.tap.fd
    this.#udpFd = options.udp.fd
    this.#promptFd = options.promptFd
    this.#gathers = options.gathers
    const { hasHeader, cutsUdp } = options.tap.offload
    this.#hasHeader = hasHeader
    this.#headerBytes = hasHeader ? VIRTIO_HEADER_BYTES : 0
    const joins = { tcp: hasHeader, udp: cutsUdp }
    this.forwarder = new Forwarder({ cipher: options.cipher, sink: this, memory: this.#memory.bytes, joins })
    const { keys } = this.forwarder
    this.#incoming = new MessageHeader(new SocketAddress(keys, options.udp.family))
    const memory = this.#memory.address
    this.#sender = new DatagramSender({ libc: options.libc, udp: options.udp, keys, memory, counters: this.counters })
    this.#polled = options.polled ?? allocatePinned(POLLED * POLLFD_BYTES)
    const fds = [this.#tapFd, this.#udpFd, options.wakeFd, this.#promptFd]
    for (const [i, fd] of fds.entries()) {
      this.#polled.bytes.writeInt32LE(fd, i * POLLFD_BYTES)
      this.#polled.bytes.writeInt16LE(POLLIN, i * POLLFD_BYTES + 4)
    }
  }

  /** Returns after `stop`, or with the reason why it cannot go on. `woken` is called when the wake descriptor was signalled. */
  run(woken: () => void): string | undefined {
    this.#isStopped = false
    let reason: string | undefined
    while (!this.#isStopped && reason === undefined) reason = this.#turn(woken)
    return reason
  }

  /** Of its own, because `run` returns seldom: the engine compiles what is called often. */
  #turn(woken: () => void): string | undefined {
    if (this.#libc.poll(this.#polled.address, POLLED, POLL_TIMEOUT_MS) <= 0) return undefined
    if (this.#returned(WAKE) !== 0) woken()
    // Behind what it was woken for: the answer to a question that was asked there may be read in this turn.
    const now = this.#clock()
    const before = this.counters.framesRead + this.counters.datagramsReceived
    const prompt = this.#returned(PROMPT) === 0 ? 0 : this.#receiveBatch(this.#promptFd, now)
    const captured = this.#returned(TAP) === 0 ? 0 : this.#captureBatch(now)
    const received = this.#returned(UDP) === 0 ? 0 : this.#receiveBatch(this.#udpFd, now)
    const packets = this.counters.framesRead + this.counters.datagramsReceived - before
    if (!this.#isAtWork && before + packets >= AT_WORK_PACKETS) {
      this.#isAtWork = true
      this.#options.atWork()
    }
    this.#isDense = this.#dense.note(packets, prompt + captured + received, now)
    if (this.#gathers && this.#isDense && packets < BATCH_PACKETS) this.#libc.usleep(GATHER_MICROSECONDS)
    if ((this.#returned(TAP) & POLLERR_HUP_NVAL) !== 0) return 'the TAP device is gone'
    if ((this.#returned(UDP) & (POLLERR_HUP_NVAL & ~8)) !== 0) return 'the UDP socket is gone'
    return undefined
  }

  /** True when something has come at the prompt socket meanwhile. What is held for others to join goes before: it is in the memory for it. */
  #glance(now: number): boolean {
    if (this.#promptFd < 0 || this.#sender.fd !== this.#udpFd) return false
    if (this.#libc.poll(this.#polled.address + PROMPT * POLLFD_BYTES, 1, 0) <= 0) return false
    this.forwarder.flush()
    this.forwarder.deliver()
    this.#receiveBatch(this.#promptFd, now)
    return true
  }

  /** Reads what waits behind a large frame: what is sparse goes at once. */
  #lookAhead(now: number): void {
    const ahead = this.#ahead
    while (ahead.hasRoom && this.#promptFd >= 0) {
      const length = this.#libc.read(this.#tapFd, ahead.place, ROOM_BYTES)
      if (length <= 0) break
      if (this.#isSparse(ahead.bytes, ahead.offset, length, now)) {
        ahead.copy(length, this.#memory.bytes, CAPTURE_AT - this.#headerBytes)
        this.#capture(this.#promptFd, length, now)
        this.counters.framesHurried++
      } else ahead.push(length)
    }
    this.#sendBy(this.#udpFd)
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Hot path. */
  inject(offset: number, length: number, shape: FrameShape): void {
    const { bytes, address } = this.#memory
    if (this.#hasHeader) writeVirtioHeader(bytes, offset - VIRTIO_HEADER_BYTES, shape)
    else if (shape.checksumStart !== 0) completeChecksum(bytes, offset, length, shape)
    const all = this.#headerBytes + length
    const written = this.#libc.write(this.#tapFd, address + offset - this.#headerBytes, all)
    if (written === all) this.counters.framesWritten++
    else this.counters.framesRefused++
  }

  /** Hot path. */
  transmit(to: EndpointKey, offset: number, length: number, datagramBytes: number): void {
    if (isLinkKey(to)) return this.#carry(to, { offset, length, datagramBytes })
    this.#sender.send(to, offset, length, datagramBytes)
  }

  transmitWhole(to: EndpointKey, offset: number, length: number): boolean {
    if (!isLinkKey(to)) return this.#sender.sendWhole(to, offset, length)
    this.#carry(to, { offset, length, datagramBytes: length })
    return true
  }

  /** Takes datagrams that a neighbour's control link has carried: at most `ROOM_BYTES`. */
  carried(neighbour: number, datagramBytes: number, bytes: Uint8Array): void {
    this.#memory.bytes.set(bytes, RECEIVE_AT)
    this.forwarder.receive(bytes.length, datagramBytes, linkKey(neighbour), this.#clock())
    this.forwarder.deliver()
  }

  wanted(peer: number): void {
    this.#options.wanted(peer)
  }

  filled(peer: number): void {
    this.#options.filled(peer)
  }

  worn(): void {
    this.#options.worn()
  }

  probed(peer: number, heard: HeardProbe<EndpointKey>): void {
    this.#options.probed(peer, { ...heard, from: this.forwarder.keys.endpointOf(heard.from) })
  }

  #carry(to: EndpointKey, { offset, length, datagramBytes }: Run): void {
    const bytes = Uint8Array.from(this.#memory.bytes.subarray(offset, offset + length))
    if (this.#options.carry(neighbourOf(to), datagramBytes, bytes)) this.counters.runsCarried++
    else this.counters.carriesDropped++
  }

  /** Bytes that were read. */
  #captureBatch(now: number): number {
    const { bytes, address } = this.#memory
    const at = CAPTURE_AT - this.#headerBytes
    let all = 0
    for (let i = 0; (i < BATCH_PACKETS && all < BATCH_BYTES) || this.#ahead.count > 0; i++) {
      const waited = this.#ahead.take(bytes, at)
      const length = waited > 0 ? waited : this.#libc.read(this.#tapFd, address + at, ROOM_BYTES)
      if (length <= 0) break
      all += length
      const isSparse = waited === 0 && this.#isSparse(bytes, at, length, now)
      this.#capture(isSparse ? this.#promptFd : this.#udpFd, length, now)
      // Mostly it is alone: then it is on its way before the call that finds no other.
      if (i === 0 && length <= PROMPT_BYTES_MAX && !this.#isDense) this.forwarder.flush()
      if (length < LARGE_BYTES) continue
      this.#glance(now)
      if (all < BATCH_BYTES) this.#lookAhead(now)
    }
    this.forwarder.flush()
    this.#sender.fd = this.#udpFd
    return all
  }

  #capture(sendFd: number, length: number, now: number): void {
    this.#sendBy(sendFd)
    this.counters.framesRead++
    if (this.#hasHeader) readVirtioHeader(this.#memory.bytes, CAPTURE_AT - this.#headerBytes, this.#shape)
    this.forwarder.capture(length - this.#headerBytes, this.#shape, now)
  }

  #isSparse(bytes: Buffer, at: number, length: number, now: number): boolean {
    return this.#promptFd >= 0 && this.#flows.note(bytes, at + this.#headerBytes, length - this.#headerBytes, now)
  }

  #sendBy(fd: number): void {
    if (fd === this.#sender.fd) return
    this.forwarder.flush()
    this.#sender.fd = fd
  }

  /** Bytes that came. */
  #receiveBatch(fd: number, now: number): number {
    const message = this.#incoming
    const { datagramsReceived } = this.counters
    // What came at the prompt socket is relayed by it.
    this.#sender.fd = fd
    let all = 0
    for (let i = 0; i < BATCH_PACKETS && all < BATCH_BYTES; i++) {
      message.forReceiving(this.#memory.address + RECEIVE_AT, ROOM_BYTES)
      const length = this.#libc.recvmsg(fd, message.address, 0)
      if (length < 0) break
      all += length
      const datagramBytes = message.datagramBytes(length)
      if (length > datagramBytes) this.counters.runsReceived++
      this.counters.datagramsReceived += length > datagramBytes ? Math.ceil(length / datagramBytes) : 1
      this.forwarder.receive(length, datagramBytes, message.endpoint.read(), now)
      // Mostly it is alone: then nobody waits for the call that finds no other.
      if (i === 0 && length <= PROMPT_BYTES_MAX) this.forwarder.deliver()
      // Who was asked may have answered by now.
      if (length >= LARGE_BYTES && this.#glance(now)) this.#captureBatch(now)
    }
    this.forwarder.deliver()
    this.#sender.fd = this.#udpFd
    if (fd === this.#promptFd) this.counters.datagramsHurried += this.counters.datagramsReceived - datagramsReceived
    return all
  }

  #returned(index: number): number {
    return this.#polled.bytes.readInt16LE(index * POLLFD_BYTES + 6)
  }
}
