import { readdirSync, rmSync } from 'node:fs'
import type { Command } from 'commander'
import { tapNameOf, vxlanNameOf } from '../../agent/datapath/bridge-port.ts'
import { DEFAULT_BRIDGE, isProvisioned } from '../../agent/host/load-host.ts'
import { isRouterRunning } from '../../agent/http/control-client.ts'
import { removeBridge } from '../../agent/linux/bridge.ts'
import { removeFirewall } from '../../agent/linux/host-firewall.ts'
import { deleteDevice } from '../../agent/linux/ip-commands.ts'
import { tryCommand } from '../../agent/linux/run-command.ts'
import { UserError } from '../../base/user-error.ts'
import { containerTools } from './container-tools.ts'
import type { CommandContext } from './context.ts'
import { warn } from './report.ts'

const DOCKER_NETWORK = 'weave'

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
      const { docker, guard } = containerTools(context)
      if (await isRouterRunning(context.paths.controlSocket)) {
        // While the plugin answers: Docker asks it to take its part away.
        await docker.removeNetwork(DOCKER_NETWORK).catch(tellOfNetwork)
        await stop(context)
      }
      guard.remove()
      removeFirewall()
      for (const device of devicesOf(DEFAULT_BRIDGE)) tryCommand(deleteDevice(device))
      removeBridge(DEFAULT_BRIDGE)
      rmSync(context.paths.state, { recursive: true, force: true })
    })
}

/** The router's own, and the ends of containers' pairs on this host. */
function devicesOf(bridge: string): readonly string[] {
  const own = [tapNameOf(bridge), vxlanNameOf(bridge)]
  return readdirSync('/sys/class/net').filter(name => own.includes(name) || /^vethwe(pl|c|bl)|^vethwl/.test(name))
}

/** Containers may still be on it. */
function tellOfNetwork(cause: unknown): void {
  warn(`Docker's network '${DOCKER_NETWORK}' stays: ${(cause as Error).message}`)
}
