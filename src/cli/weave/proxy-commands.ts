import type { Command } from 'commander'
import { askRouter, isRouterRunning } from '../../agent/http/control-client.ts'
import { UserError } from '../../base/user-error.ts'
import { requireRouter } from './container-tools.ts'
import type { CommandContext } from './context.ts'
import { addHistoricFlags, answerHistoricFlags, type HistoricFlag } from './historic-flags.ts'
import { addProxyOptions, type ProxyOptions, prepareProxy, switchProxyOff } from './proxy-options.ts'
import { AS_JSON, type FormatOptions, printAs, warn } from './report.ts'

const PART = 'the proxy is a part of the router: give it to `weave launch`'

/** Of the time when the proxy was a container of its own (Weave rows OLD-04, OLD-09). */
const OF_A_CONTAINER: readonly HistoricFlag[] = [
  { flags: '--no-restart', reason: 'the host’s init system starts the router again, and with it the proxy' },
  { flags: '--log-level <level>', reason: PART },
  { flags: '--docker-api <endpoint>', reason: PART },
]

/** Commands whose output a shell takes in (Weave rows CLI-14, CLI-15). */
export function registerProxyCommands(program: Command, context: CommandContext): void {
  program
    .command('env')
    .description('print what makes docker use the proxy: eval $(weave env)')
    .option('--restore', 'what makes it use Docker itself again')
    .option(...AS_JSON)
    .action(async (options: FormatOptions & { restore?: boolean }) => {
      if (options.restore === true)
        return printAs(options, { DOCKER_HOST: hostBefore(process.env) || null }, restoreText(process.env))
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
  addHistoricFlags(addProxyOptions(launch), OF_A_CONTAINER).action(async (options: ProxyOptions) => {
    answerHistoricFlags({ ...options }, OF_A_CONTAINER)
    await requireRouter(context)
    prepareProxy(context, options)
    await renewProxy(context)
  })
  program
    .command('stop-proxy')
    .description('stop the proxy in front of Docker, until it or the router is launched again')
    .action(async () => {
      await requireRouter(context)
      warnOfProxy(context)
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
  const isRouterThere = await isRouterRunning(paths.controlSocket)
  throw new UserError({
    cause: 'the proxy for Docker is not running',
    remedy: isRouterThere ? 'start it with `weave launch-proxy`' : 'start the router with `weave launch`, as root',
  })
}

/** Before the proxy ends: a shell that was told of it finds no Docker there any more. */
export function warnOfProxy({ paths }: CommandContext, environment: NodeJS.ProcessEnv = process.env): void {
  if (environment.DOCKER_HOST === `unix://${paths.proxySocket}`)
    warn('DOCKER_HOST still points at the proxy: run `eval $(weave env --restore)`')
}

interface FormerHost {
  readonly ORIG_DOCKER_HOST?: string | undefined
}

/** '' for Docker's own socket. */
function hostBefore({ ORIG_DOCKER_HOST: before }: FormerHost): string {
  if (before !== undefined) return before
  throw new UserError({ cause: 'there is nothing to restore', remedy: 'run `eval $(weave env)` first' })
}

export function restoreText(environment: FormerHost): string {
  const before = hostBefore(environment)
  const restored = before === '' ? 'unset DOCKER_HOST' : `export DOCKER_HOST=${quote(before)}`
  return `${restored}; unset ORIG_DOCKER_HOST\n`
}

/** Plain words as they are; all else so that a shell takes it as one word. */
function quote(text: string): string {
  return /^[\w:/.@%+=,-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
