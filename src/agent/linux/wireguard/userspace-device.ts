import { allocatePinned, type Libc } from '../libc.ts'
import { SystemCallError } from '../system-call-error.ts'
import { changeText, isDone, READ_DEVICE, readState } from './userspace-text.ts'
import type { WireguardChange, WireguardDevice, WireguardState } from './wireguard-device.ts'

const AF_UNIX = 1
const SOCK_STREAM = 1
const SOCK_CLOEXEC = 0x80000
const SOL_SOCKET = 1
const SO_RCVTIMEO = 20
const SOCKET_ADDRESS_BYTES = 110
const CHUNK_BYTES = 64 * 1024
/** A process that answers at all answers at once. */
const ANSWER_SECONDS_MAX = 2

/** A device of a WireGuard in user space, spoken to by its socket: for functional tests, where the kernel has none. */
export class UserspaceWireguard implements WireguardDevice {
  readonly #libc: Libc
  readonly #name: string

  /** The device and its process exist. */
  constructor(libc: Libc, name: string) {
    this.#libc = libc
    this.#name = name
  }

  read(): WireguardState {
    const state = readState(this.#ask(READ_DEVICE, 'read'))
    if (state === undefined) throw new SystemCallError(`read the WireGuard device ${this.#name}`, 'EPROTO')
    return state
  }

  change(change: WireguardChange): void {
    if (isDone(this.#ask(changeText(change), 'change'))) return
    throw new SystemCallError(`change the WireGuard device ${this.#name}`, 'EPROTO')
  }

  #ask(question: string, verb: string): string {
    const attempted = `${verb} the WireGuard device ${this.#name}`
    const fd = this.#libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)
    const fail = () => new SystemCallError(attempted, this.#libc.errorName())
    if (fd < 0) throw fail()
    try {
      const address = socketAddress(`/var/run/wireguard/${this.#name}.sock`)
      const patience = timeValue(ANSWER_SECONDS_MAX)
      if (this.#libc.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, patience.address, patience.bytes.length) < 0) throw fail()
      if (this.#libc.connect(fd, address.address, address.bytes.length) < 0) throw fail()
      const text = allocatePinned(Buffer.byteLength(question))
      text.bytes.write(question)
      if (this.#libc.write(fd, text.address, text.bytes.length) !== text.bytes.length) throw fail()
      return this.#receive(fd, fail)
    } finally {
      this.#libc.close(fd)
    }
  }

  /** To the empty line. */
  #receive(fd: number, fail: () => SystemCallError): string {
    const memory = allocatePinned(CHUNK_BYTES)
    let answer = ''
    while (!answer.endsWith('\n\n')) {
      const length = this.#libc.read(fd, memory.address, CHUNK_BYTES)
      // A read with a time limit is not begun again by itself when a signal comes in between.
      if (length < 0 && this.#libc.errorName() === 'EINTR') continue
      if (length < 0) throw fail()
      if (length === 0) break
      answer += memory.bytes.toString('latin1', 0, length)
    }
    return answer
  }
}

/** `struct sockaddr_un`. */
function socketAddress(path: string) {
  const address = allocatePinned(SOCKET_ADDRESS_BYTES)
  address.bytes.writeUInt16LE(AF_UNIX, 0)
  address.bytes.write(path, 2)
  return address
}

/** `struct timeval`. */
function timeValue(seconds: number) {
  const value = allocatePinned(16)
  value.bytes.writeBigInt64LE(BigInt(seconds), 0)
  return value
}
