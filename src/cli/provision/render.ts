import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { withRunLock } from '../../provision/lock/run-lock.ts'
import { statePaths } from '../../provision/lock/state-paths.ts'
import { History } from '../../provision/operate/history.ts'
import { renderCluster } from '../../provision/render-cluster.ts'
import { formatTable, printJson, printLine, printNotice } from '../output.ts'
import { projectRoot } from '../project-root.ts'
import { parseNumber } from './history.ts'
import { inventoryOption } from './inventory-option.ts'

interface RenderArguments {
  readonly inventory: string
  readonly output: string
  readonly facts?: string
  readonly vaultPasswordFile?: string
  readonly check?: true
  readonly asOf?: number
  readonly renumber?: true
  readonly json?: true
}

const EXAMPLES = `
Examples:
  $ weave-provision render -i inventories/example -o /tmp/rendered
  $ weave-provision render -i inventories/example -o /tmp/rendered --facts facts.json --json

Each host gets a folder DIR/HOST: host.json lists its files, files/ holds them under the paths they have on the host.
Without facts of the hosts the files of all three init systems are written, and nothing is merged.
Host numbers are allocated and kept in .weave.lock.yml beside the inventory.`

export function registerRender(program: Command): void {
  program
    .command('render')
    .description('write every file of every host into a folder, without connecting to a host')
    .addOption(inventoryOption())
    .requiredOption('-o, --output <dir>', 'folder to write to')
    .option('--facts <file>', 'what the hosts say of themselves, as JSON')
    .option('--vault-password-file <file>', 'password of the cluster secrets and of vaulted variables')
    .option('--check', 'keep no numbers and no keys beside the inventory')
    .option('--as-of <apply>', 'what the inventory said at an apply of the history', parseNumber)
    .option('--renumber', 'let hosts get other numbers and addresses than they have')
    .option('--json', 'report what was written as JSON')
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(options: RenderArguments): Promise<void> {
  const paths = statePaths(options.inventory)
  const outcome = await withRunLock(paths.runLock, 'render', () =>
    renderCluster({
      inventoryPath: options.inventory,
      outputFolder: resolve(options.output),
      templatesFolder: join(projectRoot(), 'templates'),
      factsPath: options.facts,
      vaultPasswordFile: options.vaultPasswordFile,
      isCheck: options.check === true,
      mayRenumber: options.renumber === true,
      formerInventory: options.asOf === undefined ? undefined : new History(paths.folder).get(options.asOf).inventory,
    }),
  )
  for (const notice of outcome.notices) printNotice(notice)
  const hosts = outcome.hosts.map(({ files, ...host }) => ({ ...host, files: files.map(({ path }) => path) }))
  if (options.json === true) return printJson({ output: resolve(options.output), hosts })
  const header = ['HOST', 'BRIDGE ADDRESS', 'CONTAINERS', 'INIT', 'DOCKER', 'CERTIFIED', 'FILES']
  const rows = hosts.map(host => [
    host.host,
    host.bridgeAddress,
    host.containerRange,
    host.initSystem ?? 'any',
    host.dockerMethod,
    host.isCertified ? 'yes' : 'no',
    String(host.files.length),
  ])
  printLine(formatTable(header, rows))
  printLine(`Written to ${resolve(options.output)}.`)
}
