import { type Command, Option } from 'commander'
import { isAddressWord } from '../../agent/containers/address-wish.ts'
import { EXPOSED_ID } from '../../agent/containers/exposing.ts'
import { formatAttached, listAttached } from '../../agent/containers/overview.ts'
import { formatIpOnNetwork, type IpOnNetwork } from '../../base/ip-address.ts'
import { UserError } from '../../base/user-error.ts'
import { addressLine, containerTools, requireRouter, wishesOf } from './container-tools.ts'
import type { CommandContext } from './context.ts'
import { AS_JSON, type FormatOptions, printAs } from './report.ts'

interface AttachOptions extends FormatOptions {
  readonly withoutDns?: boolean
  readonly rewriteHosts?: boolean
  readonly multicastRoute: boolean
  readonly addHost?: readonly string[]
}

const ADDRESSES = 'addresses and the container: [10.2.1.1/24 | net:10.2.1.0/24 | net:default]... CONTAINER'

/** Commands that give running containers, and the host itself, addresses on the overlay. */
export function registerContainerCommands(program: Command, context: CommandContext): void {
  program
    .command('attach')
    .description('give a running container an interface on the overlay')
    .argument('<address|container...>', ADDRESSES)
    .option('--without-dns', 'register no name')
    .option('--rewrite-hosts', 'put its names and addresses into its /etc/hosts; --add-host does so too')
    .option('--no-rewrite-hosts', 'leave its /etc/hosts as Docker made it: the default')
    .option('--no-multicast-route', 'send its multicast elsewhere')
    .addOption(
      // One word each time: the next may be an address or the container.
      new Option('--add-host <name:ip>', 'another line for its /etc/hosts, each time').argParser(
        (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
      ),
    )
    .option(...AS_JSON)
    .action((words: string[], options: AttachOptions) => attach(context, words, options))
  program
    .command('detach')
    .description('take addresses from a running container, and its interface with the last')
    .argument('<address|container...>', ADDRESSES)
    .option(...AS_JSON)
    .action((words: string[], options: FormatOptions) => detach(context, words, options))
  program
    .command('ps')
    .description('list the containers on the overlay, and the host itself: id, MAC address, addresses')
    .argument('[containers...]', 'only these; weave:expose is the host')
    .option(...AS_JSON)
    .action(async (containers: string[], options: FormatOptions) => {
      const { docker, hasDocker, bridge } = containerTools(context)
      const wanted = hasDocker || containers.length > 0 ? containers : [EXPOSED_ID]
      const attached = await listAttached(docker, bridge, wanted)
      printAs(options, attached, formatAttached(attached))
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
    rewriteHosts: options.rewriteHosts ?? options.addHost !== undefined,
    dns: options.withoutDns !== true,
    extraHosts: options.addHost ?? [],
  })
  show(given, options)
}

async function detach(context: CommandContext, words: readonly string[], options: FormatOptions): Promise<void> {
  const { addresses, container } = splitWords(words)
  const wishes = wishesOf(addresses)
  await requireRouter(context)
  show(await containerTools(context).attaching.detach(container, wishes), options)
}

export function show(addresses: readonly IpOnNetwork[], options: FormatOptions): void {
  printAs(options, addresses.map(formatIpOnNetwork), addressLine(addresses))
}
