import { ANY_ADDRESS, ANY_IPV4_ADDRESS, type Endpoint, formatEndpoint, isIpv6Text } from '../../base/endpoint.ts'
import { EndpointKeys } from '../../core/router/index.ts'
import { allocatePinned, type Libc } from './libc.ts'
import { AF_INET, AF_INET6, SocketAddress, type SocketFamily } from './socket-address.ts'
import { SystemCallError } from './system-call-error.ts'

const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0x800
const SOCK_CLOEXEC = 0x80000
export const SOL_SOCKET = 1
const SO_SNDBUF = 7
const SO_RCVBUF = 8
const SO_SNDBUFFORCE = 32
const SO_RCVBUFFORCE = 33
export const IPPROTO_IP = 0
export const IPPROTO_IPV6 = 41
const IP_MTU_DISCOVER = 10
const IPV6_MTU_DISCOVER = 23
const IPV6_V6ONLY = 26
/** The same of both families. */
const PMTUDISC_DONT = 0
const PMTUDISC_DO = 2
const PMTUDISC_PROBE = 3
export const SOL_UDP = 17
export const UDP_GRO = 104
/** Enough for bursts. More fills up under load, and all that comes later waits behind it. */
const BUFFER_BYTES = 768 * 1024

/** `ipv6`: it takes and sends datagrams of both families. */
export interface UdpSocket {
  readonly fd: number
  readonly family: SocketFamily
}

/**
 * Opens the socket of the sleeve: at `::` for both families, or for IPv4 alone where the host has no IPv6. Throws a `SystemCallError`;
 * EADDRINUSE means that the port is taken.
 */
export function openUdpSocket(libc: Libc, local: Endpoint): UdpSocket {
  const family = isIpv6Text(local.ip) ? 'ipv6' : 'ipv4'
  const fd = newSocket(libc, family)
  const lacksIpv6 = fd < 0 && libc.errorName() === 'EAFNOSUPPORT' && local.ip === ANY_ADDRESS
  if (lacksIpv6) return openUdpSocket(libc, { ...local, ip: ANY_IPV4_ADDRESS })
  if (fd < 0) throw new SystemCallError('open a UDP socket', libc.errorName())
  const socket: UdpSocket = { fd, family }
  bind(libc, socket, local)
  growBuffers(libc, fd)
  prepare(libc, socket)
  return socket
}

/**
 * Opens a second socket at the address and port of `socket`, for which `marks` are set before it is bound. Undefined when the system
 * does not let it.
 */
export function openTwin(libc: Libc, socket: UdpSocket, marks: readonly SocketOption[]): UdpSocket | undefined {
  const fd = newSocket(libc, socket.family)
  if (fd < 0) return undefined
  const address = addressOfSocket(libc, socket)
  const areSet = marks.every(mark => setOption(libc, fd, mark))
  if (!areSet || address === undefined || libc.bind(fd, address.address, address.length) < 0) {
    libc.close(fd)
    return undefined
  }
  const twin: UdpSocket = { fd, family: socket.family }
  prepare(libc, twin)
  return twin
}

/**
 * Opens a socket without a port of its own, for what is never to be cut. It `obeys` when what it is given is not sent at all where the
 * kernel has been told that the path takes less. Undefined when the system does not let it.
 */
export function openAskingSocket(
  libc: Libc,
  { family, obeys }: { readonly family: SocketFamily; readonly obeys: boolean },
): UdpSocket | undefined {
  const fd = newSocket(libc, family)
  if (fd < 0) return undefined
  const socket: UdpSocket = { fd, family }
  const cutting = new UdpCutting(libc, socket)
  if (obeys) cutting.obey()
  else cutting.forbid()
  return socket
}

function newSocket(libc: Libc, family: SocketFamily): number {
  const fd = libc.socket(family === 'ipv6' ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  // The system's default may be to keep the families apart.
  if (family === 'ipv6' && fd >= 0) setOption(libc, fd, { level: IPPROTO_IPV6, option: IPV6_V6ONLY, value: 0 })
  return fd
}

function prepare(libc: Libc, socket: UdpSocket): void {
  // A datagram larger than the path's MTU is cut by the sender or a router on the way: slower, but not lost.
  new UdpCutting(libc, socket).allow()
  // Before Linux 5.0 there is no such option: then each datagram comes by itself.
  setOption(libc, socket.fd, { level: SOL_UDP, option: UDP_GRO, value: 1 })
}

function bind(libc: Libc, { fd, family }: UdpSocket, local: Endpoint): void {
  const keys = new EndpointKeys()
  const address = new SocketAddress(keys, family)
  address.set(keys.of(local))
  if (libc.bind(fd, address.address, address.length) >= 0) return
  const error = new SystemCallError(`bind UDP ${formatEndpoint(local)}`, libc.errorName())
  libc.close(fd)
  throw error
}

/** The port that the system has chosen where `openUdpSocket` was told 0. */
export function portOf(libc: Libc, socket: UdpSocket): number {
  const address = addressOfSocket(libc, socket)
  if (address === undefined) throw new SystemCallError('ask for the port of a UDP socket', libc.errorName())
  return address.port
}

function addressOfSocket(libc: Libc, { fd, family }: UdpSocket): SocketAddress | undefined {
  const address = new SocketAddress(new EndpointKeys(), family)
  const length = allocatePinned(4)
  length.bytes.writeInt32LE(address.length)
  return libc.getsockname(fd, address.address, length.address) < 0 ? undefined : address
}

/**
 * Whether what is too large for the network may be cut (ip(7), IP_MTU_DISCOVER). Frames may: slower, but not lost. What measures the
 * network may not.
 */
export class UdpCutting {
  readonly #libc: Libc
  readonly #socket: UdpSocket
  readonly #value = allocatePinned(4)

  constructor(libc: Libc, socket: UdpSocket) {
    this.#libc = libc
    this.#socket = socket
  }

  forbid(): void {
    this.#set(PMTUDISC_PROBE)
  }

  /** Neither cut, nor sent where the kernel has been told that the network takes less. */
  obey(): void {
    this.#set(PMTUDISC_DO)
  }

  allow(): void {
    this.#set(PMTUDISC_DONT)
  }

  #set(value: number): void {
    const { fd, family } = this.#socket
    this.#value.bytes.writeInt32LE(value)
    this.#libc.setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, this.#value.address, 4)
    if (family === 'ipv6') this.#libc.setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, this.#value.address, 4)
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

export interface SocketOption {
  readonly level: number
  readonly option: number
  readonly value: number
}

export function setOption(libc: Libc, fd: number, wish: SocketOption): boolean {
  const value = allocatePinned(4)
  value.bytes.writeInt32LE(wish.value)
  return libc.setsockopt(fd, wish.level, wish.option, value.address, 4) === 0
}
