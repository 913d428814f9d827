import { allocatePinned, loadLibc } from './libc.ts'
import { SystemCallError } from './system-call-error.ts'

const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_CLOEXEC = 0x80000
const MSG_NOSIGNAL = 0x4000
const PATH_OFFSET = 2
const PATH_MAX = 108

/** Tells the service manager how we are: sd_notify(3). Does nothing when it has not asked. */
export interface ServiceNotifier {
  /** `READY=1`, `STATUS=…`: one assignment a line. */
  notify(state: string): void
  /** How often `WATCHDOG=1` is wanted at the latest. */
  readonly watchdogMs: number | undefined
}

interface NotifyEnvironment {
  readonly NOTIFY_SOCKET?: string
  readonly WATCHDOG_USEC?: string
  readonly WATCHDOG_PID?: string
}

export function createServiceNotifier(environment: NotifyEnvironment): ServiceNotifier {
  const path = environment.NOTIFY_SOCKET
  const isUsable = path !== undefined && (path.startsWith('/') || path.startsWith('@'))
  if (!isUsable) return { notify: () => undefined, watchdogMs: undefined }
  const send = openSender(path)
  return { notify: send, watchdogMs: watchdogOf(environment) }
}

/** The address of a socket in the file system, or of an abstract one (`@name`), as a `sockaddr_un`. */
export function unixAddress(path: string): Uint8Array {
  const name = Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : path)
  if (name.length >= PATH_MAX) throw new SystemCallError(`address ${path}`, 'ENAMETOOLONG')
  const bytes = Buffer.alloc(PATH_OFFSET + name.length)
  bytes.writeUInt16LE(AF_UNIX, 0)
  name.copy(bytes, PATH_OFFSET)
  return bytes
}

function openSender(path: string): (state: string) => void {
  const libc = loadLibc()
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (fd < 0) throw new SystemCallError('open a unix socket', libc.errorName())
  const raw = unixAddress(path)
  const to = allocatePinned(raw.length)
  to.bytes.set(raw)
  const message = allocatePinned(1024)
  return state => {
    const length = message.bytes.write(state)
    libc.sendto(fd, message.address, length, MSG_NOSIGNAL, to.address, raw.length)
  }
}

function watchdogOf(environment: NotifyEnvironment): number | undefined {
  const { WATCHDOG_USEC: microseconds, WATCHDOG_PID: pid } = environment
  if (microseconds === undefined || (pid !== undefined && Number(pid) !== process.pid)) return undefined
  const limitMs = Number(microseconds) / 1000
  return limitMs > 0 ? limitMs / 2 : undefined
}
