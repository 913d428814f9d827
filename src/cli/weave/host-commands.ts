import type { Command } from 'commander'
import { loadConfigIfThere } from '../../agent/host/host-state.ts'
import { ensureIdentity, loadIdentity } from '../../agent/host/identity.ts'
import { DEFAULT_BRIDGE, DEFAULT_MTU } from '../../agent/host/load-host.ts'
import { peerNameOfIdentity } from '../../agent/host/peer-name.ts'
import { ensureBridge, joinBridges } from '../../agent/linux/bridge.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import type { CommandContext } from './context.ts'
import { print } from './report.ts'

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
    .argument('[bridge]', 'the other bridge', 'docker0')
    .action((other: string) =>
      joinBridges(loadConfigIfThere(context.paths.agentConfig)?.bridge.name ?? DEFAULT_BRIDGE, other),
    )
  program
    .command('identity')
    .description("print the host's public key; its key pair is made if it has none")
    .action(() => {
      const { publicKey } = ensureIdentity(context.paths.identityKey)
      print(`${Buffer.from(publicKey).toString('base64')}\n`)
    })
}

function createBridge(context: CommandContext, mtu: number | undefined): void {
  const bridge = loadConfigIfThere(context.paths.agentConfig)?.bridge
  const identity = loadIdentity(context.paths.identityKey)
  ensureBridge({
    name: bridge?.name ?? DEFAULT_BRIDGE,
    mtu: mtu ?? bridge?.mtu ?? DEFAULT_MTU,
    mac: identity === undefined ? undefined : peerNameOfIdentity(identity),
  })
}

function parseMtu(text: string): number {
  const mtu = Number(text)
  if (Number.isInteger(mtu) && mtu >= 576 && mtu <= 65535) return mtu
  throw new UserError(
    { cause: `'${text}' is not an MTU`, remedy: 'give --mtu an integer from 576 to 65535' },
    EXIT_CODES.badInput,
  )
}
