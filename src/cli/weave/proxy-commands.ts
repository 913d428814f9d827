import type { Command } from 'commander'
import { askRouter, isRouterRunning } from '../../agent/http/control-client.ts'
import { UserError } from '../../base/user-error.ts'
import { requireRouter } from './container-tools.ts'
import type { CommandContext } from './context.ts'
import { addProxyOptions, type ProxyOptions, prepareProxy, switchProxyOff } from './proxy-options.ts'
import { AS_JSON, type FormatOptions, print, printAs } from './report.ts'

/** Commands whose output a shell takes in (Weave rows CLI-14, CLI-15). */
export function registerProxyCommands(program: Command, context: CommandContext): void {
  program
    .command('env')
    .description('print what makes docker use the proxy: eval $(weave env)')
    .option('--restore', 'what makes it use Docker itself again')
    .option(...AS_JSON)
    .action(async (options: FormatOptions & { restore?: boolean }) => {
      if (options.restore === true) return print(restoreText(process.env))
      const host = await proxyHost(context)
      const before = process.env.DOCKER_HOST === host ? process.env.ORIG_DOCKER_HOST : process.env.DOCKER_HOST
      const variables = { DOCKER_HOST: host, ORIG_DOCKER_HOST: before ?? '' }
      printAs(options, variables, `export DOCKER_HOST=${host} ORIG_DOCKER_HOST=${quote(before ?? '')}\n`)
    })
  const launch = program
    .command('launch-proxy')
    .description(
      'start the proxy in front of Docker again, with other settings: a part of the router, which runs already',
    )
  addProxyOptions(launch).action(async (options: ProxyOptions) => {
    await requireRouter(context)
    prepareProxy(context, options)
    await renewProxy(context)
  })
  program
    .command('stop-proxy')
    .description('stop the proxy in front of Docker, until it or the router is launched again')
    .action(async () => {
      await requireRouter(context)
      switchProxyOff(context)
      await renewProxy(context)
    })
  program
    .command('config')
    .description('print the option that makes one docker command use the proxy: docker $(weave config) run …')
    .option(...AS_JSON)
    .action(async (options: FormatOptions) => {
      const option = `-H=${await proxyHost(context)}`
      printAs(options, [option], `${option}\n`)
    })
}

async function renewProxy({ paths }: CommandContext): Promise<void> {
  await askRouter(paths.controlSocket, { method: 'POST', path: '/proxy' })
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
