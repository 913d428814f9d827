import { UserError } from '../../base/user-error.ts'
import { FAST_PATH_PORT } from '../../contract/ports.ts'
import { tapNameOf, vxlanNameOf } from '../datapath/bridge-port.ts'
import { detachFilters } from '../linux/bpf/tc-filter.ts'
import { addVxlan, deleteDevice } from '../linux/ip-commands.ts'
import { deviceIndex, type Libc } from '../linux/libc.ts'
import { findDevice } from '../linux/network-device.ts'
import { runCommand } from '../linux/run-command.ts'
import { SystemCallError } from '../linux/system-call-error.ts'
import { FastPath } from './fast-path.ts'
import { loadShippedObject } from './shipped-object.ts'

export interface FastPathWish {
  readonly libc: Libc
  readonly bridge: string
  readonly shortId: number
  /** Where the agent's program is: the BPF object is beside it. */
  readonly program: URL
}

export type OpenedFastPath =
  | { readonly kind: 'open'; readonly path: FastPath }
  /** What this host lacks; everything is as if nothing had been tried. */
  | { readonly kind: 'missing'; readonly reason: string }

/** Makes `weave-vx`, or takes over what an earlier agent has left running. The TAP device is there already. */
export function openFastPath(wish: FastPathWish): OpenedFastPath {
  const { libc, bridge, shortId: self, program } = wish
  const vxlan = vxlanNameOf(bridge)
  try {
    const object = loadShippedObject(program)
    if (object === undefined) return { kind: 'missing', reason: 'the release has no fast-path.o' }
    if (findDevice(vxlan) === undefined) runCommand(addVxlan(vxlan, FAST_PATH_PORT))
    return { kind: 'open', path: new FastPath({ libc, object, self, vxlan, tap: tapNameOf(bridge) }) }
  } catch (cause) {
    if (!(cause instanceof SystemCallError) && !(cause instanceof UserError)) throw cause
    removeFastPath(libc, bridge)
    return { kind: 'missing', reason: explain(cause) }
  }
}

/** Leaves nothing of the fast path on the host. */
export function removeFastPath(libc: Libc, bridge: string): void {
  const tap = deviceIndex(libc, tapNameOf(bridge))
  if (tap !== 0) detachFilters(libc, tap)
  const vxlan = vxlanNameOf(bridge)
  if (deviceIndex(libc, vxlan) !== 0) runCommand(deleteDevice(vxlan))
}

function explain(cause: SystemCallError | UserError): string {
  if (cause instanceof UserError) return cause.message.split('\n')[0] ?? ''
  switch (cause.code) {
    case 'EPERM':
      return `${cause.message}: it takes CAP_NET_ADMIN, CAP_SYS_ADMIN and bpf(2), which the unit file must allow, and a kernel that is not locked down`
    case 'ENOSYS':
      return `${cause.message}: the kernel has no BPF`
    default:
      return cause.message
  }
}
