import { type AgentPaths, agentPaths } from '../../agent/host/agent-paths.ts'

/** What every command of `weave` is given. */
export interface CommandContext {
  /** The host's root folder: `/`, but in tests. */
  readonly root: string
  readonly paths: AgentPaths
  /** The file that this program is. */
  readonly program: URL
}

export function createContext(program: URL, environment: { readonly WEAVE_ROOT?: string }): CommandContext {
  const root = environment.WEAVE_ROOT ?? '/'
  return { root, paths: agentPaths(root), program }
}
