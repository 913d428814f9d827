import { type Command, InvalidArgumentError } from 'commander'
import { statePaths } from '../../provision/lock/state-paths.ts'
import { type Apply, History } from '../../provision/operate/history.ts'
import { formatTable, printJson, printLine } from '../output.ts'
import { inventoryOption } from './inventory-option.ts'

const EXAMPLES = `
Examples:
  $ weave-provision history -i hosts.yml
  $ weave-provision rollback -i hosts.yml 7

Each apply is kept beside the inventory, in .weave.history: who, when, why, on which hosts, and what the inventory said.
Exit codes: 0 done; 2 bad input.`

export function registerHistory(program: Command): void {
  program
    .command('history')
    .description('list what was applied from this inventory, by whom and how it ended')
    .addOption(inventoryOption())
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(run)
}

export function parseNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new InvalidArgumentError("Give the number of an apply, as 'history' lists it.")
  return Number(text)
}

function run(options: { readonly inventory: string; readonly json?: true }): void {
  const applies = new History(statePaths(options.inventory).folder).all()
  if (options.json === true) return printJson(applies)
  if (applies.length === 0) return printLine('Nothing was applied yet.')
  printLine(formatTable(['APPLY', 'STARTED', 'BY', 'OUTCOME', 'HOSTS', 'FILES', 'MESSAGE'], applies.map(rowOf)))
}

function rowOf(apply: Apply): readonly string[] {
  const { operator, machine, message, command } = apply.operator
  const why =
    apply.rollbackTo === null ? message : `${message === '' ? command : message} (back to ${apply.rollbackTo})`
  const hosts = `${apply.done.length} of ${apply.hosts.length}`
  return [
    String(apply.number),
    apply.startedAt,
    `${operator}@${machine}`,
    apply.outcome,
    hosts,
    String(apply.changedFiles),
    why,
  ]
}
