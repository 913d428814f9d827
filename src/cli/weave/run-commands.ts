import type { Command } from 'commander'
import type { AttachWish } from '../../agent/containers/attaching.ts'
import { dockerRunArguments, type NameServer, type RunWords, splitRunWords } from '../../agent/containers/run-words.ts'
import { runDocker } from '../../agent/docker/docker-program.ts'
import type { AddressClient } from '../../agent/http/address-client.ts'
import { UserError } from '../../base/user-error.ts'
import { containerTools, requireRouter, wishesOf } from './container-tools.ts'
import type { CommandContext } from './context.ts'
import { print, warn } from './report.ts'

const OWN_WORDS = '[--without-dns] [--no-rewrite-hosts] [--no-multicast-route] [ADDRESS...]'

/** Commands of the original's first years: Docker's, and then `attach` (Weave rows OLD-06, OLD-07). */
export function registerRunCommands(program: Command, context: CommandContext): void {
  const define = (name: string, description: string, action: (words: readonly string[]) => Promise<void>) => {
    const command = program.command(name).description(description)
    // Docker's options are not ours to judge: -h is a host name there.
    command.argument('[words...]').helpOption(false).allowUnknownOption().passThroughOptions()
    command.action(async (words: string[]) => {
      if (words.length > 0 && words[0] !== '--help') return action(words)
      print(
        `Usage: weave ${name} ${OWN_WORDS} ${name === 'run' ? 'ARGUMENTS OF DOCKER RUN...' : 'CONTAINER'}\n\n${description}\n`,
      )
      if (words.length === 0) throw new UserError({ cause: 'nothing to do is named', remedy: `weave ${name} --help` })
    })
  }
  define('run', 'run a container in the background, on the overlay; print its id', words => run(context, words))
  define('start', 'start a stopped container, on the overlay', words => startAgain(context, 'start', words))
  define('restart', 'restart a container; it keeps its addresses', words => startAgain(context, 'restart', words))
}

async function run(context: CommandContext, given: readonly string[]): Promise<void> {
  const words = splitRunWords(given)
  const wish = wishOf(words)
  await requireRouter(context)
  const { attaching, addresses, docker } = containerTools(context)
  const id = runDocker(dockerRunArguments(words, words.withDns ? await findNameServer(addresses) : undefined))
  await orElse(attaching.attach(id, wish), () => docker.kill(id))
  print(`${id}\n`)
}

async function startAgain(context: CommandContext, verb: 'start' | 'restart', given: readonly string[]): Promise<void> {
  const words = splitRunWords(given)
  const wish = wishOf(words)
  await requireRouter(context)
  const { attaching, docker } = containerTools(context)
  const { id, isRunning } = await docker.inspect(words.rest.at(-1) ?? '')
  const printed = runDocker([verb, ...words.rest])
  const attach = async () => {
    const again = words.addresses.length === 0 ? await attaching.attachAgain(id) : undefined
    if (again === undefined) await attaching.attach(id, wish)
  }
  await orElse(attach(), async () => isRunning || docker.kill(id))
  print(`${printed}\n`)
}

/** A container that did not run before does not run without its network, as with the original. */
async function orElse(attached: Promise<unknown>, kill: () => Promise<unknown>): Promise<void> {
  try {
    await attached
  } catch (cause) {
    await kill().catch(failure => warn(`the container runs without its network: ${(failure as Error).message}`))
    throw cause
  }
}

function wishOf(words: RunWords): AttachWish {
  const { multicastRoute, rewriteHosts, withDns, extraHosts } = words
  return { wishes: wishesOf(words.addresses), multicastRoute, rewriteHosts, dns: withDns, extraHosts }
}

/** Undefined when the router answers no names. */
export async function findNameServer(addresses: AddressClient): Promise<NameServer | undefined> {
  const [address, [domain]] = await Promise.all([addresses.nameServer(), addresses.domains()])
  return address === undefined || domain === undefined ? undefined : { address, domain }
}
