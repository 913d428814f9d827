import type { Command } from 'commander'
import { EXIT_CODES } from '../../base/user-error.ts'
import { changesBetween, type LockChange } from '../../provision/plan/changes.ts'
import type { Plan } from '../../provision/plan/plan.ts'
import { preparePlan } from '../../provision/prepare-plan.ts'
import { coloursFor, formatTable, printJson, printLine } from '../output.ts'
import { inventoryOption } from './inventory-option.ts'

interface PlanArguments {
  readonly inventory: string
  readonly facts?: string
  readonly vaultPasswordFile?: string
  readonly json?: true
  readonly detailedExitcode?: true
}

/** As of Terraform: 0 nothing to change, 1 failure, 2 changes. */
const EXIT_CODE_CHANGES = 2

const SIGNS: Readonly<Record<LockChange['kind'], string>> = {
  add: '+',
  remove: '-',
  renumber: '~',
  readdress: '~',
  'new-key': '~',
}

const EXAMPLES = `
Examples:
  $ weave-provision plan -i inventories/example
  $ weave-provision plan -i inventories/example --json
  $ weave-provision plan -i inventories/example --detailed-exitcode || echo "something would change"

Reads the inventory and the lock file beside it; writes nothing and connects to nothing.
Exit codes: 0 done; 1 failure; 2 bad input, or with --detailed-exitcode: hosts would be added, removed or renumbered.`

export function registerPlan(program: Command): void {
  program
    .command('plan')
    .description("show each host's number, addresses and peers, and what would change; change nothing")
    .addOption(inventoryOption())
    .option('--facts <file>', 'what the hosts say of themselves, as JSON')
    .option('--vault-password-file <file>', 'password of vaulted variables')
    .option('--json', 'print the plan as JSON')
    .option('--detailed-exitcode', 'end with 2 when something would change')
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(options: PlanArguments): Promise<void> {
  const { plan, lock } = await preparePlan({
    inventoryPath: options.inventory,
    factsPath: options.facts,
    vaultPasswordFile: options.vaultPasswordFile,
  })
  const changes = changesBetween(lock, plan.lock)
  if (options.json === true) printPlanAsJson(plan, changes)
  else printPlan(plan, changes)
  const isChanged = options.detailedExitcode === true && changes.length > 0
  process.exitCode = isChanged ? EXIT_CODE_CHANGES : EXIT_CODES.ok
}

function printPlanAsJson({ lock: _lock, ...plan }: Plan, changes: readonly LockChange[]): void {
  printJson({ ...plan, changes })
}

function printPlan(plan: Plan, changes: readonly LockChange[]): void {
  const colours = coloursFor(process.stdout)
  const header = ['HOST', 'NUMBER', 'BRIDGE ADDRESS', 'CONTAINERS', 'UNDERLAY', 'INIT', 'DOCKER', 'PEERS']
  const rows = plan.hosts.map(host => [
    host.name,
    String(host.index),
    host.bridgeAddress,
    host.containerRange,
    host.underlayAddresses.join(','),
    host.initSystem ?? 'auto',
    host.dockerMethod ?? 'auto',
    shorten(host.targets),
  ])
  printLine(`Cluster ${colours.bold(plan.clusterName)}, group ${plan.group}, overlay ${plan.subnet}, MTU ${plan.mtu}`)
  printLine()
  printLine(formatTable(header, rows))
  printLine()
  if (changes.length === 0) return printLine('Nothing changes in the lock file.')
  printLine('Changes against the lock file:')
  for (const { kind, text } of changes) printLine(`  ${colourOf(kind, colours)(SIGNS[kind])} ${text}`)
}

/** A row stays readable in a cluster of any size; --json has all of them. */
function shorten(targets: readonly string[]): string {
  const shown = targets.slice(0, SHOWN_TARGETS_MAX).join(' ')
  return targets.length > SHOWN_TARGETS_MAX ? `${shown} and ${targets.length - SHOWN_TARGETS_MAX} more` : shown
}

const SHOWN_TARGETS_MAX = 4

function colourOf(kind: LockChange['kind'], colours: ReturnType<typeof coloursFor>) {
  if (kind === 'add') return colours.green
  return kind === 'remove' ? colours.red : colours.yellow
}
