import type { EndpointKey, EndpointKeys } from '../../core/router/index.ts'
import type { Address, Libc } from '../linux/libc.ts'
import { MessageHeader } from '../linux/message-header.ts'
import { SocketAddress } from '../linux/socket-address.ts'
import { UdpCutting, type UdpSocket } from '../linux/udp-socket.ts'
import type { PumpCounters } from './messages.ts'

export interface DatagramSenderOptions {
  readonly libc: Libc
  readonly udp: UdpSocket
  readonly keys: EndpointKeys
  /** Where offsets count from. */
  readonly memory: Address
  readonly counters: PumpCounters
}

/** Sends datagrams, several in one call where the kernel takes them so. */
export class DatagramSender {
  /** The socket by which they leave. */
  fd: number
  readonly #udpFd: number
  readonly #libc: Libc
  readonly #memory: Address
  readonly #counters: PumpCounters
  readonly #to: SocketAddress
  readonly #message: MessageHeader
  readonly #cutting: UdpCutting

  constructor({ libc, udp, keys, memory, counters }: DatagramSenderOptions) {
    this.fd = udp.fd
    this.#udpFd = udp.fd
    this.#libc = libc
    this.#memory = memory
    this.#counters = counters
    this.#to = new SocketAddress(keys, udp.family)
    this.#message = new MessageHeader(new SocketAddress(keys, udp.family))
    this.#cutting = new UdpCutting(libc, udp)
  }

  /** Hot path. */
  send(to: EndpointKey, offset: number, length: number, datagramBytes: number): void {
    if (length > datagramBytes && this.#sendRun(to, offset, length, datagramBytes)) return
    this.#to.set(to)
    for (let done = 0; done < length; done += datagramBytes) {
      this.#sendOne(offset + done, Math.min(datagramBytes, length - done))
    }
  }

  /** Never cut on the way. False when it is too large for that. */
  sendWhole(to: EndpointKey, offset: number, length: number): boolean {
    this.#to.set(to)
    this.#cutting.forbid()
    const sent = this.#libc.sendto(this.#udpFd, this.#memory + offset, length, 0, this.#to.address, this.#to.length)
    const isTooLarge = sent < 0 && this.#libc.errorName() === 'EMSGSIZE'
    this.#cutting.allow()
    if (sent === length) this.#counters.datagramsSent++
    else this.#counters.probesRefused++
    return !isTooLarge
  }

  /** False when the kernel does not take them as one: a device or a path may be unable to, or the datagrams too large for it. */
  #sendRun(to: EndpointKey, offset: number, length: number, datagramBytes: number): boolean {
    this.#message.endpoint.set(to)
    this.#message.forSending(this.#memory + offset, length, datagramBytes)
    const isSent = this.#libc.sendmsg(this.fd, this.#message.address, 0) === length
    if (!isSent) {
      this.#counters.runsSplit++
      return false
    }
    this.#counters.runsSent++
    this.#counters.datagramsSent += Math.ceil(length / datagramBytes)
    return true
  }

  #sendOne(offset: number, length: number): void {
    const sent = this.#libc.sendto(this.fd, this.#memory + offset, length, 0, this.#to.address, this.#to.length)
    if (sent === length) this.#counters.datagramsSent++
    else this.#counters.datagramsRefused++
  }
}
