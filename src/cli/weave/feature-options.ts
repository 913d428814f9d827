import { createServer } from 'node:http'
import type { Command } from 'commander'
import { type FeatureSettings, loadFeatures, saveFeatures } from '../../agent/host/feature-settings.ts'
import { listenOn } from '../../agent/http/api-listeners.ts'
import { isLoopback, parseListenAddress } from '../../agent/http/listen-address.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import type { CommandContext } from './context.ts'
import { parseMtu } from './host-commands.ts'
import { warn } from './report.ts'

/** Flags of `weave launch` for the API and for Docker (Weave rows FLAG-21, FLAG-23, FLAG-37 to FLAG-39, FLAG-43, FLAG-44). */
export interface FeatureOptions {
  readonly httpAddr?: string
  readonly statusAddr?: string
  readonly metricsAddr?: string
  readonly plugin?: boolean
  readonly proxy?: boolean
  readonly fastdp?: boolean
  readonly mtu?: number
  readonly dockerApi?: string
  readonly dockerBridge?: string
  readonly weaveBridge?: string
}

/** The router's port has the bridge's name with four characters behind it, and devices have names of at most 15. */
const BRIDGE_LENGTH_MAX = 11

const ADDRESSES = { httpAddr: '--http-addr', statusAddr: '--status-addr', metricsAddr: '--metrics-addr' } as const

export function addFeatureOptions(command: Command): Command {
  return command
    .option('--http-addr <address>', 'serve the whole API there too: 127.0.0.1:6784, or a path; an empty word for none')
    .option('--status-addr <address>', 'serve status, report and metrics there: 127.0.0.1:6782')
    .option('--metrics-addr <address>', 'serve metrics there: 0.0.0.0:6781')
    .option('--plugin', 'serve Docker’s network plugin: the default')
    .option('--no-plugin', 'do not')
    .option('--proxy', 'serve the proxy for Docker: the default')
    .option('--no-proxy', 'do not')
    .option('--docker-api <endpoint>', 'where Docker is asked, unix:///PATH; an empty word for a host without it')
    .option(
      '--docker-bridge <device>',
      'of Docker’s own network, docker0 otherwise',
      parseDevice('--docker-bridge', 15),
    )
    .option(
      '--weave-bridge <device>',
      'of the overlay, weave otherwise',
      parseDevice('--weave-bridge', BRIDGE_LENGTH_MAX),
    )
    .option('--mtu <bytes>', 'of the bridge', parseMtu)
    .option('--fastdp', 'the kernel’s fast path where the underlay is trusted: the default')
    .option('--no-fastdp', 'do not')
}

/** Keeps what the flags say; a launch without any of them keeps what the last one said. */
export async function prepareFeatures({ paths }: CommandContext, options: FeatureOptions): Promise<void> {
  const { httpAddr: httpAddress, statusAddr: statusAddress, metricsAddr: metricsAddress } = options
  const { plugin, proxy, fastdp, mtu, dockerApi, dockerBridge, weaveBridge } = options
  checkDocker(dockerApi)
  for (const [name, flag] of Object.entries(ADDRESSES))
    await checkAddress(flag, options[name as keyof typeof ADDRESSES])
  const api = { httpAddress, statusAddress, metricsAddress }
  const given = { ...api, plugin, proxy, fastdp, mtu, dockerApi, dockerBridge, weaveBridge }
  saveFeatures(
    paths.features,
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as FeatureSettings,
  )
}

/** That it can be had is tried: a router that runs with less than was asked for is noticed late. */
async function checkAddress(flag: string, text: string | undefined): Promise<void> {
  if (text === undefined || text === '') return
  const address = parseListenAddress(text)
  if (!address.ok) throw bad(`${flag}: ${address.error}`, `give ${flag} 127.0.0.1:6784, or a path`)
  if (address.value.kind === 'unix') return
  const { host } = address.value
  if (flag === '--http-addr' && !isLoopback(host))
    warn(`whoever reaches ${text} controls this router: there is no password on it`)
  const server = createServer()
  try {
    await listenOn(server, address.value)
  } catch (cause) {
    throw bad(`${flag}: ${(cause as Error).message}`, 'give another address, or end what has it')
  } finally {
    server.close()
  }
}

/** What the kernel takes as the name of a device. */
function parseDevice(flag: string, lengthMax: number): (text: string) => string {
  return text => {
    if (text.length <= lengthMax && /^[A-Za-z0-9_][\w.-]*$/.test(text)) return text
    throw bad(
      `${flag}: '${text}' cannot be the name of a bridge`,
      `give ${flag} at most ${lengthMax} letters and digits`,
    )
  }
}

/** Only this host's daemon has the containers of this host. */
function checkDocker(endpoint: string | undefined): void {
  if (endpoint === undefined || endpoint === '' || /^unix:\/\/\/./.test(endpoint)) return
  throw bad(`--docker-api: '${endpoint}' is not a socket of this host`, 'give --docker-api unix:///var/run/docker.sock')
}

/** The router looks for it in its environment, where a service has it. */
export function applyFeatures({ paths }: CommandContext): void {
  if (loadFeatures(paths.features).fastdp === false) process.env.WEAVE_NO_FASTDP = '1'
}

function bad(cause: string, remedy: string): UserError {
  return new UserError({ cause, remedy }, EXIT_CODES.badInput)
}
