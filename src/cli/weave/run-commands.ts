import type { Command } from 'commander'
import type { AttachWish } from '../../agent/containers/attaching.ts'
import { dockerRunArguments, type NameServer, type RunWords, splitRunWords } from '../../agent/containers/run-words.ts'
import { runDocker } from '../../agent/docker/docker-program.ts'
import type { AddressClient } from '../../agent/http/address-client.ts'
import { UserError } from '../../base/user-error.ts'
import { containerTools, requireRouter, wishesOf } from './container-tools.ts'
import type { CommandContext } from './context.ts'
import { print } from './report.ts'

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
  const { attaching, addresses } = containerTools(context)
  const id = runDocker(dockerRunArguments(words, words.withDns ? await findNameServer(addresses) : undefined))
  print(`${id}\n`)
  await attaching.attach(id, wish)
}

async function startAgain(context: CommandContext, verb: 'start' | 'restart', given: readonly string[]): Promise<void> {
  const words = splitRunWords(given)
  const wish = wishOf(words)
  await requireRouter(context)
  const { attaching, docker } = containerTools(context)
  const { id } = await docker.inspect(words.rest.at(-1) ?? '')
  const printed = runDocker([verb, ...words.rest])
  const again = words.addresses.length === 0 ? await attaching.attachAgain(id) : undefined
  if (again === undefined) await attaching.attach(id, wish)
  print(`${printed}\n`)
}

function wishOf(words: RunWords): AttachWish {
  const { multicastRoute, rewriteHosts, withDns, extraHosts } = words
  return { wishes: wishesOf(words.addresses), multicastRoute, rewriteHosts, dns: withDns, extraHosts }
}

/** Undefined when the router answers no names. */
async function findNameServer(addresses: AddressClient): Promise<NameServer | undefined> {
  const [address, [domain]] = await Promise.all([addresses.nameServer(), addresses.domains()])
  return address === undefined || domain === undefined ? undefined : { address, domain }
}
