import { createServer } from 'node:http'
import type { Command } from 'commander'
import { type FeatureSettings, saveFeatures } from '../../agent/host/feature-settings.ts'
import { listenOn } from '../../agent/http/api-listeners.ts'
import { isLoopback, parseListenAddress } from '../../agent/http/listen-address.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import type { CommandContext } from './context.ts'
import { warn } from './report.ts'

/** Flags of `weave launch` for the API and for Docker (Weave rows FLAG-21, FLAG-23, FLAG-43). */
export interface FeatureOptions {
  readonly httpAddr?: string
  readonly statusAddr?: string
  readonly metricsAddr?: string
  readonly plugin?: boolean
  readonly proxy?: boolean
}

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
}

/** Keeps what the flags say; a launch without any of them keeps what the last one said. */
export async function prepareFeatures({ paths }: CommandContext, options: FeatureOptions): Promise<void> {
  const { httpAddr: httpAddress, statusAddr: statusAddress, metricsAddr: metricsAddress, plugin, proxy } = options
  for (const [name, flag] of Object.entries(ADDRESSES))
    await checkAddress(flag, options[name as keyof typeof ADDRESSES])
  const given = { httpAddress, statusAddress, metricsAddress, plugin, proxy }
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

function bad(cause: string, remedy: string): UserError {
  return new UserError({ cause, remedy }, EXIT_CODES.badInput)
}
