import type { Command } from 'commander'
import { showAddresses } from '../../agent/containers/interface-commands.ts'
import { parseDevices } from '../../agent/containers/namespace-devices.ts'
import { DockerGone } from '../../agent/docker/docker-error.ts'
import { DEFAULT_DOCKER_BRIDGE, loadFeatures } from '../../agent/host/feature-settings.ts'
import { ensureIdentity, loadIdentity } from '../../agent/host/identity.ts'
import { placeOf } from '../../agent/host/load-host.ts'
import { peerNameOfIdentity } from '../../agent/host/peer-name.ts'
import { ensureBridge, joinBridges } from '../../agent/linux/bridge.ts'
import { findDevice } from '../../agent/linux/network-device.ts'
import { runCommand } from '../../agent/linux/run-command.ts'
import { formatIpAddress, isIpv4 } from '../../base/ip-address.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { containerTools } from './container-tools.ts'
import type { CommandContext } from './context.ts'
import { AS_JSON, type FormatOptions, printAs } from './report.ts'

/** Commands that need no router: they run while the host boots. */
export function registerHostCommands(program: Command, context: CommandContext): void {
  program
    .command('create-bridge')
    .description('make the bridge, if it is not there; needs neither Docker nor the router')
    .option('--mtu <bytes>', 'its MTU', parseMtu)
    .option('--force', 'accepted for scripts written for Weave; changes nothing')
    .action(options => createBridge(context, options.mtu))
  program
    .command('attach-bridge')
    .description("join another bridge of this host, Docker's by default, to the overlay")
    .argument('[bridge]', 'the other bridge')
    .action((other = dockerBridgeOf(context)) => joinBridges(placeOf(context.paths).bridge.name, other))
  program
    .command('bridge-type')
    .description('print what kind of bridge there is: the kernel’s')
    .option(...AS_JSON)
    .action((options: FormatOptions) => {
      const isThere = findDevice(placeOf(context.paths).bridge.name)?.kind === 'bridge'
      printAs(options, { type: isThere ? 'bridge' : null }, isThere ? 'bridge\n' : '')
    })
  program
    .command('docker-bridge-ip')
    .description('print the address of Docker’s own bridge')
    .option(...AS_JSON)
    .action(async (options: FormatOptions) => {
      const bridge = toldBridgeOf(context) ?? (await bridgeOfDocker(context)) ?? DEFAULT_DOCKER_BRIDGE
      // Node leaves out a bridge without a carrier, as Docker's is until the first container runs.
      const docker = parseDevices(runCommand(showAddresses())).find(({ name }) => name === bridge)
      const found = docker?.addresses.find(({ address }) => isIpv4(address))
      const remedy = `start Docker; if its bridge is called otherwise, give \`weave launch --docker-bridge\` its name`
      if (found === undefined) throw new UserError({ cause: `there is no ${bridge} with an address`, remedy })
      const address = formatIpAddress(found.address)
      printAs(options, { address }, `${address}\n`)
    })
  program
    .command('identity')
    .description("print the host's public key; its key pair is made if it has none")
    .option(...AS_JSON)
    .action((options: FormatOptions) => {
      const identity = ensureIdentity(context.paths.identityKey)
      const publicKey = Buffer.from(identity.publicKey).toString('base64')
      printAs(options, { name: peerNameOfIdentity(identity), publicKey }, `${publicKey}\n`)
    })
}

function dockerBridgeOf(context: CommandContext): string {
  return toldBridgeOf(context) ?? DEFAULT_DOCKER_BRIDGE
}

/** What the command is told counts before what the last launch was told (Weave row ENV-14). */
function toldBridgeOf({ paths }: CommandContext): string | undefined {
  return process.env.DOCKER_BRIDGE || loadFeatures(paths.features).dockerBridge
}

/** Docker may sit on the overlay's bridge. Unknown while it does not run. */
async function bridgeOfDocker(context: CommandContext): Promise<string | undefined> {
  try {
    return await containerTools(context).docker.bridgeName()
  } catch (cause) {
    if (cause instanceof DockerGone) return undefined
    throw cause
  }
}

function createBridge(context: CommandContext, mtu: number | undefined): void {
  const { bridge } = placeOf(context.paths)
  const identity = loadIdentity(context.paths.identityKey)
  ensureBridge({
    name: bridge.name,
    mtu: mtu ?? bridge.mtu,
    mac: identity === undefined ? undefined : peerNameOfIdentity(identity),
  })
}

export function parseMtu(text: string): number {
  const mtu = Number(text)
  if (Number.isInteger(mtu) && mtu >= 576 && mtu <= 65535) return mtu
  throw new UserError(
    { cause: `'${text}' is not an MTU`, remedy: 'give --mtu an integer from 576 to 65535' },
    EXIT_CODES.badInput,
  )
}
