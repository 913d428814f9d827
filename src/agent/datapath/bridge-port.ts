import { readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { type Problem, UserError } from '../../base/user-error.ts'
import { changeDevice, makePort } from '../linux/change-device.ts'
import type { Libc } from '../linux/libc.ts'
import { findDevice } from '../linux/network-device.ts'
import { SystemCallError } from '../linux/system-call-error.ts'
import { DEVICE_NAME_BYTES_MAX, NO_TAP, openTap, type TapDevice } from '../linux/tap-device.ts'

/** By what a host says that gives no TAP device to this process. */
const REFUSALS: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'ENOENT', 'ENODEV'])

export interface BridgePortWish {
  readonly bridge: string
  readonly mtu: number
  /** The TAP device alone, or the VXLAN device of the fast path with the TAP device behind it. */
  readonly kind: 'tap' | 'vxlan'
}

export function tapNameOf(bridge: string): string {
  return `${bridge}-tap`
}

export function vxlanNameOf(bridge: string): string {
  return `${bridge}-vx`
}

export interface OpenedTap {
  readonly tap: TapDevice
  /** Why the host gives nobody a TAP device; `tap` is none then. */
  readonly refusal?: UserError
}

/** Opens the TAP device, the one of a former agent if it is still there. Throws a `UserError` for what is wrong with that device. */
export function openTapOf(libc: Libc, bridge: string): OpenedTap {
  const name = tapNameOf(bridge)
  try {
    return { tap: openTap(libc, name) }
  } catch (cause) {
    if (!(cause instanceof SystemCallError)) throw cause
    const problem = explain(cause.code, name)
    if (problem === undefined) throw cause
    const error = new UserError(problem, undefined, { cause })
    if (!REFUSALS.has(cause.code)) throw error
    return { tap: NO_TAP, refusal: error }
  }
}

/** Makes the device that leads to the rest of the world a port of the bridge, and the only one. */
export function attachPort(wish: BridgePortWish): void {
  const port = portNameOf(wish)
  const tap = tapNameOf(wish.bridge)
  const up = { mtu: wish.mtu, isUp: true } as const
  const hasOther = wish.kind === 'vxlan' && findDevice(tap) !== undefined
  if (hasOther) changeDevice(tap, { ...up, master: 0, givesItselfNone: true })
  makePort(port, wish.bridge, up)
}

/** Repairs what `ifdown` and `ifup` of the bridge have undone. True when there was something to do. */
export function keepBridgePort(wish: BridgePortWish): boolean {
  const port = portNameOf(wish)
  if (masterOf(port) === wish.bridge) return false
  const isRepairable = findDevice(wish.bridge) !== undefined && findDevice(port)?.master !== wish.bridge
  if (isRepairable) attachPort(wish)
  return isRepairable
}

function portNameOf({ bridge, kind }: BridgePortWish): string {
  return kind === 'tap' ? tapNameOf(bridge) : vxlanNameOf(bridge)
}

function explain(code: string, port: string): Problem | undefined {
  switch (code) {
    case 'EBUSY':
      return {
        cause: `another process holds the TAP device ${port}`,
        remedy: 'stop that process; `weave stop` when it is a router',
      }
    case 'EPERM':
      return { cause: `no permission to open the TAP device ${port}`, remedy: 'run as root, with CAP_NET_ADMIN' }
    case 'EACCES':
      return { cause: 'no permission to open /dev/net/tun', remedy: 'run as root; in a container, allow the device' }
    case 'ENOENT':
    case 'ENODEV':
      return { cause: '/dev/net/tun is missing', remedy: 'load the kernel module: modprobe tun' }
    case 'EINVAL':
      return {
        cause: `there is a network device '${port}' that is not a TAP device`,
        remedy: `remove it: ip link delete ${port}`,
      }
    case 'ENAMETOOLONG':
      return {
        cause: `the device name '${port}' is longer than ${DEVICE_NAME_BYTES_MAX} bytes`,
        remedy: 'give the bridge a name of at most 11 letters',
      }
    default:
      return undefined
  }
}

/** Asks sysfs, which is quick; undefined also when sysfs is of another network namespace. */
function masterOf(device: string): string | undefined {
  try {
    return basename(readlinkSync(`/sys/class/net/${device}/master`))
  } catch {
    return undefined
  }
}
