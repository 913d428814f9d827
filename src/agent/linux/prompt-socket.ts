import { allocatePinned, type Libc } from './libc.ts'
import {
  IPPROTO_IP,
  IPPROTO_IPV6,
  openTwin,
  SOL_SOCKET,
  type SocketOption,
  setOption,
  type UdpSocket,
} from './udp-socket.ts'

const SO_REUSEPORT = 15
const SO_ATTACH_REUSEPORT_CBPF = 51
const SO_PRIORITY = 12
/** What the kernel makes of the mark by itself is less than it makes of none (pfifo_fast goes by the meaning that the byte had before). */
const INTERACTIVE: SocketOption = { level: SOL_SOCKET, option: SO_PRIORITY, value: 6 }
const IP_TOS = 1
const IPV6_TCLASS = 67
/** AF21, "low-latency data" (RFC 4594, section 4.7), in the byte's upper six bits (RFC 2474). */
const PROMPT = 0x48
const DSCP_MASK = 0xfc
/** Offsets from here on are of the network header (linux/filter.h, SKF_NET_OFF). */
const NETWORK = -0x10_0000

/** Classic BPF (linux/bpf_common.h): code, steps to go on when true and when false, operand. */
const CHOICE: readonly (readonly [number, number, number, number])[] = [
  [0x30, 0, 0, NETWORK], // the version, and what stands beside it
  [0x74, 0, 0, 4],
  [0x15, 2, 0, 6], // of IPv6?
  [0x28, 0, 0, NETWORK], // of IPv4, the mark is in the second byte
  [0x05, 0, 0, 2],
  [0x28, 0, 0, NETWORK], // of IPv6, in the eight bits behind the version
  [0x74, 0, 0, 4],
  [0x54, 0, 0, DSCP_MASK],
  [0x15, 0, 1, PROMPT],
  [0x06, 0, 0, 1], // to the socket that was bound second
  [0x06, 0, 0, 0], // to the first
]

/**
 * A second socket at the port of `socket`: what it sends bears a mark in the IP header, and what comes with that mark comes to it, and
 * so waits behind nothing else that was received. Undefined where the system does not let it: then `socket` takes all. The first is
 * bound alone, so that a port which another program has is still refused.
 */
export function openPromptSocket(libc: Libc, socket: UdpSocket): UdpSocket | undefined {
  const shares: SocketOption = { level: SOL_SOCKET, option: SO_REUSEPORT, value: 1 }
  const marks = [{ level: IPPROTO_IP, option: IP_TOS, value: PROMPT }]
  if (socket.family === 'ipv6') marks.push({ level: IPPROTO_IPV6, option: IPV6_TCLASS, value: PROMPT })
  if (!setOption(libc, socket.fd, shares)) return undefined
  const twin = openTwin(libc, socket, [shares, ...marks, INTERACTIVE])
  if (twin !== undefined && attachChoice(libc, socket)) return twin
  if (twin !== undefined) libc.close(twin.fd)
  setOption(libc, socket.fd, { ...shares, value: 0 })
  return undefined
}

function attachChoice(libc: Libc, { fd }: UdpSocket): boolean {
  const filter = allocatePinned(CHOICE.length * 8)
  for (const [i, [code, whenTrue, whenFalse, operand]] of CHOICE.entries()) {
    filter.bytes.writeUInt16LE(code, i * 8)
    filter.bytes.writeUInt8(whenTrue, i * 8 + 2)
    filter.bytes.writeUInt8(whenFalse, i * 8 + 3)
    filter.bytes.writeInt32LE(operand, i * 8 + 4)
  }
  const program = allocatePinned(16)
  program.bytes.writeUInt16LE(CHOICE.length)
  program.bytes.writeBigUInt64LE(BigInt(filter.address), 8)
  return libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program.address, 16) === 0
}
