import type { Command } from 'commander'
import { DockerClient, dockerSocket } from '../../agent/docker/docker-client.ts'
import { askRouter } from '../../agent/http/control-client.ts'
import { ControlError } from '../../agent/http/control-error.ts'
import { runCommand } from '../../agent/linux/run-command.ts'
import { formatIpNetwork, parseIpAddress, parseIpNetwork } from '../../base/ip-address.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import type { CommandContext } from './context.ts'
import { AS_JSON, type FormatOptions, printAs } from './report.ts'

/** Owner of names that are no container's (Weave row CLI-10). They are kept over restarts. */
const EXTERN = 'weave:extern'

interface NameOptions {
  readonly hostname?: string
  readonly cname?: string
  readonly txt?: string
  readonly srv?: string
}

/** Names, and the address space of lost peers (Weave rows CLI-10 to CLI-13, CLI-20). */
export function registerNameCommands(program: Command, context: CommandContext): void {
  const named = (name: string, text: string) =>
    program
      .command(name)
      .description(text)
      .argument('[words...]', '[ADDRESS...] [CONTAINER]')
      .option('-h, --hostname <fqdn>', 'the name, within the domain')
      .helpOption('--help', 'display help for command')
  named('dns-add', 'give a container, or an address that is no container’s, a name')
    .option('--cname <name>', 'an alias of that name, in place of addresses')
    .option('--txt <text>', 'a text, in place of addresses')
    .option('--srv <record>', "a service, 'PRIORITY WEIGHT PORT TARGET', in place of addresses")
    .action((words: string[], options: NameOptions) => addNames(context, words, options))
  named('dns-remove', 'take names away').action((words: string[], options: NameOptions) =>
    removeNames(context, words, options),
  )
  program
    .command('dns-lookup')
    .description('ask the router’s name server for a name')
    .argument('<name>')
    .option(...AS_JSON)
    .action((name: string, options: FormatOptions) => lookUp(context, name, options))
  program
    .command('dns-args')
    .description('print what `docker run` needs for containers to find names')
    .option(...AS_JSON)
    .action((options: FormatOptions) => showArguments(context, options))
  program
    .command('add-range')
    .description('hand out addresses of more ranges, at once and after each restart; say it on every host')
    .argument('<ranges...>', '10.48.0.0/16 or fd00:48::/64')
    .action(async (ranges: string[]) => {
      for (const range of ranges) await ask(context, 'PUT', `/ipam/range/${networkIn(range)}`)
    })
  program
    .command('rmpeer')
    .description('take over the address space of peers that are dead for good')
    .argument('<peers...>', 'nicknames or peer names')
    .option(...AS_JSON)
    .action(async (peers: string[], options: FormatOptions) => {
      for (const peer of peers) {
        const said = await ask(context, 'DELETE', `/peer/${encodeURIComponent(peer)}`)
        printAs(options, { peer, addresses: Number.parseInt(said, 10) }, said)
      }
    })
}

function networkIn(text: string): string {
  const range = parseIpNetwork(text)
  if (range.ok) return formatIpNetwork(range.value)
  throw usage(range.error, 'give a network in CIDR form, as 10.48.0.0/16')
}

async function addNames(context: CommandContext, words: readonly string[], options: NameOptions): Promise<void> {
  const { addresses, id, fqdn } = await understand(context, words, options)
  if (fqdn === undefined) throw usage('no name is given', 'give it with -h NAME')
  const record = (['cname', 'txt', 'srv'] as const).find(kind => options[kind] !== undefined)
  if (record !== undefined) {
    const body = new URLSearchParams({ fqdn, [record]: options[record] ?? '' })
    return void (await ask(context, 'PUT', `/name/${id}`, body))
  }
  const all = addresses.length > 0 ? addresses : await addressesOf(context, id)
  if (all.length === 0)
    throw usage(`'${id}' has no address of the overlay`, 'give the address, or attach the container first')
  for (const address of all) await ask(context, 'PUT', `/name/${id}/${address}`, new URLSearchParams({ fqdn }))
}

async function removeNames(context: CommandContext, words: readonly string[], options: NameOptions): Promise<void> {
  const { addresses, id, fqdn } = await understand(context, words, options)
  const query = fqdn === undefined ? '' : `?${new URLSearchParams({ fqdn })}`
  for (const place of addresses.length === 0 ? [''] : addresses.map(address => `/${address}`)) {
    await ask(context, 'DELETE', `/name/${id}${place}${query}`)
  }
}

async function understand(context: CommandContext, words: readonly string[], { hostname }: NameOptions) {
  const isAddress = (word: string) => parseIpAddress(word).ok
  const addresses = words.filter(isAddress)
  const [container, ...others] = words.filter(word => !isAddress(word))
  if (others.length > 0) throw usage(`'${others[0]}' is one word too many`, 'give addresses and one container at most')
  const docker = new DockerClient(dockerSocket(context.root, process.env))
  const found = container === undefined || container === EXTERN ? undefined : await docker.find(container)
  if (container !== undefined && container !== EXTERN && found === undefined) {
    throw usage(`there is no container '${container}'`, 'see `docker ps -a`')
  }
  const own = found === undefined || found.domain === '' ? undefined : `${found.hostname}.${found.domain}`
  return { addresses, id: found?.id ?? EXTERN, fqdn: hostname ?? own }
}

async function addressesOf(context: CommandContext, id: string): Promise<readonly string[]> {
  const leases = (await ask(context, 'GET', `/ip/${id}`)).trim()
  return leases === '' ? [] : leases.split(/\s+/).map(lease => lease.replace(/\/.*$/, ''))
}

/** Through `dig`, as the original did: what it prints is what a resolver sees. */
async function lookUp(context: CommandContext, name: string, options: FormatOptions): Promise<void> {
  const place = (await ask(context, 'GET', '/dns-address-port')).trim()
  const [, ip = '', port = ''] = /^(.*):(\d+)$/.exec(place) ?? []
  const found = runCommand(['dig', '+short', '+tries=1', '-p', port, `@${ip}`, name])
  printAs(options, wordsOf(found), found)
}

/** Empty while no names are answered. */
async function showArguments(context: CommandContext, options: FormatOptions): Promise<void> {
  const [ip, domain] = await Promise.all([
    askRouter(context.paths.controlSocket, { path: '/dns-address' }).catch(absent),
    askRouter(context.paths.controlSocket, { path: '/domain' }).catch(absent),
  ])
  const words = ip === '' ? '' : `--dns=${ip.trim()} --dns-search=${domain.trim().replace(/\.$/, '')}.\n`
  printAs(options, wordsOf(words), words)
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter(word => word !== '')
}

/** A router that answers no names has no such page. */
function absent(error: unknown): string {
  if (error instanceof ControlError && error.condition === 'notThere') return ''
  throw error
}

function ask(
  context: CommandContext,
  method: 'GET' | 'PUT' | 'DELETE',
  path: string,
  body?: URLSearchParams,
): Promise<string> {
  const wish = { method, path, timeoutMs: 90_000 }
  return askRouter(context.paths.controlSocket, body === undefined ? wish : { ...wish, body })
}

function usage(cause: string, remedy: string): UserError {
  return new UserError({ cause, remedy }, EXIT_CODES.badInput)
}
