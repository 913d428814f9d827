import { UserError } from '../../base/user-error.ts'
import { FAST_PATH_PORT } from '../../contract/ports.ts'
import { tapNameOf, vxlanNameOf } from '../datapath/bridge-port.ts'
import { detachFilters } from '../linux/bpf/tc-filter.ts'
import { deleteDevice } from '../linux/change-device.ts'
import { addVxlan } from '../linux/ip-commands.ts'
import { deviceIndex, type Libc } from '../linux/libc.ts'
import { findDevice } from '../linux/network-device.ts'
import { runCommand } from '../linux/run-command.ts'
import { SystemCallError } from '../linux/system-call-error.ts'
import { FastPath } from './fast-path.ts'
import { openTunnel, removeTunnel, type TunnelKind } from './open-tunnel.ts'
import { loadShippedObject } from './shipped-object.ts'
import type { Tunnel } from './tunnel.ts'

export interface FastPathWish {
  readonly libc: Libc
  readonly bridge: string
  readonly shortId: number
  /** Of the overlay. */
  readonly mtu: number
  /** Whether there are networks over which frames may go in the clear. */
  readonly isClear: boolean
  /** Whether the TAP device is there, behind which the sleeve is. */
  readonly hasTap: boolean
  /** Undefined: frames go in the clear or not at all. */
  readonly tunnel: TunnelKind | undefined
  /** Where the agent's program is: the BPF object is beside it. */
  readonly program: URL
}

export type OpenedFastPath =
  | {
      readonly kind: 'open'
      readonly path: FastPath
      readonly tunnel: Tunnel | undefined
      /** What the host lacks for the tunnel that was wished for. */
      readonly tunnelMissing?: string
    }
  /** What this host lacks; everything is as if nothing had been tried. */
  | { readonly kind: 'missing'; readonly reason: string }

/** Makes `weave-vx` and what belongs to it, or takes over what an earlier agent has left running. */
export function openFastPath(wish: FastPathWish): OpenedFastPath {
  const { libc, bridge, shortId: self, program, isClear } = wish
  const vxlan = vxlanNameOf(bridge)
  try {
    const object = loadShippedObject(program)
    if (object === undefined) return { kind: 'missing', reason: 'the release has no fast-path.o' }
    const { tunnel, missing } = tryTunnel(wish)
    if (missing !== undefined && !isClear) return remove(wish, missing)
    if (findDevice(vxlan) === undefined) runCommand(addVxlan(vxlan, FAST_PATH_PORT))
    const tap = wish.hasTap ? tapNameOf(bridge) : undefined
    const path = new FastPath({ libc, object, self, vxlan, tap, tunnel: tunnel?.name })
    return { kind: 'open', path, tunnel, ...(missing === undefined ? {} : { tunnelMissing: missing }) }
  } catch (cause) {
    return remove(wish, reasonOf(cause))
  }
}

/** Leaves nothing of the fast path on the host. */
export function removeFastPath(libc: Libc, bridge: string): void {
  const tap = deviceIndex(libc, tapNameOf(bridge))
  if (tap !== 0) detachFilters(libc, tap)
  deleteDevice(vxlanNameOf(bridge))
  removeTunnel(libc, bridge)
}

/** Without a tunnel, trusted networks still have their fast path. */
function tryTunnel({ libc, bridge, mtu, tunnel: kind }: FastPathWish): { tunnel?: Tunnel; missing?: string } {
  if (kind === undefined) {
    removeTunnel(libc, bridge)
    return {}
  }
  try {
    return { tunnel: openTunnel({ libc, bridge, mtu, kind }) }
  } catch (cause) {
    const missing = `no WireGuard: ${reasonOf(cause)}`
    removeTunnel(libc, bridge)
    return { missing }
  }
}

function remove({ libc, bridge }: FastPathWish, reason: string): OpenedFastPath {
  removeFastPath(libc, bridge)
  return { kind: 'missing', reason }
}

/** Of what the host refuses; throws what is a fault of ours. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof SystemCallError) && !(cause instanceof UserError)) throw cause
  return explain(cause)
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
