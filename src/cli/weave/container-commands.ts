import type { Command } from 'commander'
import { isAddressWord } from '../../agent/containers/address-wish.ts'
import { formatAttached, listAttached } from '../../agent/containers/overview.ts'
import { formatInterfaceAddress, type InterfaceAddress } from '../../base/cidr.ts'
import { UserError } from '../../base/user-error.ts'
import { addressLine, containerTools, requireRouter, wishesOf } from './container-tools.ts'
import type { CommandContext } from './context.ts'
import { print } from './report.ts'

interface AttachOptions {
  readonly withoutDns?: boolean
  readonly rewriteHosts: boolean
  readonly multicastRoute: boolean
  readonly addHost?: readonly string[]
  readonly json?: boolean
}

const ADDRESSES = 'addresses and the container: [10.2.1.1/24 | net:10.2.1.0/24 | net:default]... CONTAINER'

/** Commands that give running containers, and the host itself, addresses on the overlay. */
export function registerContainerCommands(program: Command, context: CommandContext): void {
  program
    .command('attach')
    .description('give a running container an interface on the overlay')
    .argument('<address|container...>', ADDRESSES)
    .option('--without-dns', 'register no name')
    .option('--rewrite-hosts', 'put its names and addresses into its /etc/hosts: the default')
    .option('--no-rewrite-hosts', 'leave its /etc/hosts as Docker made it')
    .option('--no-multicast-route', 'send its multicast elsewhere')
    .option('--add-host <name:ip...>', 'another line for its /etc/hosts')
    .option('--json', 'as JSON')
    .action((words: string[], options: AttachOptions) => attach(context, words, options))
  program
    .command('detach')
    .description('take addresses from a running container, and its interface with the last')
    .argument('<address|container...>', ADDRESSES)
    .option('--json', 'as JSON')
    .action((words: string[], options: { json?: boolean }) => detach(context, words, options.json === true))
  program
    .command('ps')
    .description('list the containers on the overlay, and the host itself: id, MAC address, addresses')
    .argument('[containers...]', 'only these; weave:expose is the host')
    .option('--json', 'as JSON')
    .action(async (containers: string[], options: { json?: boolean }) => {
      const { docker, bridge } = containerTools(context)
      const attached = await listAttached(docker, bridge, containers)
      print(options.json === true ? `${JSON.stringify(attached)}\n` : formatAttached(attached))
    })
}

/** The last word is the container, those before it are addresses. */
export function splitWords(words: readonly string[]): {
  readonly addresses: readonly string[]
  readonly container: string
} {
  const container = words.at(-1) ?? ''
  const addresses = words.slice(0, -1)
  const remedy = 'name one container, after its addresses'
  if (container === '' || isAddressWord(container)) throw new UserError({ cause: 'no container is named', remedy })
  const stray = addresses.find(word => !isAddressWord(word))
  if (stray !== undefined) throw new UserError({ cause: `'${stray}' is not an address`, remedy })
  return { addresses, container }
}

async function attach(context: CommandContext, words: readonly string[], options: AttachOptions): Promise<void> {
  const { addresses, container } = splitWords(words)
  const wishes = wishesOf(addresses)
  await requireRouter(context)
  const given = await containerTools(context).attaching.attach(container, {
    wishes,
    multicastRoute: options.multicastRoute,
    rewriteHosts: options.rewriteHosts !== false,
    dns: options.withoutDns !== true,
    extraHosts: options.addHost ?? [],
  })
  show(given, options.json === true)
}

async function detach(context: CommandContext, words: readonly string[], asJson: boolean): Promise<void> {
  const { addresses, container } = splitWords(words)
  const wishes = wishesOf(addresses)
  await requireRouter(context)
  show(await containerTools(context).attaching.detach(container, wishes), asJson)
}

export function show(addresses: readonly InterfaceAddress[], asJson: boolean): void {
  print(asJson ? `${JSON.stringify(addresses.map(formatInterfaceAddress))}\n` : addressLine(addresses))
}
