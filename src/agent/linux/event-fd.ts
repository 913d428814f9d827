import { allocatePinned, type Libc } from './libc.ts'
import { SystemCallError } from './system-call-error.ts'

const EFD_NONBLOCK = 0x800
const EFD_CLOEXEC = 0x80000

/** Wakes a thread that is blocked in `poll` (eventfd(2)). Both threads wrap the same descriptor. */
export class EventFd {
  readonly fd: number
  readonly #libc: Libc
  readonly #value = allocatePinned(8)

  constructor(libc: Libc, fd: number = openEventFd(libc)) {
    this.#libc = libc
    this.fd = fd
  }

  signal(): void {
    this.#value.bytes.writeBigUInt64LE(1n)
    // EAGAIN means that the counter is full: the other thread is being woken already.
    this.#libc.write(this.fd, this.#value.address, 8)
  }

  clear(): void {
    this.#libc.read(this.fd, this.#value.address, 8)
  }
}

function openEventFd(libc: Libc): number {
  const fd = libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)
  if (fd < 0) throw new SystemCallError('open an eventfd', libc.errorName())
  return fd
}
