import { type Cidr, parseCidr } from '../../base/cidr.ts'
import type { AgentConfig } from '../../contract/agent-config.ts'
import type { Input, RouterOptions } from '../../core/router/index.ts'
import { vxlanNameOf } from '../datapath/bridge-port.ts'
import type { Libc } from '../linux/libc.ts'
import type { Logger } from '../runtime/logger.ts'
import { FastPathPort } from './fast-path-port.ts'
import { openFastPath, removeFastPath } from './open-fast-path.ts'

export interface FastPathStart {
  readonly libc: Libc
  readonly config: AgentConfig
  readonly program: URL
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
 * Opens the fast path where the operator allows frames in the clear; else, and with `WEAVE_NO_FASTDP` (Weave row ENV-03), takes away
 * what an earlier agent has left of it, so that nothing listens.
 */
export function startFastPath(start: FastPathStart): StartedFastPath {
  const { libc, config, program, log, tell, failed } = start
  const trusted = readSubnets(config.trustedSubnets ?? [])
  const isForbidden = (start.environment.WEAVE_NO_FASTDP ?? '') !== ''
  if (trusted.length === 0 || isForbidden) {
    removeFastPath(libc, config.bridge.name)
    const hasWish = trusted.length > 0
    return { port: undefined, routerOptions: hasWish ? { fastPathMissing: 'WEAVE_NO_FASTDP is set' } : {} }
  }
  const { bridge, shortId } = config
  const opened = openFastPath({ libc, bridge: bridge.name, shortId, program })
  if (opened.kind === 'missing') {
    const { reason } = opened
    log.write('warn', 'no fast path: frames take the sleeve, at a part of the speed', { reason })
    return { port: undefined, routerOptions: { fastPathMissing: reason } }
  }
  const { path } = opened
  const { adopted } = path
  log.write('info', 'fast path ready', { adopted: adopted.hops.size })
  const vxlan = vxlanNameOf(bridge.name)
  const port = new FastPathPort({ libc, path, vxlan, mtu: bridge.mtu, log, tell, failed })
  return { port, routerOptions: { fastPath: { trusted, adopted } } }
}

function readSubnets(texts: readonly string[]): readonly Cidr[] {
  return texts.flatMap(text => {
    const subnet = parseCidr(text)
    return subnet.ok ? [subnet.value] : []
  })
}
