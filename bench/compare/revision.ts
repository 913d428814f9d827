import { execFileSync } from 'node:child_process'

/** What a run itself writes says nothing of what was run. */
const UNMEASURED = [':!bench/results', ':!README.md']

/** The commit of the sources in `folder`, and whether they differ from it; undefined where git does not know them. */
export function describeRevision(folder: string): string | undefined {
  try {
    const commit = git(folder, ['describe', '--always', '--tags'])
    const changes = git(folder, ['status', '--porcelain', '--', '.', ...UNMEASURED])
    return changes === '' ? commit : `${commit} with changes`
  } catch {
    return undefined
  }
}

function git(folder: string, args: readonly string[]): string {
  const stdio = ['ignore', 'pipe', 'ignore'] as const
  return execFileSync('git', [...args], { cwd: folder, encoding: 'utf8', stdio: [...stdio] }).trim()
}
