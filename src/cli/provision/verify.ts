import type { Command } from 'commander'
import { printLine } from '../output.ts'
import { addPlaybookOptions, type PlaybookArguments } from './playbook-options.ts'
import { printReport, runSession, type Session } from './playbook-session.ts'

const EXAMPLES = `
Examples:
  $ weave-provision verify -i inventories/lab
  $ weave-provision verify -i hosts.yml --limit web3 --json

Changes nothing. Exit codes: 0 every host sees every other; 1 failure; 2 bad input.`

export function registerVerify(program: Command): void {
  const verify = program.command('verify').description('ask every host whether it sees every other')
  addPlaybookOptions(verify).addHelpText('after', EXAMPLES).action(run)
}

async function run(options: PlaybookArguments): Promise<void> {
  const session: Session = {
    playbook: 'verify',
    options,
    isCheck: false,
    showsDiff: false,
    startsLab: false,
    confirm: async () => {},
  }
  const report = await runSession(session)
  printReport(report, session)
  if (report.isComplete && options.json !== true) {
    printLine(`Every host sees every other (${report.hosts.length} hosts, ${report.seconds.toFixed(1)} s).`)
  }
}
