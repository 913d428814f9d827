import { type Command, Option } from 'commander'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { warn } from './report.ts'

/** A flag of the original's that has no meaning here. */
export interface HistoricFlag {
  readonly flags: string
  /** Without it, the router would not be what was asked for. */
  readonly isRefused?: true
  readonly reason: string
}

const PATHS = 'the router is a service of the host, no container: it uses the host’s own paths'
const NPC = 'Kubernetes and its policies are not part of this'

/** In the order of the rows FLAG-09 to FLAG-47. Each is taken, so that a script goes on, and answered. */
export const HISTORIC_FLAGS: readonly HistoricFlag[] = [
  { flags: '--no-restart', reason: 'the host’s init system starts the router again, as its unit says' },
  { flags: '--min-protocol-version <number>', reason: 'there is one version of the protocol' },
  { flags: '--plugin-v2', reason: 'the plugin is part of the router: see --plugin' },
  { flags: '--plugin-v2-multicast', reason: 'give the network the option works.weave.multicast' },
  {
    flags: '--plugin-socket <path>',
    reason: 'the driver weave for a whole swarm needs a store that Docker no longer has',
  },
  { flags: '--plugin-mesh-socket <path>', reason: 'Docker looks for the driver weavemesh in /run/docker/plugins' },
  { flags: '--pkt-debug', reason: 'see packets with tcpdump -i weave, and counts with weave report' },
  {
    flags: '--profile <path>',
    reason: 'kill -USR1 PID of the router opens the inspector of its runtime on 127.0.0.1:9229',
  },
  { flags: '--bufsz <megabytes>', reason: 'frames are read from a TAP device, which has no such buffer' },
  { flags: '--no-bridged-fastdp', reason: 'there is one kind of bridge: the kernel’s' },
  { flags: '--datapath <name>', reason: 'there is no Open vSwitch datapath: the bridge is the kernel’s' },
  { flags: '--expect-npc', reason: NPC },
  { flags: '--no-masq-local', reason: NPC },
  {
    flags: '--awsvpc',
    reason: 'the overlay serves a VPC too; within --trusted-subnets the kernel carries its frames, in the clear',
  },
  { flags: '--db-prefix <path>', reason: 'state is below /var/lib/weave, or below the folder that WEAVE_ROOT names' },
  { flags: '--host-root <path>', reason: PATHS },
  { flags: '--proc-path <path>', reason: PATHS },
  {
    flags: '--token <token>',
    isRefused: true,
    reason: 'Weave Cloud, which found peers by it, has ended: name one peer, the others are found',
  },
  {
    flags: '--peer-discovery-url <url>',
    isRefused: true,
    reason: 'Weave Cloud, which it led to, has ended: name one peer, the others are found',
  },
]

export function addHistoricFlags(command: Command, historic = HISTORIC_FLAGS): Command {
  for (const { flags, reason } of historic) command.addOption(new Option(flags, reason).hideHelp())
  return command
}

/** Says why what was asked for has no effect; throws where that must not be passed over. */
export function answerHistoricFlags(options: Readonly<Record<string, unknown>>, historic = HISTORIC_FLAGS): void {
  for (const { flags, isRefused, reason } of historic) {
    const option = new Option(flags)
    if (!isGiven(option, options[option.attributeName()])) continue
    if (isRefused !== true) warn(`${option.long} has no effect: ${reason}`)
    else throw new UserError({ cause: `${option.long} cannot be had`, remedy: reason }, EXIT_CODES.badInput)
  }
}

/** `--no-restart` leaves its mark by taking away the default, true. */
function isGiven(option: Option, value: unknown): boolean {
  return option.negate ? value === false : value !== undefined
}
