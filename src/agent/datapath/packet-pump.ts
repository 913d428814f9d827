import {
  type DatagramCipher,
  type EndpointKey,
  Forwarder,
  HEADROOM,
  type PacketSink,
  type Probe,
  TAG_ROOM,
} from '../../core/router/index.ts'
import { type Address, addressOf, allocatePinned, type Libc, type PinnedBytes } from '../linux/libc.ts'
import { SOCKADDR_BYTES, SocketAddress } from '../linux/udp-socket.ts'
import type { PumpCounters } from './messages.ts'

const PACKET_BYTES_MAX = 65_535
/** Per side and wake: so neither side waits long for the other. */
const BATCH = 64
const POLLIN = 1
const POLLERR_HUP_NVAL = 8 | 16 | 32
const POLLFD_BYTES = 8
/** A thread that is blocked cannot be ended; so it looks up now and then even when nobody wakes it. */
const POLL_TIMEOUT_MS = 1000

export interface PumpOptions {
  readonly libc: Libc
  readonly cipher: DatagramCipher
  readonly tapFd: number
  readonly udpFd: number
  readonly wakeFd: number
  readonly probed: PacketSink['probed']
  readonly wanted: PacketSink['wanted']
  readonly clock: () => number
  /** Memory for the three `pollfd` of `poll`; its own when absent. */
  readonly polled?: PinnedBytes
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
  }
  readonly forwarder: Forwarder
  readonly #options: PumpOptions
  readonly #libc: Libc
  readonly #captured = allocatePinned(HEADROOM + PACKET_BYTES_MAX + TAG_ROOM)
  readonly #received = allocatePinned(PACKET_BYTES_MAX)
  readonly #polled: PinnedBytes
  readonly #to = new SocketAddress()
  readonly #from = new SocketAddress()
  readonly #fromLength = allocatePinned(4)
  #other: Uint8Array = this.#captured.bytes
  #otherAddress: Address = this.#captured.address
  #isStopped = false

  constructor(options: PumpOptions) {
    this.#options = options
    this.#libc = options.libc
    this.forwarder = new Forwarder(options.cipher, this)
    this.#polled = options.polled ?? allocatePinned(3 * POLLFD_BYTES)
    const fds = [options.tapFd, options.udpFd, options.wakeFd]
    for (const [i, fd] of fds.entries()) {
      this.#polled.bytes.writeInt32LE(fd, i * POLLFD_BYTES)
      this.#polled.bytes.writeInt16LE(POLLIN, i * POLLFD_BYTES + 4)
    }
  }

  /** Returns after `stop`, or with the reason why it cannot go on. `woken` is called when the wake descriptor was signalled. */
  run(woken: () => void): string | undefined {
    while (!this.#isStopped) {
      if (this.#libc.poll(this.#polled.address, 3, POLL_TIMEOUT_MS) <= 0) continue
      const now = this.#options.clock()
      if (this.#returned(2) !== 0) woken()
      if (this.#returned(0) !== 0) this.#captureBatch(now)
      if (this.#returned(1) !== 0) this.#receiveBatch(now)
      if ((this.#returned(0) & POLLERR_HUP_NVAL) !== 0) return 'the TAP device is gone'
      if ((this.#returned(1) & (POLLERR_HUP_NVAL & ~8)) !== 0) return 'the UDP socket is gone'
    }
    return undefined
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Hot path. */
  inject(buffer: Uint8Array, offset: number, length: number): void {
    const written = this.#libc.write(this.#options.tapFd, this.#addressOf(buffer) + offset, length)
    if (written === length) this.counters.framesWritten++
    else this.counters.framesRefused++
  }

  /** Hot path. */
  transmit(to: EndpointKey, buffer: Uint8Array, offset: number, length: number): void {
    this.#to.set(to)
    const address = this.#addressOf(buffer) + offset
    const sent = this.#libc.sendto(this.#options.udpFd, address, length, 0, this.#to.address, SOCKADDR_BYTES)
    if (sent === length) this.counters.datagramsSent++
    else this.counters.datagramsRefused++
  }

  wanted(peer: number): void {
    this.#options.wanted(peer)
  }

  probed(peer: number, probe: Probe, from: EndpointKey): void {
    this.#options.probed(peer, probe, from)
  }

  #captureBatch(now: number): void {
    const { bytes, address } = this.#captured
    for (let i = 0; i < BATCH; i++) {
      const length = this.#libc.read(this.#options.tapFd, address + HEADROOM, PACKET_BYTES_MAX)
      if (length <= 0) return
      this.counters.framesRead++
      this.forwarder.capture(bytes, HEADROOM, length, now)
    }
  }

  #receiveBatch(now: number): void {
    const { bytes, address } = this.#received
    const { udpFd } = this.#options
    for (let i = 0; i < BATCH; i++) {
      this.#fromLength.bytes.writeUInt32LE(SOCKADDR_BYTES)
      const [from, fromLength] = [this.#from.address, this.#fromLength.address]
      const length = this.#libc.recvfrom(udpFd, address, PACKET_BYTES_MAX, 0, from, fromLength)
      if (length < 0) return
      this.counters.datagramsReceived++
      this.forwarder.receive(bytes, 0, length, this.#from.read(), now)
    }
  }

  #returned(index: number): number {
    return this.#polled.bytes.readInt16LE(index * POLLFD_BYTES + 6)
  }

  /** Ours are known; of the forwarder's there is one. */
  #addressOf(buffer: Uint8Array): Address {
    if (buffer === this.#captured.bytes) return this.#captured.address
    if (buffer === this.#received.bytes) return this.#received.address
    if (buffer !== this.#other) {
      this.#other = buffer
      this.#otherAddress = addressOf(buffer)
    }
    return this.#otherAddress
  }
}
