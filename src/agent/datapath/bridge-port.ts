import { readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { type Problem, UserError } from '../../base/user-error.ts'
import { makePort, setMtuAndUp } from '../linux/ip-commands.ts'
import type { Libc } from '../linux/libc.ts'
import { findDevice } from '../linux/network-device.ts'
import { runCommand } from '../linux/run-command.ts'
import { SystemCallError } from '../linux/system-call-error.ts'
import { DEVICE_NAME_BYTES_MAX, openTap, type TapDevice } from '../linux/tap-device.ts'

export interface BridgePortWish {
  readonly bridge: string
  readonly mtu: number
}

/** The bridge's port to the rest of the world. */
export function portNameOf(bridge: string): string {
  return `${bridge}-tap`
}

/** Opens the TAP device, the one of a former agent if it is still there, and makes it a port of the bridge. */
export function openBridgePort(libc: Libc, wish: BridgePortWish): TapDevice {
  const tap = open(libc, portNameOf(wish.bridge))
  try {
    attach(wish)
  } catch (cause) {
    libc.close(tap.fd)
    throw cause
  }
  return tap
}

/** Repairs what `ifdown` and `ifup` of the bridge have undone. True when there was something to do. */
export function keepBridgePort(wish: BridgePortWish): boolean {
  const port = portNameOf(wish.bridge)
  if (masterOf(port) === wish.bridge) return false
  const isRepairable = findDevice(wish.bridge) !== undefined && findDevice(port)?.master !== wish.bridge
  if (isRepairable) attach(wish)
  return isRepairable
}

function attach(wish: BridgePortWish): void {
  const port = portNameOf(wish.bridge)
  runCommand(makePort(port, wish.bridge))
  runCommand(setMtuAndUp(port, wish.mtu))
}

function open(libc: Libc, port: string): TapDevice {
  try {
    return openTap(libc, port)
  } catch (cause) {
    const problem = cause instanceof SystemCallError ? explain(cause.code, port) : undefined
    throw problem === undefined ? cause : new UserError(problem, undefined, { cause })
  }
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
