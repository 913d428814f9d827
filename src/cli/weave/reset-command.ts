import { readdirSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { tapNameOf, vxlanNameOf } from '../../agent/datapath/bridge-port.ts'
import { clearTunnel } from '../../agent/fastpath/open-tunnel.ts'
import { loadIdentity } from '../../agent/host/identity.ts'
import { isProvisioned, placeOf } from '../../agent/host/load-host.ts'
import { peerNameOfIdentity } from '../../agent/host/peer-name.ts'
import { askRouter, isRouterRunning } from '../../agent/http/control-client.ts'
import { ControlError } from '../../agent/http/control-error.ts'
import type { PortGuard } from '../../agent/isolation/port-guard.ts'
import { removeBridge } from '../../agent/linux/bridge.ts'
import { deleteDevice } from '../../agent/linux/change-device.ts'
import { removeFirewall } from '../../agent/linux/host-firewall.ts'
import { findDevice } from '../../agent/linux/network-device.ts'
import { UserError } from '../../base/user-error.ts'
import { containerTools } from './container-tools.ts'
import type { CommandContext } from './context.ts'
import { warn } from './report.ts'

const DOCKER_NETWORK = 'weave'
/** What the router says last is on its way to the others for so long at most, as with the original. */
const LAST_WORDS_MS = 500

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
        await leave(context)
        await stop(context)
      }
      const bridge = placeOf(context.paths).bridge.name
      if (isOfAnotherRoot(context, bridge)) tellOfBridge(bridge)
      else await removeNetwork(guard, bridge)
      rmSync(context.paths.state, { recursive: true, force: true })
    })
}

/** Others have its address space at once, and look for its containers no more. */
async function leave({ paths }: CommandContext): Promise<void> {
  for (const path of ['/name', '/peer']) {
    try {
      await askRouter(paths.controlSocket, { method: 'DELETE', path })
    } catch (cause) {
      // Of a router that answers no names, or hands out no addresses.
      if (!(cause instanceof ControlError && cause.condition === 'notThere')) throw cause
    }
  }
  await sleep(LAST_WORDS_MS)
}

/**
 * With a root folder of its own the network may still be the one of the whole host, and its bridge that of the router which keeps its
 * state elsewhere. A bridge has its router's address, made of its key.
 */
function isOfAnotherRoot({ root, paths }: CommandContext, name: string): boolean {
  if (resolve(root) === '/') return false
  const identity = loadIdentity(paths.identityKey)
  const bridge = findDevice(name)
  return bridge !== undefined && (identity === undefined || bridge.mac !== peerNameOfIdentity(identity))
}

function tellOfBridge(bridge: string): void {
  warn(
    `bridge '${bridge}' and its rules stay: they are not of the router under WEAVE_ROOT. To remove them, run \`weave reset\` without it`,
  )
}

async function removeNetwork(guard: Pick<PortGuard, 'remove'>, bridge: string): Promise<void> {
  await guard.remove()
  removeFirewall()
  for (const device of devicesOf(bridge)) deleteDevice(device)
  clearTunnel(bridge)
  removeBridge(bridge)
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
