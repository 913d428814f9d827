import { rmSync } from 'node:fs'
import type { Command } from 'commander'
import { DEFAULT_BRIDGE, isProvisioned } from '../../agent/host/load-host.ts'
import { isRouterRunning } from '../../agent/http/control-client.ts'
import { removeBridge } from '../../agent/linux/bridge.ts'
import { UserError } from '../../base/user-error.ts'
import { containerTools } from './container-tools.ts'
import type { CommandContext } from './context.ts'

/** Weave row CLI-21: the host as if it had never been launched. */
export function registerResetCommand(
  program: Command,
  context: CommandContext,
  stop: (context: CommandContext) => Promise<void>,
): void {
  program
    .command('reset')
    .description('stop the router, and remove its bridge and all it remembers: key, password, peers')
    .option('--force', 'accepted for scripts written for Weave; changes nothing')
    .action(async () => {
      if (isProvisioned(context.paths)) {
        throw new UserError({
          cause: 'this host was provisioned: its state belongs to its cluster',
          remedy: 'run `weave-provision down` on the control machine',
        })
      }
      if (await isRouterRunning(context.paths.controlSocket)) await stop(context)
      containerTools(context).guard.remove()
      removeBridge(DEFAULT_BRIDGE)
      rmSync(context.paths.state, { recursive: true, force: true })
    })
}
