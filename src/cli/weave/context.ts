import { type AgentPaths, agentPaths } from '../../agent/host/agent-paths.ts'
import type { KeptCode } from '../../agent/runtime/kept-code.ts'

/** What every command of `weave` is given. */
export interface CommandContext {
  /** The host's root folder: `/`, but in tests. */
  readonly root: string
  readonly paths: AgentPaths
  readonly release: Release
}

/** What a command needs to know of the files that it runs from. */
export interface Release {
  /** The file that the router's data path is started from, as a thread. */
  readonly dataPathProgram: URL
  /** Has the next start find compiled what has run of this program. */
  readonly keepCode: () => KeptCode
}

export function createContext(release: Release, environment: { readonly WEAVE_ROOT?: string }): CommandContext {
  const root = environment.WEAVE_ROOT ?? '/'
  return { root, paths: agentPaths(root), release }
}
