import type { Endpoint } from '../../base/endpoint.ts'
import { type EndpointKey, endpointKey } from '../../core/router/index.ts'
import { type Address, allocatePinned, type Libc, type PinnedBytes } from './libc.ts'
import { SystemCallError } from './system-call-error.ts'

const AF_INET = 2
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0x800
const SOCK_CLOEXEC = 0x80000
const SOL_SOCKET = 1
const SO_SNDBUF = 7
const SO_RCVBUF = 8
const SO_SNDBUFFORCE = 32
const SO_RCVBUFFORCE = 33
const IPPROTO_IP = 0
const IP_MTU_DISCOVER = 10
const IP_PMTUDISC_DONT = 0
const IP_PMTUDISC_PROBE = 3
export const SOL_UDP = 17
export const UDP_GRO = 104
/** Enough for bursts. More fills up under load, and all that comes later waits behind it. */
const BUFFER_BYTES = 1024 * 1024
export const SOCKADDR_BYTES = 16

/** Opens the socket of the sleeve. Throws a `SystemCallError`; EADDRINUSE means that the port is taken. */
export function openUdpSocket(libc: Libc, local: Endpoint): number {
  const fd = libc.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  if (fd < 0) throw new SystemCallError('open a UDP socket', libc.errorName())
  const address = new SocketAddress()
  address.set(endpointKey(local))
  if (libc.bind(fd, address.address, SOCKADDR_BYTES) < 0) {
    const error = new SystemCallError(`bind UDP ${local.ip}:${local.port}`, libc.errorName())
    libc.close(fd)
    throw error
  }
  growBuffers(libc, fd)
  // A datagram larger than the path's MTU is cut by the sender or a router on the way: slower, but not lost.
  setOption(libc, fd, { level: IPPROTO_IP, option: IP_MTU_DISCOVER, value: IP_PMTUDISC_DONT })
  // Before Linux 5.0 there is no such option: then each datagram comes by itself.
  setOption(libc, fd, { level: SOL_UDP, option: UDP_GRO, value: 1 })
  return fd
}

/**
 * Whether what is too large for the network may be cut (ip(7), IP_MTU_DISCOVER). Frames may: slower, but not lost. What measures the
 * network may not.
 */
export class UdpCutting {
  readonly #libc: Libc
  readonly #fd: number
  readonly #value = allocatePinned(4)

  constructor(libc: Libc, fd: number) {
    this.#libc = libc
    this.#fd = fd
  }

  forbid(): void {
    this.#set(IP_PMTUDISC_PROBE)
  }

  allow(): void {
    this.#set(IP_PMTUDISC_DONT)
  }

  #set(value: number): void {
    this.#value.bytes.writeInt32LE(value)
    this.#libc.setsockopt(this.#fd, IPPROTO_IP, IP_MTU_DISCOVER, this.#value.address, 4)
  }
}

/** Beyond the system's limit where we may, up to it otherwise. */
function growBuffers(libc: Libc, fd: number): void {
  for (const [forced, limited] of [
    [SO_RCVBUFFORCE, SO_RCVBUF],
    [SO_SNDBUFFORCE, SO_SNDBUF],
  ] as const) {
    const isForced = setOption(libc, fd, { level: SOL_SOCKET, option: forced, value: BUFFER_BYTES })
    if (!isForced) setOption(libc, fd, { level: SOL_SOCKET, option: limited, value: BUFFER_BYTES })
  }
}

function setOption(libc: Libc, fd: number, wish: { level: number; option: number; value: number }): boolean {
  const value = allocatePinned(4)
  value.bytes.writeInt32LE(wish.value)
  return libc.setsockopt(fd, wish.level, wish.option, value.address, 4) === 0
}

/** A `sockaddr_in` in memory. */
export class SocketAddress {
  readonly #memory: PinnedBytes = allocatePinned(SOCKADDR_BYTES)
  #key: EndpointKey = -1

  get address(): Address {
    return this.#memory.address
  }

  /** Costs nothing when it is that endpoint already, as it is for runs of datagrams. */
  set(key: EndpointKey): void {
    if (key === this.#key) return
    this.#key = key
    const { bytes } = this.#memory
    bytes.writeUInt16LE(AF_INET, 0)
    bytes.writeUInt16BE(key % 0x1_0000, 2)
    bytes.writeUInt32BE(Math.floor(key / 0x1_0000), 4)
  }

  /** What the kernel has written there. */
  read(): EndpointKey {
    const { bytes } = this.#memory
    return bytes.readUInt32BE(4) * 0x1_0000 + bytes.readUInt16BE(2)
  }
}
