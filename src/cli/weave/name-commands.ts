import { Resolver } from 'node:dns/promises'
import type { Command } from 'commander'
import { GivenNames } from '../../agent/containers/given-names.ts'
import { nameArguments } from '../../agent/containers/run-words.ts'
import { DockerClient, dockerSocket } from '../../agent/docker/docker-client.ts'
import { containerStopped } from '../../agent/docker/docker-error.ts'
import type { ContainerDetails } from '../../agent/docker/docker-shapes.ts'
import { AddressClient } from '../../agent/http/address-client.ts'
import { askRouter } from '../../agent/http/control-client.ts'
import { hasProgram, runCommand } from '../../agent/linux/run-command.ts'
import { formatIpNetwork, parseIpAddress, parseIpNetwork } from '../../base/ip-address.ts'
import { UserError } from '../../base/user-error.ts'
import type { CommandContext } from './context.ts'
import { AS_JSON, type FormatOptions, print, printAs } from './report.ts'
import { findNameServer } from './run-commands.ts'

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
    .description('print what `docker run` needs for a container to find names and to have one')
    .argument('[words...]', 'what `docker run` is given: --name NAME, --hostname NAME, --dns-search DOMAIN')
    .option(...AS_JSON)
    .helpOption('--help', 'display help for command')
    .allowUnknownOption()
    .passThroughOptions()
    .action((words: string[], options: FormatOptions) => showArguments(context, words, options))
  program
    .command('add-range')
    .description('hand out addresses of more ranges, on all hosts, at once and after each restart')
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
      const taken: object[] = []
      for (const peer of peers) {
        const said = await ask(context, 'DELETE', `/peer/${encodeURIComponent(peer)}`)
        taken.push({ peer, addresses: Number.parseInt(said, 10) })
        if (options.json !== true) print(said)
      }
      if (options.json === true) printAs(options, taken, '')
    })
}

function networkIn(text: string): string {
  const range = parseIpNetwork(text)
  if (range.ok) return formatIpNetwork(range.value)
  throw usage(range.error, 'give a network in CIDR form, as 10.48.0.0/16')
}

async function addNames(context: CommandContext, words: readonly string[], options: NameOptions): Promise<void> {
  const { addresses, container } = await understand(context, words)
  if (container?.isRunning === false) throw containerStopped(container.name)
  const id = container?.id ?? EXTERN
  const fqdn = options.hostname ?? ownName(container)
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
  if (id !== EXTERN) new GivenNames(context.paths.state).add(id, fqdn, addresses)
}

async function removeNames(context: CommandContext, words: readonly string[], options: NameOptions): Promise<void> {
  const { addresses, container } = await understand(context, words)
  const { hostname: fqdn } = options
  // Names that are no container's are many people's: they go one by one.
  if (container === undefined && (addresses.length === 0 || fqdn === undefined))
    throw usage('it is not said which names', 'give a container, or addresses and -h NAME')
  const id = container?.id ?? EXTERN
  const query = fqdn === undefined ? '' : `?${new URLSearchParams({ fqdn })}`
  for (const place of addresses.length === 0 ? [''] : addresses.map(address => `/${address}`)) {
    await ask(context, 'DELETE', `/name/${id}${place}${query}`)
  }
  if (id !== EXTERN) new GivenNames(context.paths.state).remove(id, fqdn, addresses)
}

/** A container, addresses, or both; those without a container are nobody's (`weave:extern`). */
async function understand(context: CommandContext, words: readonly string[]) {
  const isAddress = (word: string) => parseIpAddress(word).ok
  const addresses = words.filter(isAddress)
  const [container, ...others] = words.filter(word => !isAddress(word))
  if (others.length > 0) throw usage(`'${others[0]}' is one word too many`, 'give addresses and one container at most')
  const docker = new DockerClient(dockerSocket(context.root, process.env))
  const isOne = container !== undefined && container !== EXTERN
  return { addresses, container: isOne ? await docker.inspect(container) : undefined }
}

function ownName(container: ContainerDetails | undefined): string | undefined {
  return container === undefined || container.domain === '' ? undefined : `${container.hostname}.${container.domain}`
}

async function addressesOf(context: CommandContext, id: string): Promise<readonly string[]> {
  const leases = (await ask(context, 'GET', `/ip/${id}`)).trim()
  return leases === '' ? [] : leases.split(/\s+/).map(lease => lease.replace(/\/.*$/, ''))
}

/** Through `dig`, as the original did, where the host has it: what is printed is what a resolver sees. */
async function lookUp(context: CommandContext, name: string, options: FormatOptions): Promise<void> {
  const place = (await ask(context, 'GET', '/dns-address-port')).trim()
  const [, ip = '', port = ''] = /^(.*):(\d+)$/.exec(place) ?? []
  const found = hasProgram('dig')
    ? runCommand(['dig', '+short', '+tries=1', '-p', port, `@${ip}`, name])
    : await resolve(name, ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)
  printAs(options, wordsOf(found), found)
}

async function resolve(name: string, server: string): Promise<string> {
  const resolver = new Resolver({ tries: 1 })
  resolver.setServers([server])
  try {
    const addresses = await resolver.resolve4(name)
    return addresses.map(address => `${address}\n`).join('')
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    // As `dig +short` has it: no answer is no line.
    if (['ENOTFOUND', 'ENODATA', 'ESERVFAIL', 'EREFUSED'].includes(code)) return ''
    throw new UserError({
      cause: `${server} does not answer: ${code}`,
      remedy: 'see `weave status` and `weave status dns`',
    })
  }
}

/** Empty while no names are answered. */
async function showArguments(context: CommandContext, given: readonly string[], options: FormatOptions): Promise<void> {
  const isWanted = !given.includes('--without-dns')
  const nameServer = isWanted ? await findNameServer(new AddressClient(context.paths.controlSocket)) : undefined
  const words = nameArguments(given, nameServer && { ...nameServer, search: `${nameServer.domain}.` })
  printAs(options, words, words.length === 0 ? '' : `${words.join(' ')}\n`)
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter(word => word !== '')
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

/** The original ended with 1 after wrong usage. */
function usage(cause: string, remedy: string): UserError {
  return new UserError({ cause, remedy })
}
