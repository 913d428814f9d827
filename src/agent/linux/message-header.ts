import { type Address, allocatePinned, writeAddress } from './libc.ts'
import type { SocketAddress } from './socket-address.ts'
import { SOL_UDP, UDP_GRO } from './udp-socket.ts'

const UDP_SEGMENT = 103
const MSGHDR_BYTES = 56
const IOVEC_BYTES = 16
/** `struct cmsghdr` on 64-bit machines: length (8), level (4), type (4), then the data. */
const CMSG_DATA = 16
const CONTROL_BYTES = 64
const SEGMENT_CONTROL_BYTES = 24

/** A `struct msghdr` (sendmsg(2)) with one buffer, one address, and room for the size of the datagrams in the buffer (udp(7)). */
export class MessageHeader {
  readonly endpoint: SocketAddress
  readonly #header = allocatePinned(MSGHDR_BYTES)
  readonly #iovec = allocatePinned(IOVEC_BYTES)
  readonly #control = allocatePinned(CONTROL_BYTES)

  constructor(endpoint: SocketAddress) {
    this.endpoint = endpoint
    const header = this.#header.bytes
    writeAddress(header, 0, this.endpoint.address)
    writeAddress(header, 16, this.#iovec.address)
    writeAddress(header, 24, 1)
    writeAddress(header, 32, this.#control.address)
  }

  get address(): Address {
    return this.#header.address
  }

  /** Makes it one for `sendmsg` of datagrams of `datagramBytes` each. Hot path. */
  forSending(buffer: Address, length: number, datagramBytes: number): void {
    const control = this.#control.bytes
    this.#point(buffer, length, SEGMENT_CONTROL_BYTES)
    control.writeUInt32LE(CMSG_DATA + 2, 0)
    control.writeUInt32LE(SOL_UDP, 8)
    control.writeUInt32LE(UDP_SEGMENT, 12)
    control.writeUInt16LE(datagramBytes, CMSG_DATA)
  }

  /** Makes it one for `recvmsg`. Hot path. */
  forReceiving(buffer: Address, length: number): void {
    this.#point(buffer, length, CONTROL_BYTES)
  }

  /** Bytes of each datagram but the last of `length` received. Hot path. */
  datagramBytes(length: number): number {
    const control = this.#control.bytes
    if (this.#header.bytes.readUInt32LE(40) < CMSG_DATA + 4) return length
    const isSize = control.readUInt32LE(8) === SOL_UDP && control.readUInt32LE(12) === UDP_GRO
    return isSize ? control.readInt32LE(CMSG_DATA) : length
  }

  #point(buffer: Address, length: number, controlBytes: number): void {
    const header = this.#header.bytes
    header.writeUInt32LE(this.endpoint.length, 8)
    header.writeUInt32LE(controlBytes, 40)
    writeAddress(this.#iovec.bytes, 0, buffer)
    writeAddress(this.#iovec.bytes, 8, length)
  }
}
