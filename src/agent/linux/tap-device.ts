import { allocatePinned, type Libc } from './libc.ts'
import { SystemCallError } from './system-call-error.ts'

const O_RDWR = 2
const O_NONBLOCK = 0x800
const O_CLOEXEC = 0x80000
const TUNSETIFF = 0x400454ca
const TUNSETPERSIST = 0x400454cb
const IFF_TAP = 0x0002
const IFF_NO_PI = 0x1000
const IFREQ_BYTES = 40
export const DEVICE_NAME_BYTES_MAX = 15

/**
 * Opens the TAP device `name`, and makes it when there is none. It outlives this process: it stays a port of its bridge while the
 * agent restarts. Throws a `SystemCallError`; EBUSY means that another process has it.
 */
export function openTap(libc: Libc, name: string): number {
  if (Buffer.byteLength(name) > DEVICE_NAME_BYTES_MAX)
    throw new SystemCallError(`name the device ${name}`, 'ENAMETOOLONG')
  const path = allocatePinned(32)
  path.bytes.write('/dev/net/tun\0')
  const fd = libc.open(path.address, O_RDWR | O_NONBLOCK | O_CLOEXEC)
  if (fd < 0) throw new SystemCallError('open /dev/net/tun', libc.errorName())
  const request = allocatePinned(IFREQ_BYTES)
  request.bytes.write(name)
  request.bytes.writeUInt16LE(IFF_TAP | IFF_NO_PI, 16)
  if (libc.ioctl(fd, TUNSETIFF, request.address) < 0) throw closeAfter(libc, fd, `attach to ${name}`)
  if (libc.ioctl(fd, TUNSETPERSIST, 1) < 0) throw closeAfter(libc, fd, `make ${name} persistent`)
  return fd
}

function closeAfter(libc: Libc, fd: number, attempted: string): SystemCallError {
  const error = new SystemCallError(attempted, libc.errorName())
  libc.close(fd)
  return error
}
