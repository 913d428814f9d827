import { spawnSync } from 'node:child_process'
import { UserError } from '../../base/user-error.ts'

/**
 * Runs `docker` as its user would, what it says on standard error shown; gives what it prints. For commands alone, and for as long as it takes: it may
 * have to fetch an image, and its user sees it.
 */
export function runDocker(args: readonly string[]): string {
  const ended = spawnSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  if (ended.error !== undefined) {
    const reason = (ended.error as NodeJS.ErrnoException).code ?? ended.error.message
    throw new UserError({ cause: `'docker' could not be run: ${reason}`, remedy: 'install the client of Docker' })
  }
  if (ended.status === 0) return ended.stdout.trim()
  throw new UserError({ cause: `'docker ${args[0]}' failed`, remedy: 'mend what Docker says above, then try again' })
}
