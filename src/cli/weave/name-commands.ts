import type { Command } from 'commander'
import { DockerClient, dockerSocket } from '../../agent/docker/docker-client.ts'
import { askRouter } from '../../agent/http/control-client.ts'
import { ControlError } from '../../agent/http/control-error.ts'
import { runCommand } from '../../agent/linux/run-command.ts'
import { parseIpAddress } from '../../base/ip-address.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import type { CommandContext } from './context.ts'
import { print } from './report.ts'

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
    .action((name: string) => lookUp(context, name))
  program
    .command('dns-args')
    .description('print what `docker run` needs for containers to find names')
    .action(() => showArguments(context))
  program
    .command('rmpeer')
    .description('take over the address space of peers that are dead for good')
    .argument('<peers...>', 'nicknames or peer names')
    .action(async (peers: string[]) => {
      for (const peer of peers) print(await ask(context, 'DELETE', `/peer/${encodeURIComponent(peer)}`))
    })
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
async function lookUp(context: CommandContext, name: string): Promise<void> {
  const place = (await ask(context, 'GET', '/dns-address-port')).trim()
  const [, ip = '', port = ''] = /^(.*):(\d+)$/.exec(place) ?? []
  print(runCommand(['dig', '+short', '+tries=1', '-p', port, `@${ip}`, name]))
}

/** Empty while no names are answered. */
async function showArguments(context: CommandContext): Promise<void> {
  const [ip, domain] = await Promise.all([
    askRouter(context.paths.controlSocket, { path: '/dns-address' }).catch(absent),
    askRouter(context.paths.controlSocket, { path: '/domain' }).catch(absent),
  ])
  if (ip !== '') print(`--dns=${ip.trim()} --dns-search=${domain.trim().replace(/\.$/, '')}.\n`)
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
