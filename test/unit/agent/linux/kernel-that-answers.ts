import { writeSync } from 'node:fs'
import { allocatePinned, type Libc, loadLibc } from '../../../../src/agent/linux/libc.ts'

const NLMSG_ERROR = 2
const libc = loadLibc()

/** The far end of a socket pair stands for the kernel: it has answered before it is asked. */
export function kernelThatAnswers(...answers: readonly Buffer[]): Libc {
  const [own, far] = socketPair()
  writeSync(far, Buffer.concat(answers))
  libc.close(far)
  return { ...libc, socket: () => own, sendto: (_fd, _message, length) => length }
}

function socketPair(): readonly [number, number] {
  const AF_UNIX = 1
  const SOCK_SEQPACKET = 5
  const fds = allocatePinned(8)
  expect(libc.socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds.address)).toBe(0)
  return [fds.bytes.readInt32LE(0), fds.bytes.readInt32LE(4)]
}

export function message(type: number, ...parts: readonly Buffer[]): Buffer {
  return flagged(type, 0, ...parts)
}

function flagged(type: number, flags: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(16)
  head.writeUInt32LE(head.length + body.length, 0)
  head.writeUInt16LE(type, 4)
  head.writeUInt16LE(flags, 6)
  return Buffer.concat([head, body])
}

/** The last message: an acknowledgement, or why the question was refused. */
export function end(errno: number, flags = 0, ...parts: readonly Buffer[]): Buffer {
  const code = Buffer.alloc(4)
  code.writeInt32LE(-errno)
  return flagged(NLMSG_ERROR, flags, code, ...parts)
}
