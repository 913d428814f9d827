import type { Mac } from '../../base/mac.ts'
import { UserError } from '../../base/user-error.ts'
import { bridgeMessage, changeMessage, type DeviceChange, deletionMessage } from './device-messages.ts'
import { hasIpv6 } from './ipv6.ts'
import { deviceIndex, loadLibc } from './libc.ts'
import { askNetlink, NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL } from './netlink.ts'
import { noBridge } from './required-bridge.ts'
import { SystemCallError } from './system-call-error.ts'

const RTM_NEWLINK = 16
const RTM_DELLINK = 17

/*
 * The kernel is told itself (rtnetlink(7)): to start a program takes a router some four milliseconds of a processor, and the program
 * has to be there. All throw a `UserError` that says what the kernel refused, and why.
 */

/** Makes a bridge; the kernel chooses its address when there is none to give. */
export function addBridge(name: string, mac: Mac | undefined): void {
  const flags = NLM_F_CREATE | NLM_F_EXCL
  tell({ type: RTM_NEWLINK, flags, body: bridgeMessage(name, mac) }, `make the bridge ${name}`)
}

/** Changes a device in one step. */
export function changeDevice(name: string, change: DeviceChange): void {
  const { givesItselfNone, ...rest } = change
  const body = changeMessage(name, hasIpv6() ? change : rest)
  tell({ type: RTM_NEWLINK, flags: 0, body }, `change the network device ${name}`)
}

/** Makes it a port of the bridge, which sends nothing of itself. */
export function makePort(name: string, bridge: string, change: DeviceChange = {}): void {
  const master = deviceIndex(loadLibc(), bridge)
  if (master === 0) throw noBridge(bridge)
  changeDevice(name, { ...change, master, givesItselfNone: true })
}

/** Nothing to do when there is none, or no more. */
export function deleteDevice(name: string): void {
  const order = { type: RTM_DELLINK, flags: 0, body: deletionMessage(name) }
  tell(order, `remove the network device ${name}`, ['ENODEV'])
}

interface Order {
  readonly type: number
  readonly flags: number
  readonly body: Buffer
}

function tell({ type, flags, body }: Order, attempted: string, borne: readonly string[] = []): void {
  try {
    askNetlink(loadLibc(), { type, flags: flags | NLM_F_ACK, body }, attempted)
  } catch (cause) {
    if (!(cause instanceof SystemCallError)) throw cause
    if (borne.includes(cause.code)) return
    throw new UserError({ cause: `cannot ${cause.message}`, remedy: remedyOf(cause.code) }, undefined, { cause })
  }
}

function remedyOf(code: string): string {
  return code === 'EPERM'
    ? 'run as root, with the capability CAP_NET_ADMIN'
    : 'mend what the message names (ip -details link), then try again'
}
