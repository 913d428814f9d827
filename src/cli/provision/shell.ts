import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import type { Command } from 'commander'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { sshArgv } from '../../provision/commands/ssh-command.ts'
import { readSources } from '../../provision/prepare-plan.ts'
import { inventoryOption } from './inventory-option.ts'
import { labOfHosts } from './lab-of-inventory.ts'
import { checkLimit } from './playbook-options.ts'

interface ShellArguments {
  readonly inventory: string
  readonly privateKey?: string
  readonly vaultPasswordFile?: string
}

const EXAMPLES = `
Examples:
  $ weave-provision shell web3 -i hosts.yml
  $ weave-provision shell web3 -i hosts.yml -- sudo weave status

With SSH, as the inventory says how: user, port, key, jump host. Ends with the exit code of the shell or the command.`

export function registerShell(program: Command): void {
  program
    .command('shell')
    .description('log in to a host as the inventory says how, or run a command there')
    .argument('<host>', 'its name in the inventory')
    .argument('[command...]', 'after --')
    .addOption(inventoryOption())
    .option('--private-key <file>', 'SSH key')
    .option('--vault-password-file <file>', 'password of vaulted variables')
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(host: string, command: readonly string[], options: ShellArguments): Promise<void> {
  const sources = await readSources({ inventoryPath: options.inventory, vaultPasswordFile: options.vaultPasswordFile })
  checkLimit(
    [host],
    sources.inventory.hosts.map(({ name }) => name),
  )
  const lab = await labOfHosts(options.inventory, sources.hostVariables)
  const inLab =
    lab === undefined ? undefined : command.length > 0 ? await lab.execCommand(host, command) : lab.shellCommand(host)
  const variables = sources.hostVariables[host] ?? {}
  process.exitCode = await attached(inLab ?? sshArgv({ host, variables, privateKey: options.privateKey, command }))
}

async function attached([program = '', ...args]: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit' })
  const ignore = () => undefined
  process.on('SIGINT', ignore)
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
  } catch (error) {
    const cause = `${program} cannot be run: ${(error as Error).message}`
    throw new UserError({ cause, remedy: 'apt-get install openssh-client' }, EXIT_CODES.failure)
  } finally {
    process.off('SIGINT', ignore)
  }
}
