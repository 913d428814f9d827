import { type AgentPaths, agentPaths } from '../../agent/host/agent-paths.ts'

/** What every command of `weave` is given. */
export interface CommandContext {
  /** The host's root folder: `/`, but in tests. */
  readonly root: string
  readonly paths: AgentPaths
  /** The file that the router's data path is started from, as a thread. */
  readonly dataPathProgram: URL
}

export function createContext(dataPathProgram: URL, environment: { readonly WEAVE_ROOT?: string }): CommandContext {
  const root = environment.WEAVE_ROOT ?? '/'
  return { root, paths: agentPaths(root), dataPathProgram }
}
