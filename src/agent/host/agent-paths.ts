import { join } from 'node:path'
import { HOST_PATHS } from '../../contract/host-paths.ts'

export type AgentPaths = { readonly [Name in keyof typeof HOST_PATHS]: string }

/** Where the agent's files are when the host's root folder is `root`: `/` but in tests. */
export function agentPaths(root: string): AgentPaths {
  const moved = Object.entries(HOST_PATHS).map(([name, path]) => [name, join(root, path)])
  return Object.fromEntries(moved) as AgentPaths
}
