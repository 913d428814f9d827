import { exposeRoutes } from '../containers/expose-routes.ts'
import { ContainerService } from '../containers/host-containers.ts'
import { keepBridgePort } from '../datapath/bridge-port.ts'
import { agentPaths } from '../host/agent-paths.ts'
import { Journal } from '../journal/journal.ts'
import { isHostBusy } from '../linux/host-load.ts'
import { loadLibc } from '../linux/libc.ts'
import { releaseProgramPages } from '../linux/program-pages.ts'
import { createServiceNotifier, type ServiceNotifier } from '../linux/service-notifier.ts'
import { proxyRoutes } from '../proxy/proxy-routes.ts'
import { Offered } from '../report/service-facts.ts'
import { Agent, type AgentOptions } from './agent.ts'
import { CompilerThrift } from './compiler-thrift.ts'
import { describeKept, type KeptCode } from './kept-code.ts'
import type { Logger } from './logger.ts'
import { removePidFile, writePidFile } from './pid-file.ts'
import { spareMemory } from './spare-memory.ts'
import { wheneverIdle, whenIdle } from './when-idle.ts'

const CARE_EVERY_MS = 2000
/** By then the links of the start are up, as a rule. */
const START_IS_OVER_MS = 3000
const REHEARSAL_TAKES_MS = 3000
/** A host that is busy for so long is never idle. */
const NEVER_IDLE_AFTER_MS = 60_000
/** What is done seldom takes memory for long, such as to compile a function; so does the rest of a rehearsal that a busy host has drawn out. */
const RELEASE_EVERY_MS = 3_500

interface End {
  readonly reason: string
  readonly isWanted: boolean
}

interface Given extends Omit<AgentOptions, 'failed' | 'dataPathLoaded' | 'atWork' | 'journal' | 'offered' | 'routes'> {
  /** Called once the start is over. */
  readonly keepCode: () => KeptCode
}

/** Runs the router until it is told to stop; false when it could not go on. */
export async function runInForeground(options: Given): Promise<boolean> {
  const { root } = options
  const paths = agentPaths(root)
  const ending = new Ending()
  const failed = (reason: string) => ending.end({ reason, isWanted: false })
  const log = new Journal({ path: paths.journal, log: options.log, clock: () => new Date() })
  const offered = new Offered()
  let containers: ContainerService | undefined
  const routes = [...proxyRoutes(() => containers), ...exposeRoutes(() => containers)]
  const thrift = new CompilerThrift()
  const rereading = new Rereading()
  process.on('SIGHUP', () => rereading.ask())
  const agent = await Agent.start({
    ...options,
    log,
    journal: log,
    failed,
    dataPathLoaded: () => thrift.loaded('data path'),
    atWork: () => thrift.end(),
    offered,
    routes,
  })
  writePidFile(paths.pidFile, log)
  containers = new ContainerService(root, agent.config, { log, offered })
  // Docker starts once the router is ready, and asks for its driver at once.
  await containers.start()
  thrift.loaded('process')
  const notifier = createServiceNotifier(process.env)
  notifier.notify('READY=1')
  const { host, shortId, listen } = agent.config
  log.write('info', 'router is ready', { host, number: shortId, port: listen.port })
  const beforeRehearsal = () => {
    thrift.end()
    log.write('debug', describeKept('router', options.keepCode()))
  }
  const timers = [
    ...afterStart(agent, beforeRehearsal),
    startCare(agent, notifier, log),
    ...startWatchdog(agent, notifier),
  ]
  rereading.begin(() => reload(agent, log))
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => ending.end({ reason: signal, isWanted: true }))
  }
  const end = await ending.happened
  for (const timer of timers) clearInterval(timer)
  notifier.notify('STOPPING=1')
  log.write(end.isWanted ? 'info' : 'error', 'router stops', { reason: end.reason })
  await containers.stop()
  await agent.stop()
  // The control socket has gone with its server: what is there by now is another router's.
  removePidFile(paths.pidFile)
  return end.isWanted
}

/** A start has no time for these: hosts of a cluster often start at once. */
function afterStart(agent: Agent, beforeRehearsal: () => void): readonly NodeJS.Timeout[] {
  const leisure = { latestMs: NEVER_IDLE_AFTER_MS, isBusy: isHostBusy }
  const libc = loadLibc()
  const release = () => {
    libc.malloc_trim(0)
    releaseProgramPages(libc)
  }
  const collectAndRelease = () => {
    spareMemory()
    release()
  }
  const rehearse = whenIdle({ ...leisure, afterMs: START_IS_OVER_MS }, () => {
    beforeRehearsal()
    agent.rehearse()
    // Not before: it sets flags of the engine, which are noted in the code that is kept.
    whenIdle({ ...leisure, afterMs: REHEARSAL_TAKES_MS }, collectAndRelease).unref()
  })
  // What is given back in the middle of work is fetched again, and others may be starting as well.
  const releases = wheneverIdle({ ...leisure, everyMs: RELEASE_EVERY_MS }, release)
  return [rehearse, releases]
}

/** The first end counts. */
class Ending {
  readonly happened: Promise<End>
  #resolve: (end: End) => void = () => undefined

  constructor() {
    this.happened = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  end(end: End): void {
    this.#resolve(end)
  }
}

/** Of the configuration, which the router may be asked for from when others can find it: long before it is ready. */
class Rereading {
  #isWanted = false
  #reread = () => {
    this.#isWanted = true
  }

  ask(): void {
    this.#reread()
  }

  /** Of what was asked for until then, one reading is enough. */
  begin(reread: () => void): void {
    this.#reread = reread
    if (this.#isWanted) reread()
  }
}

/** What has to be looked after because nothing tells of it. */
function startCare(agent: Agent, notifier: ServiceNotifier, log: Logger): NodeJS.Timeout {
  const { bridge } = agent.config
  let lastStatus = ''
  return setInterval(() => {
    try {
      const isRepaired = keepBridgePort(agent.portWish)
      if (isRepaired) log.write('warn', 'port was put back into the bridge', { bridge: bridge.name })
    } catch (cause) {
      log.write('error', 'port cannot be put into the bridge', { reason: (cause as Error).message })
    }
    const { reachable, all } = agent.reach
    const status = `${reachable} of ${all} hosts reachable`
    if (status !== lastStatus) notifier.notify(`STATUS=${status}`)
    lastStatus = status
  }, CARE_EVERY_MS)
}

function startWatchdog(agent: Agent, notifier: ServiceNotifier): readonly NodeJS.Timeout[] {
  if (notifier.watchdogMs === undefined) return []
  const feed = async () => {
    if (await agent.isWell()) notifier.notify('WATCHDOG=1')
  }
  return [setInterval(() => void feed(), notifier.watchdogMs)]
}

/** Broken files leave the agent with what it has. */
function reload(agent: Agent, log: Logger): void {
  try {
    agent.reload()
  } catch (cause) {
    log.write('error', 'configuration not read again', { reason: (cause as Error).message })
  }
}
