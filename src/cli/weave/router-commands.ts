import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import { ensureIdentity } from '../../agent/host/identity.ts'
import { isProvisioned } from '../../agent/host/load-host.ts'
import { keepNames } from '../../agent/host/named-targets.ts'
import { peerNameOfIdentity } from '../../agent/host/peer-name.ts'
import type { Targets } from '../../agent/host/target-text.ts'
import { askRouter, isRouterRunning } from '../../agent/http/control-client.ts'
import { ControlError } from '../../agent/http/control-error.ts'
import { findInitSystem, notInstalled } from '../../agent/linux/init-system.ts'
import { processMark } from '../../agent/linux/process-mark.ts'
import { runCommand, tryCommand } from '../../agent/linux/run-command.ts'
import { createLogger, isLogLevel, type LogLevel } from '../../agent/runtime/logger.ts'
import { runInForeground } from '../../agent/runtime/run-in-foreground.ts'
import { AGENT_VERSION } from '../../agent/version.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import type { CommandContext } from './context.ts'
import { addFeatureOptions, applyFeatures, type FeatureOptions, prepareFeatures } from './feature-options.ts'
import { addHistoricFlags, answerHistoricFlags } from './historic-flags.ts'
import { addStandAloneOptions, checkStandAlone, type StandAloneOptions } from './launch-options.ts'
import { countOf, NO_TARGETS, parsePeers, peerForm, tellOfUnknown, withoutOwnAddress } from './peer-arguments.ts'
import { warnOfProxy } from './proxy-commands.ts'
import { addProxyOptions, isProxyGiven, type ProxyOptions, prepareProxy, switchProxyOn } from './proxy-options.ts'
import { checkRanges } from './range-overlap.ts'
import { type FormatOptions, print, printAs, warn } from './report.ts'
import { addServiceOptions, prepareServices, type ServiceOptions } from './service-options.ts'
import { prepareStandAlone, startDaemon } from './stand-alone.ts'

type LaunchOptions = StandAloneOptions &
  ServiceOptions &
  FeatureOptions &
  ProxyOptions & {
    readonly foreground?: boolean
    readonly logLevel: string
    readonly printPeerName?: boolean
    readonly version?: boolean
  } & FormatOptions

const START_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 10_000
/** Init systems have limits of their own, and say what they have waited for. */
const SERVICE_LIMIT_MS = 300_000
const LOOK_EVERY_MS = 100

export function registerRouterCommands(program: Command, context: CommandContext): void {
  const launch = program
    .command('launch')
    .description('start the router as a service of this host')
    .argument('[peers...]', 'peers to connect to beside the configured ones, ADDRESS[:PORT] or NAME[:PORT]')
    .option('--foreground', 'be the router: what the service does')
    .option('--log-level <level>', 'debug, info, warn or error', 'info')
    .option('--print-peer-name', 'print this host’s name and end')
    .option('--json', 'print this host’s name as JSON')
    .addOption(new Option('--version', 'print the version and end').hideHelp())
  const all = addProxyOptions(addFeatureOptions(addServiceOptions(addStandAloneOptions(launch))))
  addHistoricFlags(all).action((peers: string[], options: LaunchOptions) => launchRouter(context, peers, options))
  program
    .command('stop')
    .description('stop the router; containers keep their network on this host')
    .action(() => stopRouter(context))
}

async function launchRouter(context: CommandContext, peers: readonly string[], options: LaunchOptions): Promise<void> {
  if (options.version === true) return print(`weave ${AGENT_VERSION}\n`)
  if (options.printPeerName === true) return printPeerName(context, options)
  answerHistoricFlags({ ...options })
  const targets = parsePeers(withoutOwnAddress(peers), options.port)
  const level = parseLogLevel(options.logLevel)
  checkStandAlone(context, options, peers)
  if (await isRouterRunning(context.paths.controlSocket)) throw new ControlError('alreadyRunning')
  if (options.foreground !== true) checkRanges(context, options)
  prepareServices(context, options)
  await prepareFeatures(context, options)
  prepareStandAlone(context, options, targets)
  if (isProxyGiven(options)) prepareProxy(context, options)
  else if (options.foreground !== true) switchProxyOn(context)
  const added = isProvisioned(context.paths) ? targets : NO_TARGETS
  await tellOfUnknown(targets)
  if (options.foreground === true) await beTheRouter(context, added, level)
  else await launchService(context, added, { ...options, level })
}

/** Weave row FLAG-48. */
function printPeerName({ paths }: CommandContext, options: FormatOptions): void {
  const name = peerNameOfIdentity(ensureIdentity(paths.identityKey))
  printAs(options, { name }, `${name}\n`)
}

async function beTheRouter(context: CommandContext, peers: Targets, level: LogLevel): Promise<void> {
  applyFeatures(context)
  const output = (line: string) => void process.stderr.write(line)
  const log = createLogger({ level, clock: () => new Date(), output })
  const { root, release } = context
  if (peers.names.length > 0) keepNames(context.paths.namedTargets, peers.names)
  const isWanted = await runInForeground({ root, ...release, peers: peers.endpoints, log })
  if (!isWanted) process.exitCode = EXIT_CODES.failure
}

async function launchService(
  context: CommandContext,
  peers: Targets,
  options: FormatOptions & { readonly level: LogLevel },
): Promise<void> {
  const { controlSocket } = context.paths
  const service = startService(context, options.level)
  await eventually(START_TIMEOUT_MS, async () => service.hasEnded() || (await isRouterRunning(controlSocket)))
  if (!(await isRouterRunning(controlSocket))) {
    const outcome = service.hasEnded() ? 'ended at once' : 'does not answer'
    throw new UserError({
      cause: `the router was started through ${service.name} but ${outcome}`,
      remedy: `${service.log} shows why`,
    })
  }
  if (countOf(peers) > 0) await askRouter(controlSocket, { method: 'POST', path: '/connect', body: peerForm(peers) })
  // Scripts expect an id: here it is the router's own name.
  printPeerName(context, options)
}

interface StartedService {
  readonly name: string
  /** Where to look when it does not come up. */
  readonly log: string
  hasEnded(): boolean
}

/** Through the init system where it knows the router; else, on a host without a provisioner, as a process of its own. */
function startService(context: CommandContext, level: LogLevel): StartedService {
  const service = findInitSystem(context.root)
  if (service !== undefined) {
    runCommand(service.command('start'), SERVICE_LIMIT_MS)
    const log = service.name === 'systemd' ? 'journalctl -u weave' : 'its log under /var/log'
    return { name: service.name, log, hasEnded: () => false }
  }
  if (isProvisioned(context.paths)) throw notInstalled()
  return { name: 'the background', ...startDaemon(context, level) }
}

/**
 * Through the init system, which would start it again otherwise; then directly, when it was started by hand. That none runs is no
 * failure, as with the original: scripts stop before they launch.
 */
export async function stopRouter(context: CommandContext): Promise<void> {
  const { controlSocket } = context.paths
  const wasRunning = await isRouterRunning(controlSocket)
  const service = findInitSystem(context.root)
  if (!wasRunning) warn('weave is not running')
  warnOfProxy(context)
  if (service !== undefined) (wasRunning ? runCommand : tryCommand)(service.command('stop'), SERVICE_LIMIT_MS)
  const pid = await pidOfRouter(controlSocket)
  if (pid === undefined) return
  const mark = processMark(pid)
  if (mark !== undefined) process.kill(pid, 'SIGTERM')
  // It answers no more before it ends, and has its devices until then: another could not start.
  const isGone = () => mark === undefined || processMark(pid) !== mark
  const hasEnded = async () => isGone() && !(await isRouterRunning(controlSocket))
  if (await eventually(STOP_TIMEOUT_MS, hasEnded)) return
  throw new UserError({ cause: `the router (pid ${pid}) does not stop`, remedy: `kill -9 ${pid}` })
}

/** Undefined when none runs, or none any more. */
async function pidOfRouter(controlSocket: string): Promise<number | undefined> {
  try {
    const answer = await askRouter(controlSocket, { path: '/healthz?format=json' })
    return (JSON.parse(answer) as { pid: number }).pid
  } catch (cause) {
    if (cause instanceof ControlError && cause.condition === 'notRunning') return undefined
    throw cause
  }
}

async function eventually(timeoutMs: number, isSo: () => Promise<boolean>): Promise<boolean> {
  const endsAt = performance.now() + timeoutMs
  while (performance.now() < endsAt) {
    if (await isSo()) return true
    await sleep(LOOK_EVERY_MS)
  }
  return false
}

function parseLogLevel(text: string): LogLevel {
  // As the original called it.
  if (text === 'warning') return 'warn'
  if (isLogLevel(text)) return text
  const remedy = 'give --log-level debug, info, warn or error'
  throw new UserError({ cause: `'${text}' is not a log level`, remedy }, EXIT_CODES.badInput)
}
