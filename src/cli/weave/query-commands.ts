import { setTimeout as sleep } from 'node:timers/promises'
import { Argument, type Command, Option } from 'commander'
import { askRouter, isRouterRunning } from '../../agent/http/control-client.ts'
import { ControlError } from '../../agent/http/control-error.ts'
import type { PeerStatus } from '../../agent/http/status-text.ts'
import { AGENT_VERSION } from '../../agent/version.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import type { CommandContext } from './context.ts'
import { parsePeers, peerForm, tellOfUnknown } from './peer-arguments.ts'
import { AS_JSON, type FormatOptions, print, printAs } from './report.ts'

const TOPICS = ['peers', 'connections', 'paths', 'targets', 'dns', 'ipam'] as const
const LOOK_EVERY_MS = 250

interface StatusOptions {
  readonly json?: boolean
  readonly verbose?: boolean
  readonly wait?: number
}

/** Commands that ask the running router. */
export function registerQueryCommands(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('show how the router is')
    .addArgument(new Argument('[topic]', 'one part of it').choices(TOPICS))
    .option(...AS_JSON)
    .addOption(new Option('-v, --verbose', 'of connections also since when, latency, loss and bytes').conflicts('json'))
    .option('--wait <seconds>', 'first wait until every host of the cluster is reachable', parseSeconds)
    .action((topic: string | undefined, options: StatusOptions) => showStatus(context, topic, options))
  program
    .command('report')
    .description('show the whole state as JSON, or in the shape of a Go template')
    .option('-f, --format <template>', 'a Go template, as {{range .Router.Peers}}{{.NickName}} {{end}}')
    .addOption(new Option('--json', 'as JSON, which it is without a template').conflicts('format'))
    .action((options: { format?: string }) => showReport(context, options.format))
  program
    .command('connect')
    .description('connect to peers, and keep connected')
    .argument('<peers...>', 'ADDRESS[:PORT] or NAME[:PORT]')
    .option('--replace', 'forget all other targets')
    .action((peers: string[], options: { replace?: boolean }) =>
      changeTargets(context, '/connect', { peers, replace: options.replace === true }),
    )
  program
    .command('forget')
    .description('do not connect to peers again; open connections stay')
    .argument('<peers...>', 'as they were given')
    .action((peers: string[]) => changeTargets(context, '/forget', { peers, replace: false }))
}

async function showStatus(context: CommandContext, topic: string | undefined, options: StatusOptions): Promise<void> {
  if (options.wait !== undefined) await awaitPeers(context, options.wait)
  if (options.verbose === true && topic !== 'connections') {
    const remedy = 'run `weave status connections --verbose`'
    throw new UserError({ cause: '--verbose is for connections', remedy }, EXIT_CODES.badInput)
  }
  const path = topic === undefined ? '/status' : `/status/${topic}`
  const isJson = options.json === true
  const query = new URLSearchParams({
    ...(isJson ? { format: 'json' } : {}),
    ...(options.verbose ? { verbose: 'true' } : {}),
  })
  const page = await askRouter(context.paths.controlSocket, { path: query.size === 0 ? path : `${path}?${query}` })
  // The whole stands between empty lines, as the original's did.
  print(topic === undefined && !isJson ? `\n${page}\n` : page)
}

async function showReport(context: CommandContext, format: string | undefined): Promise<void> {
  const path = format === undefined ? '/report' : reportPath(format)
  const text = await askRouter(context.paths.controlSocket, { path })
  print(text.endsWith('\n') ? text : `${text}\n`)
}

/** A router that is only just starting counts as one that reaches nobody. */
async function awaitPeers(context: CommandContext, seconds: number): Promise<void> {
  const endsAt = performance.now() + seconds * 1000
  for (;;) {
    const missing = await findMissingPeers(context)
    if (!(missing instanceof ControlError) && missing.length === 0) return
    if (performance.now() >= endsAt) throw missing instanceof ControlError ? missing : unreachable(missing, seconds)
    await sleep(LOOK_EVERY_MS)
  }
}

async function findMissingPeers(context: CommandContext): Promise<readonly PeerStatus[] | ControlError> {
  try {
    const peers = await askRouter(context.paths.controlSocket, { path: '/status/peers?format=json' })
    return (JSON.parse(peers) as PeerStatus[]).filter(peer => !peer.isReachable)
  } catch (error) {
    if (error instanceof ControlError) return error
    throw error
  }
}

function unreachable(peers: readonly PeerStatus[], seconds: number): UserError {
  return new UserError(
    peers.map(({ name, nickname }) => ({
      cause: `${nickname} (${name}) is not reachable after ${seconds} s`,
      remedy: `see \`weave status connections\` here and on ${nickname}: are TCP and UDP port 6783 open between them?`,
    })),
  )
}

async function changeTargets(
  context: CommandContext,
  path: '/connect' | '/forget',
  wish: { peers: readonly string[]; replace: boolean },
): Promise<void> {
  const targets = parsePeers(wish.peers, await portOf(context))
  if (path === '/connect') await tellOfUnknown(targets)
  const body = peerForm(targets)
  if (wish.replace) body.set('replace', 'true')
  await askRouter(context.paths.controlSocket, { method: 'POST', path, body })
}

/** After an upgrade the router is the former one until it is started again (Weave row CLI-23). */
export async function showVersions({ paths }: CommandContext, options: FormatOptions): Promise<void> {
  const isRunning = await isRouterRunning(paths.controlSocket)
  const router = isRunning ? await askRouter(paths.controlSocket, { path: reportPath('{{.Version}}') }) : AGENT_VERSION
  const versions = { version: AGENT_VERSION, router: isRunning ? router : null }
  printAs(options, versions, `weave script ${AGENT_VERSION}\nweave ${router}\n`)
}

/** Routers of one network have one port (Weave rows ARG-01, FLAG-04). */
async function portOf({ paths }: CommandContext): Promise<number> {
  return Number(await askRouter(paths.controlSocket, { path: reportPath('{{.Router.Port}}') }))
}

function reportPath(template: string): string {
  return `/report?${new URLSearchParams({ format: template })}`
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (text !== '' && seconds >= 0 && seconds <= 3600) return seconds
  const problem = { cause: `'${text}' is not a number of seconds`, remedy: 'give --wait a number from 0 to 3600' }
  throw new UserError(problem, EXIT_CODES.badInput)
}
