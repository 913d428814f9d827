import type { Command } from 'commander'
import type { Report } from '../../provision/apply/report.ts'
import type { PreparedPlan } from '../../provision/prepare-plan.ts'
import { formatTable, printLine } from '../output.ts'
import { addPlaybookOptions, type PlaybookArguments } from './playbook-options.ts'
import { printReport, runSession, type Session } from './playbook-session.ts'

interface UpArguments extends PlaybookArguments {
  readonly check?: true
  readonly diff?: true
}

const EXAMPLES = `
Examples:
  $ weave-provision up -i inventories/lab
  $ weave-provision up -i hosts.yml --check --diff
  $ weave-provision up -i hosts.yml --limit web3,web4
  $ weave-provision up -i hosts.yml --json > outcome.json

A second run changes nothing. An inventory of a lab starts the lab first.
Exit codes: 0 every host is done and sees every other; 1 failure; 2 bad input; 130 interrupted.`

export function registerUp(program: Command): void {
  const up = program.command('up').description('bring the hosts to what the inventory says, and verify the overlay')
  addPlaybookOptions(up)
    .option('--check', 'change nothing; tell what would change')
    .option('--diff', 'show the files that change, line by line')
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(options: UpArguments): Promise<void> {
  const session: Session = {
    playbook: 'up',
    options,
    isCheck: options.check === true,
    showsDiff: options.diff === true,
    startsLab: true,
    confirm: async prepared => {
      if (options.json !== true) printShortPlan(prepared)
    },
  }
  const report = await runSession(session)
  printReport(report, session)
  if (report.isComplete && options.json !== true) printLine(closingSentence(report))
}

function printShortPlan({ plan }: PreparedPlan): void {
  printLine(`Cluster ${plan.clusterName}, overlay ${plan.subnet}, ${counted(plan.hosts.length, 'host')}:`)
  const shown = plan.hosts.slice(0, SHOWN_MAX).map(host => ['', host.name, host.bridgeAddress, host.containerRange])
  const rest = plan.hosts.length - shown.length
  printLine(formatTable(['', 'HOST', 'BRIDGE', 'CONTAINERS'], shown))
  if (rest > 0) printLine(`  and ${rest} more; 'weave-provision plan' shows all`)
}

const SHOWN_MAX = 20

function closingSentence(report: Report): string {
  const took = `${report.seconds.toFixed(1)} s`
  const hosts = counted(report.hosts.length, 'host')
  if (report.isCheck) return `Checked in ${took}: ${report.changed} of ${hosts} would change. Nothing was changed.`
  const verified = report.notices.length > 0 ? 'the hosts of this run see each other' : 'every host sees every other'
  if (report.changed === 0) return `Nothing to change; verified in ${took}: ${verified}.`
  return `Done in ${took}: ${report.changed} of ${hosts} changed; ${verified}.`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
