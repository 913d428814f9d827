import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { nearNames } from '../../provision/apply/near-names.ts'
import { inventoryOption } from './inventory-option.ts'

/** What every command that runs Ansible takes. */
export interface PlaybookArguments {
  readonly inventory: string
  readonly limit?: readonly string[]
  readonly forks?: number
  readonly verbose: number
  readonly askBecomePass?: true
  readonly vaultPasswordFile?: string
  readonly privateKey?: string
  readonly json?: true
}

export function addPlaybookOptions(command: Command): Command {
  return command
    .addOption(inventoryOption())
    .option('--limit <hosts>', 'only these hosts, separated by commas', splitNames)
    .option('--private-key <file>', 'SSH key')
    .option('-K, --ask-become-pass', 'ask for the password of sudo')
    .option('--vault-password-file <file>', 'password of the cluster secrets and of vaulted variables')
    .option('-f, --forks <number>', 'how many hosts at a time (25, or as ansible.cfg says)', parseForks)
    .option(
      '-v, --verbose',
      "show Ansible's own output; twice and thrice for more",
      (_, former: number) => former + 1,
      0,
    )
    .option('--json', 'report the outcome as JSON; progress goes to standard error')
}

/** A name that is not in the plan is refused before anything is contacted: Ansible would only warn. */
export function checkLimit(limit: readonly string[], names: readonly string[]): readonly string[] {
  const problems = limit
    .filter(name => !names.includes(name))
    .map(name => {
      const near = nearNames(name, names)
      const known = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known hosts: ${listed(names)}`
      return { cause: `the inventory has no host '${name}'`, remedy: known }
    })
  if (problems.length > 0) throw new UserError(problems, EXIT_CODES.badInput)
  return limit
}

/** `names`: the hosts of the run. */
export function checkCanary(canary: string | undefined, names: readonly string[]): void {
  if (canary === undefined || names.includes(canary)) return
  const cause = `--canary: '${canary}' is not among the hosts of this run`
  throw new UserError({ cause, remedy: `name one of ${listed(names)}` }, EXIT_CODES.badInput)
}

const LISTED_MAX = 10

function listed(names: readonly string[]): string {
  const rest = names.length - LISTED_MAX
  return `${names.slice(0, LISTED_MAX).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

function splitNames(text: string): readonly string[] {
  const names = text.split(',').map(name => name.trim())
  if (names.some(name => name === '')) throw new InvalidArgumentError('Give names of hosts, separated by commas.')
  return [...new Set(names)]
}

function parseForks(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Give a number from 1 to 9999.')
  return Number(text)
}
