import type { Command } from 'commander'
import { isRouterRunning } from '../../agent/http/control-client.ts'
import { UserError } from '../../base/user-error.ts'
import type { CommandContext } from './context.ts'
import { print } from './report.ts'

/** Commands whose output a shell takes in (Weave rows CLI-14, CLI-15). */
export function registerProxyCommands(program: Command, context: CommandContext): void {
  program
    .command('env')
    .description('print what makes docker use the proxy: eval $(weave env)')
    .option('--restore', 'what makes it use Docker itself again')
    .action(async (options: { restore?: boolean }) => {
      if (options.restore === true) return print(restoreText(process.env))
      const host = await proxyHost(context)
      const before = process.env.DOCKER_HOST === host ? process.env.ORIG_DOCKER_HOST : process.env.DOCKER_HOST
      print(`export DOCKER_HOST=${host} ORIG_DOCKER_HOST=${quote(before ?? '')}\n`)
    })
  program
    .command('config')
    .description('print the option that makes one docker command use the proxy: docker $(weave config) run …')
    .action(async () => print(`-H=${await proxyHost(context)}\n`))
}

async function proxyHost({ paths }: CommandContext): Promise<string> {
  if (await isRouterRunning(paths.proxySocket)) return `unix://${paths.proxySocket}`
  throw new UserError({
    cause: 'the proxy for Docker is not running',
    remedy: 'start the router with `weave launch`, as root',
  })
}

export function restoreText(environment: { readonly ORIG_DOCKER_HOST?: string | undefined }): string {
  const before = environment.ORIG_DOCKER_HOST
  if (before === undefined) {
    throw new UserError({ cause: 'there is nothing to restore', remedy: 'run `eval $(weave env)` first' })
  }
  const restored = before === '' ? 'unset DOCKER_HOST' : `export DOCKER_HOST=${quote(before)}`
  return `${restored}; unset ORIG_DOCKER_HOST\n`
}

/** Plain words as they are; all else so that a shell takes it as one word. */
function quote(text: string): string {
  return /^[\w:/.@%+=,-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
