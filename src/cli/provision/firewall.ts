import { type Command, Option } from 'commander'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import type { PlannedHost } from '../../provision/plan/plan.ts'
import { preparePlan } from '../../provision/prepare-plan.ts'
import {
  AWS_RULES_MAX,
  FIREWALL_FORMATS,
  type FirewallFormat,
  membersOf,
  renderFirewall,
} from '../../provision/render/firewall.ts'
import { printNotice, printText } from '../output.ts'
import { inventoryOption } from './inventory-option.ts'

interface FirewallArguments {
  readonly inventory: string
  readonly format: FirewallFormat
  readonly vaultPasswordFile?: string
}

const EXAMPLES = `
Examples:
  $ weave-provision firewall -i hosts.yml > weave.nft && nft -f weave.nft
  $ weave-provision firewall -i hosts.yml --format terraform > weave.tf
  $ weave-provision firewall -i hosts.yml --format aws > rules.json
  $ aws ec2 authorize-security-group-ingress --group-id sg-1 --ip-permissions file://rules.json

Rules for exactly the hosts of the inventory, by their underlay addresses; run it again when hosts come and go. Connects to no host.
Exit codes: 0 done; 2 bad input.`

export function registerFirewall(program: Command): void {
  program
    .command('firewall')
    .description("print rules that open the overlay's ports to its hosts and to nobody else")
    .addOption(inventoryOption())
    .addOption(new Option('--format <format>', 'for which tool').choices(FIREWALL_FORMATS).default('nftables'))
    .option('--vault-password-file <file>', 'password of vaulted variables')
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run({ inventory, format, vaultPasswordFile }: FirewallArguments): Promise<void> {
  const { plan } = await preparePlan({ inventoryPath: inventory, vaultPasswordFile })
  refuseUnknownAddresses(plan.hosts)
  const members = membersOf(plan.clusterName, plan.hosts)
  printText(renderFirewall(members, format))
  const rules = members.sources.length * members.ports.length
  if ((format === 'aws' || format === 'terraform') && rules > AWS_RULES_MAX) {
    printNotice(
      `warning: ${rules} rules, and a security group takes ${AWS_RULES_MAX} by default: raise that quota, or let the group name itself as source`,
    )
  }
}

/** What leaves a member out would shut it out, or hide it. */
export function refuseUnknownAddresses(hosts: readonly PlannedHost[]): void {
  const unknown = hosts.filter(({ underlayAddresses }) => underlayAddresses.length === 0).map(({ name }) => name)
  if (unknown.length === 0) return
  const cause = `the underlay addresses of ${unknown.join(', ')} are to be chosen on the hosts, which were not asked yet`
  throw new UserError(
    { cause, remedy: "run 'weave-provision up' first, or set weave_underlay_address" },
    EXIT_CODES.badInput,
  )
}
