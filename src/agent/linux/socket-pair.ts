import { allocatePinned, type Libc } from './libc.ts'
import { SystemCallError } from './system-call-error.ts'

const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0x800
const SOCK_CLOEXEC = 0x80000

/** Two sockets that hear each other and nobody else (socketpair(2)); as with a TAP device, a read is what one write wrote. */
export function openSocketPair(libc: Libc): readonly [number, number] {
  const fds = allocatePinned(8)
  const isOpen = libc.socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.address) === 0
  if (!isOpen) throw new SystemCallError('open a pair of sockets', libc.errorName())
  return [fds.bytes.readInt32LE(0), fds.bytes.readInt32LE(4)]
}
