import type { Command } from 'commander'
import { preparePlan } from '../../provision/prepare-plan.ts'
import { printJson, printLine } from '../output.ts'
import { inventoryOption } from './inventory-option.ts'
import { counted } from './review-view.ts'

interface ValidateArguments {
  readonly inventory: string
  readonly facts?: string
  readonly vaultPasswordFile?: string
  readonly json?: true
}

const EXAMPLES = `
Examples:
  $ weave-provision validate -i hosts.yml

Connects to no host and writes nothing. All that is wrong is told at once, each with its remedy.
Exit codes: 0 the inventory makes a cluster; 2 it does not; 1 Ansible is missing or fails.`

export function registerValidate(program: Command): void {
  program
    .command('validate')
    .description('check the inventory, and connect to nothing')
    .addOption(inventoryOption())
    .option('--facts <file>', 'what the hosts say of themselves, as JSON')
    .option('--vault-password-file <file>', 'password of vaulted variables')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(options: ValidateArguments): Promise<void> {
  const { plan } = await preparePlan({
    inventoryPath: options.inventory,
    factsPath: options.facts,
    vaultPasswordFile: options.vaultPasswordFile,
  })
  const { clusterName, subnet, hosts } = plan
  if (options.json === true)
    return printJson({ isValid: true, clusterName, subnet, hosts: hosts.map(({ name }) => name) })
  printLine(`The inventory is valid: cluster ${clusterName}, overlay ${subnet}, ${counted(hosts.length, 'host')}.`)
}
