import { readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { UserError } from '../../base/user-error.ts'
import { makePort, setMtuAndUp } from '../linux/ip-commands.ts'
import type { Libc } from '../linux/libc.ts'
import { findDevice } from '../linux/network-device.ts'
import { runCommand } from '../linux/run-command.ts'
import { SystemCallError } from '../linux/system-call-error.ts'
import { openTap } from '../linux/tap-device.ts'

/** The bridge's port to the rest of the world. */
export const TAP_NAME = 'weave-tap'

const OPEN_PROBLEMS: Readonly<Record<string, { readonly cause: string; readonly remedy: string }>> = {
  EBUSY: {
    cause: `another process holds the TAP device ${TAP_NAME}`,
    remedy: 'stop that process; `weave stop` when it is a router',
  },
  EPERM: { cause: `no permission to open the TAP device ${TAP_NAME}`, remedy: 'run as root, with CAP_NET_ADMIN' },
  EACCES: { cause: 'no permission to open /dev/net/tun', remedy: 'run as root; in a container, allow the device' },
  ENOENT: { cause: '/dev/net/tun is missing', remedy: 'load the kernel module: modprobe tun' },
  ENODEV: { cause: 'the kernel has no TUN driver', remedy: 'load the kernel module: modprobe tun' },
  EINVAL: {
    cause: `there is a network device '${TAP_NAME}' that is not a TAP device`,
    remedy: `remove it: ip link delete ${TAP_NAME}`,
  },
}

export interface BridgePortWish {
  readonly bridge: string
  readonly mtu: number
}

/** Opens the TAP device, the one of a former agent if it is still there, and makes it a port of the bridge. */
export function openBridgePort(libc: Libc, wish: BridgePortWish): number {
  const fd = open(libc)
  try {
    attach(wish)
  } catch (cause) {
    libc.close(fd)
    throw cause
  }
  return fd
}

/** Repairs what `ifdown` and `ifup` of the bridge have undone. True when there was something to do. */
export function keepBridgePort(wish: BridgePortWish): boolean {
  if (masterOf(TAP_NAME) === wish.bridge) return false
  const isRepairable = findDevice(wish.bridge) !== undefined && findDevice(TAP_NAME)?.master !== wish.bridge
  if (isRepairable) attach(wish)
  return isRepairable
}

function attach(wish: BridgePortWish): void {
  runCommand(makePort(TAP_NAME, wish.bridge))
  runCommand(setMtuAndUp(TAP_NAME, wish.mtu))
}

function open(libc: Libc): number {
  try {
    return openTap(libc, TAP_NAME)
  } catch (cause) {
    const problem = cause instanceof SystemCallError ? OPEN_PROBLEMS[cause.code] : undefined
    throw problem === undefined ? cause : new UserError(problem, undefined, { cause })
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
