import { dirname, join } from 'node:path'
import { type IpOnNetwork, parseIpNetwork } from '../../base/ip-address.ts'
import type { AgentConfig } from '../../contract/agent-config.ts'
import { CONTROL_PORT } from '../../contract/ports.ts'
import { CniRecords } from '../cni/cni-records.ts'
import { DockerClient, dockerSocket } from '../docker/docker-client.ts'
import { agentPaths } from '../host/agent-paths.ts'
import { DEFAULT_DOCKER_BRIDGE, type FeatureSettings, loadFeatures } from '../host/feature-settings.ts'
import { AddressClient } from '../http/address-client.ts'
import { PortGuard } from '../isolation/port-guard.ts'
import { networksOf } from '../linux/device-networks.ts'
import { removeStrayEndpoints } from '../plugin/network-driver.ts'
import { NetworkStore } from '../plugin/network-store.ts'
import { createPlugin, DRIVER } from '../plugin/plugin.ts'
import type { PluginServer } from '../plugin/plugin-server.ts'
import { DockerProxy } from '../proxy/docker-proxy.ts'
import { placeOnBridge } from '../proxy/inspect-answer.ts'
import { attachProxied } from '../proxy/proxied.ts'
import { loadProxySettings } from '../proxy/proxy-settings.ts'
import { installWaitProgram, waitFolderOf } from '../proxy/wait-program.ts'
import type { Offered } from '../report/service-facts.ts'
import type { Logger } from '../runtime/logger.ts'
import { Attaching } from './attaching.ts'
import { AttachmentStore } from './attachment-store.ts'
import { BridgeNames } from './bridge-names.ts'
import { ContainerKeeper } from './container-keeper.ts'
import type { HostExposing } from './expose-routes.ts'
import { Exposing } from './exposing.ts'
import { GivenNames } from './given-names.ts'
import { LeaseCare } from './lease-care.ts'

/** All that works on the containers of one host, in a command as in the agent. */
export interface HostContainers {
  readonly docker: DockerClient
  /** False on a host that was launched without it (Weave row FLAG-44). */
  readonly hasDocker: boolean
  readonly addresses: AddressClient
  readonly attaching: Attaching
  readonly exposing: Exposing
  readonly store: AttachmentStore
  readonly given: GivenNames
  readonly names: BridgeNames
  readonly guard: PortGuard
  readonly bridge: string
}

/** The agent looks again soon. */
const RULES_WAIT_SECONDS = { agent: 1, command: 60 }

type Place = Pick<AgentConfig, 'bridge' | 'subnet' | 'listen'>

export interface HostContainersOptions {
  readonly isAgent: boolean
  /** Told when containers of different subnets cannot be kept apart. */
  readonly notIsolated: (reason: string) => void
  /** Told when the host refuses our rules for IPv6. */
  readonly notFiltered: (reason: string) => void
}

export function hostContainers(
  root: string,
  config: Place | undefined,
  { isAgent, notIsolated, notFiltered }: HostContainersOptions,
): HostContainers {
  const paths = agentPaths(root)
  const parsed = parseIpNetwork(config?.subnet ?? '')
  const overlay = parsed.ok ? parsed.value : undefined
  const { dockerApi, dockerBridge = DEFAULT_DOCKER_BRIDGE } = loadFeatures(paths.features)
  // A command is in a shell, which may have been told to use the proxy; the agent may have been started in such a one.
  const { DOCKER_HOST = dockerApi } = isAgent && dockerApi ? {} : process.env
  const socket = dockerSocket(root, { DOCKER_HOST })
  // The agent is what answers on the proxy's socket: it would ask itself.
  const docker = new DockerClient(isAgent && socket === paths.proxySocket ? dockerSocket(root, {}) : socket)
  const addresses = new AddressClient(paths.controlSocket)
  const bridge = config?.bridge.name ?? 'weave'
  const store = new AttachmentStore(paths.state)
  const given = new GivenNames(paths.state)
  const lockFolder = dirname(paths.controlSocket)
  const place = { addresses, bridge, stateFolder: paths.state, lockFolder }
  // Docker on the bridge may have been given another network than the router.
  const reached = () => [...(overlay === undefined ? [] : [overlay]), ...networksOf(bridge)]
  const guard = new PortGuard({ folder: join(lockFolder, 'ports'), overlay, failed: notIsolated })
  return {
    docker,
    hasDocker: dockerApi !== '',
    addresses,
    bridge,
    guard,
    store,
    given,
    attaching: new Attaching({ ...place, docker, store, given, guard }),
    exposing: new Exposing({
      ...place,
      dockerBridge,
      overlay,
      port: config?.listen.port ?? CONTROL_PORT,
      rulesWaitSeconds: isAgent ? RULES_WAIT_SECONDS.agent : RULES_WAIT_SECONDS.command,
      notFiltered,
    }),
    names: new BridgeNames({ docker, addresses, reached, given, networks: new NetworkStore(paths.state) }),
  }
}

/** What the agent does for containers while it runs. */
export class ContainerService implements HostExposing {
  readonly #keeper: ContainerKeeper
  readonly #plugin: PluginServer
  readonly #proxy: DockerProxy
  readonly #exposing: Exposing
  readonly #log: Logger
  readonly #features: FeatureSettings
  readonly #hasDocker: boolean
  readonly #offered: Offered
  readonly #settingsPath: string
  readonly #waitFolder: string

  constructor(root: string, config: Place, { log, offered }: { readonly log: Logger; readonly offered: Offered }) {
    this.#offered = offered
    const notIsolated = sayOnce(reason => log.write('warn', 'subnets are not kept apart in the data path', { reason }))
    const notFiltered = sayOnce(reason =>
      log.write('warn', 'rules for IPv6 are lacking, those of IPv4 are set', { reason }),
    )
    const tools = hostContainers(root, config, { isAgent: true, notIsolated, notFiltered })
    this.#hasDocker = tools.hasDocker
    this.#log = log
    this.#exposing = tools.exposing
    this.#features = loadFeatures(agentPaths(root).features)
    const { bridge, addresses, docker, guard } = tools
    const how = () => this.#proxy.settings
    const leases = new LeaseCare({
      ...tools,
      driver: DRIVER,
      others: () => new CniRecords(agentPaths(root).state).list().map(({ containerId }) => containerId),
      freed: (id, freed) =>
        log.write('info', 'addresses freed that no container has', { id, addresses: freed.join(' ') }),
    })
    const hasPlugin = this.#features.plugin !== false
    this.#keeper = new ContainerKeeper({ ...tools, leases, how, log, hasPlugin })
    const { state, proxySocket, proxySettings } = agentPaths(root)
    this.#settingsPath = proxySettings
    this.#plugin = createPlugin({ root, stateFolder: state, bridge, addresses, guard, log })
    const attach = (id: string) => attachProxied({ ...tools, how }, id)
    this.#waitFolder = waitFolderOf(state)
    this.#proxy = new DockerProxy({
      path: proxySocket,
      docker,
      addresses,
      waitFolder: this.#waitFolder,
      attach,
      placeOf: placeOnBridge(docker, bridge),
      log,
    })
  }

  /** Once the agent answers on its control socket: addresses and names are asked for there. */
  async start(): Promise<void> {
    const { plugin = true } = this.#features
    if (plugin && this.#hasDocker) {
      await this.#listen('plugin for Docker not started', async () => {
        removeStrayEndpoints()
        await this.#plugin.listen()
        this.#offered.driver = DRIVER
      })
    }
    const proxy = this.#hasDocker && this.#features.proxy !== false
    await this.#listen('proxy for Docker not started', () => this.renewProxy(proxy))
    this.#offered.isComplete = true
    this.#keeper.start()
  }

  /** After a change of its settings. */
  async renewProxy(isWanted = true): Promise<void> {
    const settings = loadProxySettings(this.#settingsPath)
    try {
      // Containers that were made through it wait by this, whether or not it listens.
      installWaitProgram(this.#waitFolder)
      await this.#proxy.open({ ...settings, isOn: settings.isOn && isWanted })
    } finally {
      this.#offered.proxyAddresses = this.#proxy.addresses
    }
  }

  async expose(address: IpOnNetwork, masquerade: boolean): Promise<void> {
    await this.#exposing.expose([{ kind: 'address', address }], { masquerade, fqdn: '' })
  }

  async stop(): Promise<void> {
    this.#plugin.close()
    this.#proxy.close()
    await this.#keeper.stop()
  }

  /** A host without plugin or proxy still has an overlay. */
  async #listen(failure: string, listen: () => Promise<void>): Promise<void> {
    try {
      await listen()
    } catch (cause) {
      this.#log.write('error', failure, { reason: (cause as Error).message })
    }
  }
}

/** What goes on in the same way is said when it begins. */
function sayOnce(say: (reason: string) => void): (reason: string) => void {
  let said: string | undefined
  return reason => {
    if (reason !== said) say(reason)
    said = reason
  }
}
