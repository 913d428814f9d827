import { type IpNetwork, readableNetworks } from '../../base/ip-address.ts'
import type { AgentConfig } from '../../contract/agent-config.ts'
import { TUNNEL_PORT } from '../../contract/ports.ts'
import type { Input, RouterOptions } from '../../core/router/index.ts'
import { vxlanNameOf } from '../datapath/bridge-port.ts'
import type { Libc } from '../linux/libc.ts'
import type { Logger } from '../runtime/logger.ts'
import { FastPathPort } from './fast-path-port.ts'
import { type OpenedFastPath, openFastPath, removeFastPath } from './open-fast-path.ts'
import type { TunnelKind } from './open-tunnel.ts'

type OpenFastPath = Extract<OpenedFastPath, { kind: 'open' }>

export interface FastPathStart {
  readonly libc: Libc
  readonly config: AgentConfig
  readonly program: URL
  /** Whether there is a TAP device for what is not for the fast path. */
  readonly hasTap: boolean
  readonly log: Logger
  readonly tell: (input: Input) => void
  readonly failed: (reason: string) => void
  readonly environment: NodeJS.ProcessEnv
}

export interface StartedFastPath {
  /** Absent when all frames take the sleeve. */
  readonly port: FastPathPort | undefined
  readonly routerOptions: Pick<RouterOptions, 'fastPath' | 'fastPathMissing'>
}

/**
 * Opens the fast path where the operator allows it: in the clear over trusted networks, and by WireGuard over all others; else, and
 * with `WEAVE_NO_FASTDP` (Weave row ENV-07), takes away what an earlier agent has left of it, so that nothing listens.
 */
export function startFastPath(start: FastPathStart): StartedFastPath {
  const { libc, config, program, hasTap, log, environment } = start
  const trusted = readableNetworks(config.trustedSubnets ?? [])
  const tunnel = tunnelKindOf(config, environment)
  const isForbidden = (environment.WEAVE_NO_FASTDP ?? '') !== ''
  const hasWish = trusted.length > 0 || tunnel !== undefined
  if (!hasWish || isForbidden) {
    removeFastPath(libc, config.bridge.name)
    return { port: undefined, routerOptions: hasWish ? { fastPathMissing: 'WEAVE_NO_FASTDP is set' } : {} }
  }
  const { bridge, shortId } = config
  const isClear = trusted.length > 0
  const { name, mtu } = bridge
  const opened = openFastPath({ libc, bridge: name, shortId, mtu, tunnel, isClear, hasTap, program })
  if (opened.kind === 'missing') {
    const { reason } = opened
    log.write('warn', 'no fast path: frames take the sleeve, at a part of the speed', { reason })
    return { port: undefined, routerOptions: { fastPathMissing: reason } }
  }
  return attend(start, opened, trusted)
}

function attend(start: FastPathStart, opened: OpenFastPath, trusted: readonly IpNetwork[]): StartedFastPath {
  const { libc, log, tell, failed } = start
  const { bridge } = start.config
  const { path, tunnel, tunnelMissing } = opened
  const { adopted } = path
  log.write('info', 'fast path ready', { adopted: adopted.hops.size })
  if (tunnelMissing !== undefined) {
    log.write('warn', 'no encrypted fast path: sealed frames take the sleeve', { reason: tunnelMissing })
  }
  const port = new FastPathPort({
    libc,
    path,
    tunnel,
    vxlan: vxlanNameOf(bridge.name),
    mtu: bridge.mtu,
    log,
    tell,
    failed,
  })
  const own = tunnel === undefined ? {} : { tunnel: { publicKey: tunnel.publicKey, port: TUNNEL_PORT } }
  const missing = tunnelMissing === undefined ? {} : { fastPathMissing: tunnelMissing }
  return { port, routerOptions: { fastPath: { trusted, adopted, ...own }, ...missing } }
}

/** `WEAVE_WIREGUARD` has precedence: `0` for none, `1`, or `userspace` for functional tests, over `wireguard-go`. */
function tunnelKindOf(config: AgentConfig, { WEAVE_WIREGUARD: said = '' }: NodeJS.ProcessEnv): TunnelKind | undefined {
  if (said === 'userspace') return 'userspace'
  const isWanted = said === '' ? config.encryptedFastPath === true : said !== '0'
  return isWanted ? 'kernel' : undefined
}
