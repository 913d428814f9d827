import { type Endpoint, isSameEndpoint } from '../../base/endpoint.ts'
import type { UserError } from '../../base/user-error.ts'
import { CONTROL_PORT } from '../../contract/ports.ts'
import { createRouter, type Input, peerNameOf, type Reach } from '../../core/router/index.ts'
import { attachPort, type BridgePortWish, type OpenedTap, openTapOf } from '../datapath/bridge-port.ts'
import { DataPath, type DataPathOptions } from '../datapath/data-path.ts'
import { type StartedFastPath, startFastPath } from '../fastpath/start-fast-path.ts'
import { type AgentPaths, agentPaths } from '../host/agent-paths.ts'
import { loadFeatures } from '../host/feature-settings.ts'
import { type Host, loadHost } from '../host/load-host.ts'
import { addressesOfName } from '../host/look-up.ts'
import { NamedTargets } from '../host/named-targets.ts'
import { StateStore } from '../host/state-store.ts'
import { parseTargets } from '../host/target-text.ts'
import { isRouterRunning } from '../http/control-client.ts'
import { ControlError } from '../http/control-error.ts'
import { ControlServer } from '../http/control-server.ts'
import type { Route } from '../http/route.ts'
import type { Journal } from '../journal/journal.ts'
import { ensureBridge } from '../linux/bridge.ts'
import { isHostBusy } from '../linux/host-load.ts'
import { type Libc, loadLibc } from '../linux/libc.ts'
import type { TapDevice } from '../linux/tap-device.ts'
import type { Offered } from '../report/service-facts.ts'
import { LinkListener } from '../transport/link-listener.ts'
import { LinkTable } from '../transport/link-table.ts'
import { withTraffic } from '../transport/link-traffic.ts'
import { remoteOf } from '../transport/remote-endpoint.ts'
import { agentRoutes } from './agent-routes.ts'
import { AgentServices } from './agent-services.ts'
import { Driver } from './driver.ts'
import { Effects } from './effects.ts'
import { HostAdmission } from './host-admission.ts'
import type { Logger } from './logger.ts'
import { listenForLinks, openPromptFd, openSleeveSocket } from './ports.ts'
import { routerOptionsOf } from './router-options.ts'
import { StateSaver } from './state-saver.ts'
import { StrangerLog } from './stranger-log.ts'

export interface AgentOptions {
  /** The host's root folder. */
  readonly root: string
  /** The file that the data path's thread is started from. */
  readonly dataPathProgram: URL
  /** Targets beyond those of the configuration. */
  readonly peers: readonly Endpoint[]
  readonly log: Logger
  /** Shown by `weave events`. */
  readonly journal: Journal
  readonly offered: Offered
  /** The agent cannot go on; called once at most. */
  readonly failed: (reason: string) => void
  readonly dataPathLoaded: () => void
  /** Frames have come that are worth fast code. */
  readonly atWork: () => void
  /** Of what works beside the router. */
  readonly routes: readonly Route[]
}

const clock = () => performance.now()

/** A running router: made by `start`, ended by `stop`. */
export class Agent {
  readonly #options: AgentOptions
  readonly #paths: AgentPaths
  readonly #listener: LinkListener
  readonly #links: LinkTable
  readonly #dataPath: DataPath
  readonly #fastPath: StartedFastPath
  readonly #driver: Driver
  readonly #control: ControlServer
  readonly #admission: HostAdmission
  readonly #strangers: StrangerLog
  readonly #saver: StateSaver
  readonly #services: AgentServices
  readonly #names: NamedTargets
  #state: Host

  /** Rejects with what a user can act on: a `UserError` that names the file, port or device. */
  static async start(options: AgentOptions): Promise<Agent> {
    const paths = agentPaths(options.root)
    if (await isRouterRunning(paths.controlSocket)) throw new ControlError('alreadyRunning')
    const agent = new Agent(options, loadHost(paths))
    try {
      await agent.#open()
    } catch (cause) {
      await agent.stop()
      throw cause
    }
    return agent
  }

  private constructor(options: AgentOptions, state: Host) {
    this.#options = options
    this.#paths = agentPaths(options.root)
    this.#state = state
    this.#admission = new HostAdmission(state, this.#paths, clock)
    this.#strangers = new StrangerLog(options.log, clock)
    this.#saver = new StateSaver(options.log)
    this.#links = new LinkTable(input => this.#driver.handle(input))
    this.#listener = this.#createListener()
    const libc = loadLibc()
    const { tap, refusal } = this.#openTap(libc)
    this.#fastPath = this.#startFastPath(libc, refusal === undefined)
    if (refusal !== undefined) this.#doWithout(refusal)
    attachPort(this.portWish)
    this.#dataPath = this.#createDataPath(libc, tap)
    const store = new StateStore(this.#paths)
    this.#names = this.#createNames()
    this.#services = this.#createServices(store)
    const effects = new Effects({
      links: this.#links,
      dataPath: this.#dataPath,
      fastPath: this.#fastPath.port,
      store,
      saver: this.#saver,
      log: options.log,
      admission: () => this.#admission.current,
      configuredTargets: () => this.#state.config.targets,
      tell: input => this.#driver.handle(input),
      answered: (ticket, answer) => this.#services.desk.answered(ticket, answer),
    })
    const router = createRouter({
      ...routerOptionsOf(state, store, { peers: options.peers, now: clock() }),
      ...this.#services.routerOptions(),
      ...this.#fastPath.routerOptions,
      ...(refusal === undefined ? {} : { sleeveMissing: refusal.message }),
    })
    this.#services.attach(router)
    this.#driver = new Driver({ router, perform: output => effects.perform(output), clock })
    this.#control = this.#createControl()
  }

  get config(): Host['config'] {
    return this.#state.config
  }

  /** The device that is to be the bridge's port. */
  get portWish(): BridgePortWish {
    const { name, mtu } = this.#state.config.bridge
    return { bridge: name, mtu, kind: this.#fastPath.port === undefined ? 'tap' : 'vxlan' }
  }

  /** Whether the data path still does its work. */
  async isWell(): Promise<boolean> {
    return (await this.#dataPath.ask()) !== undefined
  }

  /** Prepares for frames what can be prepared; takes a second in small pieces. */
  rehearse(): void {
    this.#dataPath.rehearse()
  }

  /** How many hosts of the manifest can be reached, this one included, and how many there are. */
  get reach(): Reach {
    return this.#driver.reach
  }

  /** Takes up a changed configuration as far as that goes without a restart: targets, manifest, certificates, passwords. */
  reload(): void {
    const before = this.#state
    const found = loadHost(this.#paths)
    // Refuses what is broken: until then nothing is taken up, or the next reading would not find what has changed.
    this.#admission.renew(found)
    this.#state = found
    const { config } = found
    this.#listener.renew(this.#admission.current)
    if (this.#state.kind === 'certified') this.#driver.handle({ kind: 'manifest', signed: this.#state.manifest })
    const added = new StateStore(this.#paths).targets(config.targets)
    const gone = before.config.targets.filter(target => !config.targets.includes(target))
    const removed = parseTargets(gone, CONTROL_PORT)
    this.#driver.handle({ kind: 'forget', targets: removed.ok ? removed.value.endpoints : [] })
    this.#driver.handle({ kind: 'connect', targets: added, replace: false })
    this.#options.log.write('info', 'configuration read again', { targets: added.length })
  }

  async stop(): Promise<void> {
    this.#driver.stop()
    this.#names.stop()
    this.#saver.stop()
    this.#services.stop()
    this.#control.close()
    this.#listener.close()
    await Promise.all([this.#links.drained(), this.#dataPath.stop()])
    this.#fastPath.port?.close()
  }

  async #open(): Promise<void> {
    const { listen } = this.#state.config
    await listenForLinks(this.#listener, listen)
    this.#driver.start()
    await this.#services.start()
    await this.#control.listen()
    this.#names.start()
  }

  #openTap(libc: Libc): OpenedTap {
    const { name, mtu } = this.#state.config.bridge
    ensureBridge({ name, mtu, mac: peerNameOf(this.#state.identity.publicKey) })
    return openTapOf(libc, name)
  }

  /** A router without a TAP device still relays for others, and has the fast path; with neither it is of no use to this host. */
  #doWithout(refusal: UserError): void {
    if (this.#fastPath.port === undefined) throw refusal
    const said = 'no sleeve: containers reach hosts on the fast path only'
    this.#options.log.write('warn', said, { reason: refusal.message })
  }

  #startFastPath(libc: Libc, hasTap: boolean): StartedFastPath {
    const { config } = this.#state
    const { dataPathProgram: program, log, failed } = this.#options
    const tell = (input: Input) => this.#driver.handle(input)
    return startFastPath({ libc, config, program, hasTap, log, tell, failed, environment: process.env })
  }

  #createDataPath(libc: Libc, tap: TapDevice): DataPath {
    const udp = openSleeveSocket(libc, this.#state.config.listen)
    const { dataPathProgram: program, log, failed, dataPathLoaded: loaded, atWork } = this.#options
    const promptFd = openPromptFd(libc, udp, log)
    const probed: DataPathOptions['probed'] = event => this.#driver.handle({ ...event, kind: 'probe-received' })
    const wanted = (peer: number) => this.#driver.handle({ kind: 'path-wanted', peer })
    const carry = (neighbour: number, datagramBytes: number, bytes: Uint8Array) =>
      this.#driver.handle({ kind: 'carry', neighbour, datagramBytes, bytes })
    const filled: DataPathOptions['filled'] = (peer, refused) =>
      this.#driver.handle({ kind: 'path-filled', peer, ...(refused === undefined ? {} : { refused }) })
    const worn = () => this.#driver.handle({ kind: 'key-worn' })
    const told = { failed, loaded, probed, wanted, filled, worn, atWork, carry }
    return new DataPath({ libc, tap, udp, promptFd, program, log, isBusy: isHostBusy, ...told })
  }

  #createNames(): NamedTargets {
    const { log } = this.#options
    return new NamedTargets({
      path: this.#paths.namedTargets,
      lookUp: addressesOfName,
      connect: targets => this.#driver.handle({ kind: 'connect', targets, replace: false }),
      forget: targets => this.#driver.handle({ kind: 'forget', targets }),
      keep: save => this.#saver.save('peers by name', save),
      unknown: (name, reason) => log.write('warn', 'peer not found by its name', { name, reason }),
    })
  }

  #createServices(store: StateStore): AgentServices {
    return new AgentServices({
      host: this.#state,
      paths: this.#paths,
      log: this.#options.log,
      peers: this.#countTargets(store),
      clock,
      tell: input => this.#driver.handle(input),
      status: () => this.#driver.status(),
    })
  }

  /** A name is one, whatever it stands for. */
  #countTargets(store: StateStore): number {
    const { endpoints, count } = this.#names
    const isOfName = (target: Endpoint) => endpoints.some(one => isSameEndpoint(one, target))
    const byAddress = store.targets(this.#state.config.targets).filter(target => !isOfName(target))
    return byAddress.length + count + this.#options.peers.length
  }

  #createListener(): LinkListener {
    return new LinkListener({
      admission: this.#admission.current,
      clock,
      refused: (remote, reason) => this.#strangers.refused(remote, reason),
      accepted: (socket, publicKey) => {
        this.#links.add(socket, { direction: 'inbound', remote: remoteOf(socket), publicKey })
      },
    })
  }

  #createControl(): ControlServer {
    const { controlSocket: socket, features } = this.#paths
    const failed = (address: string, reason: string) =>
      this.#options.log.write('error', 'API not served', { address, reason })
    return new ControlServer({ socket, addresses: loadFeatures(features), failed }, [
      ...this.#options.routes,
      ...agentRoutes({
        status: () => withTraffic(this.#driver.status(), this.#links),
        dataPath: () => this.#dataPath.ask(),
        fastPath: () => this.#fastPath.port?.report(),
        macs: async () => ({ sleeve: await this.#dataPath.macs(), fastdp: this.#fastPath.port?.macs() }),
        config: () => this.#state.config,
        admission: this.#admission,
        refused: () => this.#strangers.counts,
        trustedSubnets: () => this.#state.config.trustedSubnets ?? [],
        tell: input => this.#driver.handle(input),
        names: this.#names,
        journal: this.#options.journal,
        services: () => this.#services.routes(),
        facts: () => this.#services.facts(),
        offered: this.#options.offered,
      }),
    ])
  }
}
