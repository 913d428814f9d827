import { type Command, InvalidArgumentError, Option } from 'commander'
import { preparePlan } from '../../provision/prepare-plan.ts'
import { EXPORT_FORMATS, type ExportFormat, renderExport } from '../../provision/render/export.ts'
import { printText } from '../output.ts'
import { refuseUnknownAddresses } from './firewall.ts'
import { inventoryOption } from './inventory-option.ts'

interface ExportArguments {
  readonly inventory: string
  readonly format: ExportFormat
  readonly metricsPort: number
  readonly vaultPasswordFile?: string
}

/** Weave Net's. */
const METRICS_PORT = 6781

const EXAMPLES = `
Examples:
  $ weave-provision export -i hosts.yml > /etc/prometheus/weave.json      for file_sd_configs
  $ weave-provision export -i hosts.yml --format consul | while read -r host
    do curl -sf -X PUT -d "$host" http://127.0.0.1:8500/v1/catalog/register; done

Each host with its name, number, bridge and range; run it again when hosts come and go. Connects to no host. For consul a line a host,
for hosts that run no agent of Consul: one would take out again what it does not know itself.
Exit codes: 0 done; 2 bad input.`

export function registerExport(program: Command): void {
  program
    .command('export')
    .description('print the hosts for Prometheus or Consul to find')
    .addOption(inventoryOption())
    .addOption(new Option('--format <format>', 'for which program').choices(EXPORT_FORMATS).default('prometheus'))
    .option(
      '--metrics-port <port>',
      'where routers serve metrics, see weave launch --metrics-addr',
      parsePort,
      METRICS_PORT,
    )
    .option('--vault-password-file <file>', 'password of vaulted variables')
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run({ inventory, format, metricsPort, vaultPasswordFile }: ExportArguments): Promise<void> {
  const { plan } = await preparePlan({ inventoryPath: inventory, vaultPasswordFile })
  refuseUnknownAddresses(plan.hosts)
  printText(renderExport({ clusterName: plan.clusterName, hosts: plan.hosts, metricsPort }, format))
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_535) throw new InvalidArgumentError('Give a port from 1 to 65535.')
  return port
}
