import { allocatePinned, type Libc } from './libc.ts'
import { SystemCallError } from './system-call-error.ts'
import { VIRTIO_HEADER_BYTES } from './virtio-header.ts'

const O_RDWR = 2
const O_NONBLOCK = 0x800
const O_CLOEXEC = 0x80000
const TUNSETIFF = 0x400454ca
const TUNSETPERSIST = 0x400454cb
const TUNSETOFFLOAD = 0x400454d0
const TUNSETVNETHDRSZ = 0x400454d8
const IFF_TAP = 0x0002
const IFF_NO_PI = 0x1000
const IFF_VNET_HDR = 0x4000
const IFREQ_BYTES = 40
const CHECKSUM = 1
const TSO = 2 | 4 | 8
const USO = 32 | 64
export const DEVICE_NAME_BYTES_MAX = 15

/** What a TAP device takes off the kernel's hands, and back. */
export interface TapOffload {
  /** A virtio header stands before each frame: frames may lack their checksum and their cut into TCP segments. */
  readonly hasHeader: boolean
  /** Likewise for UDP (Linux 6.2). */
  readonly cutsUdp: boolean
}

export interface TapDevice {
  readonly fd: number
  readonly offload: TapOffload
}

/** What stands for the device where the host gives none: `poll` passes over it, and nothing can be written to it. */
export const NO_TAP: TapDevice = { fd: -1, offload: { hasHeader: false, cutsUdp: false } }

/**
 * Opens the TAP device `name`, and makes it when there is none. It outlives this process: it stays a port of its bridge while the
 * agent restarts. What the one who had it before has set of offload and header is set anew, either way: the kernel takes both from
 * whoever attaches. Throws a `SystemCallError`; EBUSY means that another process has it.
 */
export function openTap(libc: Libc, name: string): TapDevice {
  if (Buffer.byteLength(name) > DEVICE_NAME_BYTES_MAX)
    throw new SystemCallError(`name the device ${name}`, 'ENAMETOOLONG')
  const path = allocatePinned(32)
  path.bytes.write('/dev/net/tun\0')
  const fd = libc.open(path.address, O_RDWR | O_NONBLOCK | O_CLOEXEC)
  if (fd < 0) throw new SystemCallError('open /dev/net/tun', libc.errorName())
  const hasHeader = attach(libc, fd, { name, flags: IFF_VNET_HDR })
  if (!hasHeader && !attach(libc, fd, { name, flags: 0 })) throw closeAfter(libc, fd, `attach to ${name}`)
  if (libc.ioctl(fd, TUNSETPERSIST, 1) < 0) throw closeAfter(libc, fd, `make ${name} persistent`)
  return { fd, offload: hasHeader ? takeOffload(libc, fd) : takeNothing(libc, fd) }
}

function attach(libc: Libc, fd: number, { name, flags }: { name: string; flags: number }): boolean {
  const request = allocatePinned(IFREQ_BYTES)
  request.bytes.write(name)
  request.bytes.writeUInt16LE(IFF_TAP | IFF_NO_PI | flags, 16)
  return libc.ioctl(fd, TUNSETIFF, request.address) >= 0
}

function takeOffload(libc: Libc, fd: number): TapOffload {
  const size = allocatePinned(4)
  size.bytes.writeInt32LE(VIRTIO_HEADER_BYTES)
  libc.ioctl(fd, TUNSETVNETHDRSZ, size.address)
  const cutsUdp = libc.ioctl(fd, TUNSETOFFLOAD, CHECKSUM | TSO | USO) >= 0
  if (!cutsUdp) libc.ioctl(fd, TUNSETOFFLOAD, CHECKSUM | TSO)
  return { hasHeader: true, cutsUdp }
}

function takeNothing(libc: Libc, fd: number): TapOffload {
  libc.ioctl(fd, TUNSETOFFLOAD, 0)
  return { hasHeader: false, cutsUdp: false }
}

function closeAfter(libc: Libc, fd: number, attempted: string): SystemCallError {
  const error = new SystemCallError(attempted, libc.errorName())
  libc.close(fd)
  return error
}
