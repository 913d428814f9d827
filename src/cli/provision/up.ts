import { type Command, InvalidArgumentError } from 'commander'
import { parseSerial, type Serial } from '../../provision/plan/batches.ts'
import { addPlaybookOptions } from './playbook-options.ts'
import { runUp, type UpArguments } from './up-session.ts'

const EXAMPLES = `
Examples:
  $ weave-provision up -i inventories/lab
  $ weave-provision up -i hosts.yml --check --diff
  $ weave-provision up -i hosts.yml monday.plan
  $ weave-provision up -i hosts.yml --canary web3 --serial 20% --yes
  $ weave-provision up -i hosts.yml --resume
  $ weave-provision up -i hosts.yml --json > outcome.json

Shows what it will do and asks; without a terminal it wants --yes or a plan file. A second run changes nothing. An inventory of a
lab starts the lab first, and is not asked about. With batches, each must be well beside the others before the next begins; the first failure stops the rest.
Exit codes: 0 every host is done and sees every other; 1 failure, or not confirmed; 2 bad input; 130 interrupted.`

export function registerUp(program: Command): void {
  const up = program.command('up').description('bring the hosts to what the inventory says, and verify the overlay')
  addUpOptions(up)
    .argument('[plan]', "apply exactly this plan, made by 'plan --out', or refuse")
    .addHelpText('after', EXAMPLES)
    .action((planFile: string | undefined, options: UpArguments) => runUp({ ...options, planFile }))
}

/** Shared with `rollback`, which is an `up` to what was. */
export function addUpOptions(command: Command): Command {
  return addPlaybookOptions(command)
    .option('-y, --yes', 'do not ask')
    .option('--check', 'change nothing; tell what would change')
    .option('--diff', 'show the files that change, line by line')
    .option('--serial <number|part>', 'so many hosts at a time, as 1 or 20%', readSerial)
    .option('--canary <host>', 'change this host first, alone')
    .option('--resume', 'go on with the last apply where it stopped, in the same batches')
    .option('-m, --message <text>', 'why, for the lock, the history and the audit log')
}

function readSerial(text: string): Serial {
  const serial = parseSerial(text)
  if (!serial.ok) throw new InvalidArgumentError(`${serial.error}.`)
  return serial.value
}
