import type { Command } from 'commander'
import { askRouter } from '../../agent/http/control-client.ts'
import { show } from './container-commands.ts'
import { containerTools, requireRouter, wishesOf } from './container-tools.ts'
import type { CommandContext } from './context.ts'
import { AS_JSON, type FormatOptions, warn } from './report.ts'

const PRIME_TIMEOUT_MS = 120_000

interface ExposeOptions extends FormatOptions {
  readonly hostname?: string
  readonly withoutMasquerade?: boolean
}

/** Commands that bring the host itself onto the overlay. */
export function registerExposeCommands(program: Command, context: CommandContext): void {
  program
    .command('expose')
    .description('give the host itself an address on the overlay; it stays over a restart')
    .argument('[addresses...]', '10.2.1.100/24, net:SUBNET or net:default')
    .option('-h, --hostname <fqdn>', 'a name for it')
    .option('--without-masquerade', 'keep the source of what passes between overlay and outside')
    .option(...AS_JSON)
    .helpOption('--help', 'show help')
    .action(async (words: string[], options: ExposeOptions) => {
      const wishes = wishesOf(words)
      await requireRouter(context)
      const how = { masquerade: options.withoutMasquerade !== true, fqdn: options.hostname ?? '' }
      show(await containerTools(context).exposing.expose(wishes, how), options)
    })
  program
    .command('hide')
    .description('take addresses of the host away from the overlay: those of the default subnet without arguments')
    .argument('[addresses...]', '10.2.1.100/24, net:SUBNET or net:default')
    .option(...AS_JSON)
    .action(async (words: string[], options: FormatOptions) => {
      const wishes = wishesOf(words)
      await requireRouter(context)
      const hidden = await containerTools(context).exposing.hide(wishes)
      if (hidden.length === 0) warn('no such address was exposed: `weave ps weave:expose` shows those that are')
      show(hidden, options)
    })
  program
    .command('prime')
    .description('wait until the router can hand out addresses')
    .action(async () => {
      await askRouter(context.paths.controlSocket, { path: '/ring', timeoutMs: PRIME_TIMEOUT_MS })
    })
}
