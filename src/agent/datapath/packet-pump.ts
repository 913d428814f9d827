import type { Endpoint } from '../../base/endpoint.ts'
import {
  CAPTURE_AT,
  completeChecksum,
  type DatagramCipher,
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
import type { TapDevice } from '../linux/tap-device.ts'
import { UdpCutting, type UdpSocket } from '../linux/udp-socket.ts'
import { readVirtioHeader, VIRTIO_HEADER_BYTES, writeVirtioHeader } from '../linux/virtio-header.ts'
import { DenseTraffic } from './dense-traffic.ts'
import type { PumpCounters } from './messages.ts'

/** Per side and wake, whichever is reached first: so neither side waits long for the other. */
const BATCH_PACKETS = 64
const BATCH_BYTES = 256 * 1024
/** The kernel adds about as much again (prctl(2), PR_SET_TIMERSLACK). */
const GATHER_MICROSECONDS = 50
/** Of a question or an answer, for which somebody waits. */
const PROMPT_BYTES_MAX = 512
/** So many are more than what routers say to each other. */
const AT_WORK_PACKETS = 2000
const POLLIN = 1
const POLLERR_HUP_NVAL = 8 | 16 | 32
const POLLFD_BYTES = 8
/** A thread that is blocked cannot be ended; so it looks up now and then even when nobody wakes it. */
const POLL_TIMEOUT_MS = 1000

export interface PumpOptions {
  readonly libc: Libc
  readonly cipher: DatagramCipher
  readonly tap: TapDevice
  readonly udp: UdpSocket
  readonly wakeFd: number
  readonly probed: (peer: number, heard: HeardProbe<Endpoint>) => void
  readonly wanted: PacketSink['wanted']
  readonly filled: PacketSink['filled']
  readonly worn: PacketSink['worn']
  /** Told once, when there were so many packets that more will come. */
  readonly atWork: () => unknown
  /** Gives datagrams to a neighbour's control link; false when it is too far behind. The bytes may be kept. */
  readonly carry: (neighbour: number, datagramBytes: number, bytes: Uint8Array) => boolean
  readonly clock: () => number
  /** Whether small frames that come fast may be kept waiting for others. */
  readonly gathers: boolean
  /** Memory for the three `pollfd` of `poll`; its own when absent. */
  readonly polled?: PinnedBytes
}

interface Run {
  readonly offset: number
  readonly length: number
  readonly datagramBytes: number
}

/** Moves frames between the TAP device, the forwarder and the UDP socket, with one blocking `poll` for all. */
export class PacketPump implements PacketSink {
  readonly counters: PumpCounters = {
    framesRead: 0,
    framesWritten: 0,
    framesRefused: 0,
    datagramsReceived: 0,
    datagramsSent: 0,
    datagramsRefused: 0,
    runsReceived: 0,
    runsSent: 0,
    runsSplit: 0,
    runsCarried: 0,
    carriesDropped: 0,
    probesRefused: 0,
  }
  readonly forwarder: Forwarder
  readonly #options: PumpOptions
  // Taken from the options once: the engine's code for the hot path then holds whoever has made the options.
  readonly #libc: Libc
  readonly #clock: () => number
  readonly #tapFd: number
  readonly #udpFd: number
  readonly #memory = allocatePinned(MEMORY_BYTES)
  readonly #polled: PinnedBytes
  readonly #hasHeader: boolean
  readonly #headerBytes: number
  readonly #shape = plainShape()
  readonly #to: SocketAddress
  readonly #outgoing: MessageHeader
  readonly #incoming: MessageHeader
  readonly #cutting: UdpCutting
  readonly #dense = new DenseTraffic()
  #isDense = false
  #isAtWork = false
  #isStopped = false

  constructor(options: PumpOptions) {
    this.#options = options
    this.#libc = options.libc
    this.#clock = options.clock
    this.#tapFd = options.tap.fd
    this.#udpFd = options.udp.fd
    const { hasHeader, cutsUdp } = options.tap.offload
    this.#hasHeader = hasHeader
    this.#headerBytes = hasHeader ? VIRTIO_HEADER_BYTES : 0
    const joins = { tcp: hasHeader, udp: cutsUdp }
    this.forwarder = new Forwarder({ cipher: options.cipher, sink: this, memory: this.#memory.bytes, joins })
    const { udp } = options
    const address = () => new SocketAddress(this.forwarder.keys, udp.family)
    this.#to = address()
    this.#outgoing = new MessageHeader(address())
    this.#incoming = new MessageHeader(address())
    this.#cutting = new UdpCutting(options.libc, udp)
    this.#polled = options.polled ?? allocatePinned(3 * POLLFD_BYTES)
    const fds = [options.tap.fd, udp.fd, options.wakeFd]
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
    if (this.#libc.poll(this.#polled.address, 3, POLL_TIMEOUT_MS) <= 0) return undefined
    if (this.#returned(2) !== 0) woken()
    // Behind what it was woken for: the answer to a question that was asked there may be read in this turn.
    const now = this.#clock()
    const before = this.counters.framesRead + this.counters.datagramsReceived
    const captured = this.#returned(0) === 0 ? 0 : this.#captureBatch(now)
    const received = this.#returned(1) === 0 ? 0 : this.#receiveBatch(now)
    const packets = this.counters.framesRead + this.counters.datagramsReceived - before
    if (!this.#isAtWork && before + packets >= AT_WORK_PACKETS) this.#beginWork()
    this.#isDense = this.#dense.note(packets, captured + received, now)
    if (this.#options.gathers && this.#isDense && packets < BATCH_PACKETS) this.#libc.usleep(GATHER_MICROSECONDS)
    if ((this.#returned(0) & POLLERR_HUP_NVAL) !== 0) return 'the TAP device is gone'
    if ((this.#returned(1) & (POLLERR_HUP_NVAL & ~8)) !== 0) return 'the UDP socket is gone'
    return undefined
  }

  stop(): void {
    this.#isStopped = true
  }

  #beginWork(): void {
    this.#isAtWork = true
    this.#options.atWork()
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
    if (length > datagramBytes && this.#transmitRun(to, offset, length, datagramBytes)) return
    this.#to.set(to)
    for (let done = 0; done < length; done += datagramBytes) {
      this.#transmitOne(offset + done, Math.min(datagramBytes, length - done))
    }
  }

  transmitWhole(to: EndpointKey, offset: number, length: number): boolean {
    if (isLinkKey(to)) {
      this.#carry(to, { offset, length, datagramBytes: length })
      return true
    }
    this.#to.set(to)
    this.#cutting.forbid()
    const address = this.#memory.address + offset
    const sent = this.#libc.sendto(this.#udpFd, address, length, 0, this.#to.address, this.#to.length)
    const isTooLarge = sent < 0 && this.#libc.errorName() === 'EMSGSIZE'
    this.#cutting.allow()
    if (sent === length) this.counters.datagramsSent++
    else this.counters.probesRefused++
    return !isTooLarge
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

  /** False when the kernel does not take them as one: a device or a path may be unable to, or the datagrams too large for it. */
  #transmitRun(to: EndpointKey, offset: number, length: number, datagramBytes: number): boolean {
    this.#outgoing.endpoint.set(to)
    this.#outgoing.forSending(this.#memory.address + offset, length, datagramBytes)
    const isSent = this.#libc.sendmsg(this.#udpFd, this.#outgoing.address, 0) === length
    if (!isSent) {
      this.counters.runsSplit++
      return false
    }
    this.counters.runsSent++
    this.counters.datagramsSent += Math.ceil(length / datagramBytes)
    return true
  }

  #transmitOne(offset: number, length: number): void {
    const address = this.#memory.address + offset
    const sent = this.#libc.sendto(this.#udpFd, address, length, 0, this.#to.address, this.#to.length)
    if (sent === length) this.counters.datagramsSent++
    else this.counters.datagramsRefused++
  }

  /** Bytes that were read. */
  #captureBatch(now: number): number {
    const { bytes, address } = this.#memory
    const at = CAPTURE_AT - this.#headerBytes
    let all = 0
    for (let i = 0; i < BATCH_PACKETS && all < BATCH_BYTES; i++) {
      const length = this.#libc.read(this.#tapFd, address + at, ROOM_BYTES)
      if (length <= 0) break
      all += length
      this.counters.framesRead++
      if (this.#hasHeader) readVirtioHeader(bytes, at, this.#shape)
      this.forwarder.capture(length - this.#headerBytes, this.#shape, now)
      // Mostly it is alone: then it is on its way before the call that finds no other.
      if (i === 0 && length <= PROMPT_BYTES_MAX && !this.#isDense) this.forwarder.flush()
    }
    this.forwarder.flush()
    return all
  }

  /** Bytes that came. */
  #receiveBatch(now: number): number {
    const message = this.#incoming
    let all = 0
    for (let i = 0; i < BATCH_PACKETS && all < BATCH_BYTES; i++) {
      message.forReceiving(this.#memory.address + RECEIVE_AT, ROOM_BYTES)
      const length = this.#libc.recvmsg(this.#udpFd, message.address, 0)
      if (length < 0) break
      all += length
      const datagramBytes = message.datagramBytes(length)
      if (length > datagramBytes) this.counters.runsReceived++
      this.counters.datagramsReceived += length > datagramBytes ? Math.ceil(length / datagramBytes) : 1
      this.forwarder.receive(length, datagramBytes, message.endpoint.read(), now)
      // Mostly it is alone: then nobody waits for the call that finds no other.
      if (i === 0 && length <= PROMPT_BYTES_MAX) this.forwarder.deliver()
    }
    this.forwarder.deliver()
    return all
  }

  #returned(index: number): number {
    return this.#polled.bytes.readInt16LE(index * POLLFD_BYTES + 6)
  }
}
