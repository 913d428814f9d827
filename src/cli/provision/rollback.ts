import type { Command } from 'commander'
import { statePaths } from '../../provision/lock/state-paths.ts'
import { applyToGoBackTo, History } from '../../provision/operate/history.ts'
import { printNotice } from '../output.ts'
import { parseNumber } from './history.ts'
import { addUpOptions } from './up.ts'
import { runUp, type UpArguments } from './up-session.ts'

const EXAMPLES = `
Examples:
  $ weave-provision rollback -i hosts.yml
  $ weave-provision rollback -i hosts.yml 7 --check --diff

Without a number: the last apply that came to its good end with another inventory. Shows the way back and asks, as up does; the
manifest gets a new version, as every change of it. The inventory's files stay as they are: take the change back there too, or the
next up brings it again. The release of the agent is that of this build.
Exit codes: 0 done; 1 failure, or not confirmed; 2 bad input; 130 interrupted.`

export function registerRollback(program: Command): void {
  const rollback = program.command('rollback').description('bring the hosts back to what an earlier apply said')
  addUpOptions(rollback)
    .argument('[apply]', 'its number, see history', parseNumber)
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(number: number | undefined, options: UpArguments): Promise<void> {
  const history = new History(statePaths(options.inventory).folder)
  const apply = number === undefined ? applyToGoBackTo(history.all()) : history.get(number)
  printNotice(`Back to apply ${apply.number} of ${apply.startedAt}.`)
  await runUp({ ...options, rollbackTo: apply })
}
