import type { Command } from 'commander'
import { printLine } from '../output.ts'
import { confirm } from './confirm.ts'
import { addPlaybookOptions, type PlaybookArguments } from './playbook-options.ts'
import { printReport, runSession, type Session } from './playbook-session.ts'

interface DownArguments extends PlaybookArguments {
  readonly yes?: true
  readonly check?: true
  readonly diff?: true
}

const EXAMPLES = `
Examples:
  $ weave-provision down -i inventories/lab
  $ weave-provision down -i hosts.yml --limit web3 --yes
  $ weave-provision down -i hosts.yml --check --diff

Containers on the bridge are stopped: Docker gets its former configuration back, and the state that it had before 'up'.
Numbers and keys of the cluster stay beside the inventory. Exit codes: 0 done; 1 failure or not confirmed; 2 bad input.`

export function registerDown(program: Command): void {
  const down = program.command('down').description('take everything away again: the hosts are what they were before')
  addPlaybookOptions(down)
    .option('-y, --yes', 'do not ask')
    .option('--check', 'change nothing; tell what would change')
    .option('--diff', 'show the files that change, line by line')
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(options: DownArguments): Promise<void> {
  const session: Session = {
    playbook: 'down',
    options,
    isCheck: options.check === true,
    showsDiff: options.diff === true,
    startsLab: false,
    confirm: (_prepared, hosts) =>
      confirm(`Remove the overlay from ${hosts.length} hosts (${hosts.join(', ')})?`, {
        isGiven: options.yes === true || options.check === true,
      }),
  }
  const report = await runSession(session)
  printReport(report, session)
  if (!report.isComplete || options.json === true) return
  const [verb, took] = [report.isCheck ? 'would change' : 'changed', report.seconds.toFixed(1)]
  printLine(`${report.changed} of ${report.hosts.length} hosts ${verb}, ${took} s.`)
}
