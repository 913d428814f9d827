import { existsSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { withRunLock } from '../../provision/lock/run-lock.ts'
import { statePaths } from '../../provision/lock/state-paths.ts'
import { HISTORY_FOLDER } from '../../provision/operate/history.ts'
import { printLine } from '../output.ts'
import { confirm } from './confirm.ts'
import { addPlaybookOptions, type PlaybookArguments } from './playbook-options.ts'
import { printReport, runSession, type Session } from './playbook-session.ts'

interface ResetArguments extends PlaybookArguments {
  readonly yes?: true
}

const EXAMPLES = `
Examples:
  $ weave-provision reset -i hosts.yml

As 'down' on all hosts; then the cluster itself is forgotten: numbers, keys, revocations and history, beside the inventory. The next 'up'
begins another cluster. While one host cannot be brought back, nothing is forgotten. Exit codes as of down.`

export function registerReset(program: Command): void {
  const reset = program.command('reset').description('take everything away, and forget numbers, keys and history too')
  addPlaybookOptions(reset).option('-y, --yes', 'do not ask').addHelpText('after', EXAMPLES).action(run)
}

async function run(options: ResetArguments): Promise<void> {
  if (options.limit !== undefined) {
    const remedy = "leave out --limit; 'weave-provision remove HOST' takes one out"
    throw new UserError({ cause: 'a cluster is forgotten as a whole', remedy }, EXIT_CODES.badInput)
  }
  const session: Session = {
    playbook: 'down',
    command: 'reset',
    options,
    isCheck: false,
    showsDiff: false,
    startsLab: false,
    confirm: (_prepared, hosts) =>
      confirm(`Remove the overlay from ${hosts.length} hosts, and forget numbers, keys and history for good?`, {
        isGiven: options.yes === true,
      }),
  }
  const report = await runSession(session)
  printReport(report, session)
  if (!report.isComplete) {
    const cause = 'not every host was brought back: numbers and keys of the cluster are kept'
    throw new UserError({
      cause,
      remedy:
        "mend what is named above, or take a dead host out with 'weave-provision remove HOST --dead', and run again",
    })
  }
  const gone = await forget(options.inventory)
  if (options.json !== true) printLine(`${report.hosts.length} hosts are as before; forgotten: ${gone.join(', ')}.`)
}

async function forget(inventory: string): Promise<readonly string[]> {
  const paths = statePaths(inventory)
  // The secrets last: a lock file without them would be refused, while they without it are of a cluster that nobody has.
  const kept = [join(paths.folder, HISTORY_FOLDER), paths.lock, paths.secrets].filter(path => existsSync(path))
  await withRunLock(paths.runLock, 'reset', async () => {
    for (const path of kept) rmSync(path, { recursive: true })
  })
  return kept.map(path => basename(path))
}
