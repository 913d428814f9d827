import { networkInterfaces } from 'node:os'
import { formatIpAddress, type IpAddress, parseIpOnNetwork } from '../../base/ip-address.ts'
import type { Input, RouterMachine, RouterOptions, RouterStatus, SharedView } from '../../core/router/index.ts'
import { DnsServer } from '../dns-server/dns-server.ts'
import { nameRoutes } from '../dns-server/name-routes.ts'
import { Upstream } from '../dns-server/upstream.ts'
import type { AgentPaths } from '../host/agent-paths.ts'
import { DEFAULT_DOCKER_BRIDGE, loadFeatures } from '../host/feature-settings.ts'
import type { Host } from '../host/load-host.ts'
import { loadServices, type ServiceSettings } from '../host/service-settings.ts'
import { StateStore } from '../host/state-store.ts'
import type { Route } from '../http/route.ts'
import { AddressDesk } from '../ipam/address-desk.ts'
import { ipamOptionsOf } from '../ipam/ipam-options.ts'
import { ipamRoutes } from '../ipam/ipam-routes.ts'
import { ipv4Addresses } from '../linux/device-addresses.ts'
import { deviceIndex, loadLibc } from '../linux/libc.ts'
import type { ServiceFacts } from '../report/service-facts.ts'
import type { Logger } from './logger.ts'

const DEFAULT_DOMAIN = 'weave.local'
const DNS_PORT = 53

export interface AgentServicesOptions {
  readonly host: Host
  readonly paths: AgentPaths
  readonly log: Logger
  /** Peers that the router was launched with. */
  readonly peers: number
  readonly clock: () => number
  readonly tell: (input: Input) => void
  readonly status: () => RouterStatus
}

/** Addresses and names of this host: the router's part of them, what can be asked over HTTP, and the name server. */
export class AgentServices {
  readonly desk: AddressDesk
  readonly #options: AgentServicesOptions
  #settings: ServiceSettings
  readonly #upstream: Upstream
  #router: RouterMachine | undefined
  #dns: DnsServer | undefined

  constructor(options: AgentServicesOptions) {
    this.#options = options
    this.#settings = loadServices(options.paths.services)
    this.desk = new AddressDesk(options.tell)
    this.#upstream = new Upstream({
      resolvConf: this.#settings.resolvConf ?? '/etc/resolv.conf',
      timeoutMs: this.#settings.fallbackTimeoutMs ?? 5_000,
      own: () => Object.values(networkInterfaces()).flatMap(entries => (entries ?? []).map(entry => entry.address)),
      clock: options.clock,
    })
  }

  /** The router's options for its part. */
  routerOptions(): Pick<RouterOptions, 'ipam' | 'names'> {
    const { host, paths, peers } = this.#options
    const store = new StateStore(paths)
    const ipam = ipamOptionsOf(host, this.#settings, { peers, stored: store.readShared('addresses') })
    return {
      ...(ipam === undefined ? {} : { ipam }),
      ...(this.#settings.dns === false ? {} : { names: { stored: store.readShared('names') } }),
    }
  }

  /** Call once, with the router that was made with `routerOptions`, before anything else is asked. */
  attach(router: RouterMachine): void {
    this.#router = router
  }

  async start(): Promise<void> {
    if (this.#settings.dns === false) return
    const { log } = this.#options
    const given = /^(.*):(\d+)$/.exec(this.#settings.dnsListen ?? '')
    this.#dns = new DnsServer({
      port: given === null ? DNS_PORT : Number(given[2]),
      address: () => (given === null || given[1] === '' ? this.#bridgeAddress() : given[1]),
      domains: this.#domains,
      ttlSeconds: this.#settings.ttlSeconds ?? 1,
      nearestFirst: this.#settings.nearestFirst === true,
      upstream: this.#upstream,
      shared: () => this.#shared,
      log,
    })
    await this.#dns.open()
  }

  stop(): void {
    this.#dns?.close()
  }

  routes(): readonly Route[] {
    const { tell, status, clock } = this.#options
    const shared = () => this.#shared
    return [
      ...ipamRoutes({
        desk: this.desk,
        shared,
        tell,
        status,
        clock,
        defaultSubnet: this.#defaultSubnet,
      }),
      ...nameRoutes({
        shared,
        tell,
        holderOf: address => this.#holderOf(address),
        domains: this.#domains,
        heedsHealth: this.#settings.healthChecks === true,
        ttlSeconds: this.#settings.ttlSeconds ?? 1,
        upstream: () => this.#upstream.servers,
        listening: () => this.#dns?.listening,
      }),
    ]
  }

  facts(): ServiceFacts {
    const { ipam, names } = this.#shared ?? {}
    const listening = this.#dns?.listening
    return {
      ipam: ipam && { status: ipam.status(this.#options.clock()), defaultSubnet: this.#defaultSubnet },
      dns: names && {
        names,
        domains: this.#domains,
        ttlSeconds: this.#settings.ttlSeconds ?? 1,
        upstream: this.#upstream.servers,
        address: listening && `${listening.ip}:${listening.port}`,
      },
    }
  }

  #holderOf(address: IpAddress): string | undefined {
    const { name: self, peers } = this.#options.status()
    const holder = this.#shared?.ipam?.holderBesides(self, address)
    return holder && (peers.find(({ name }) => name === holder)?.nickname ?? holder)
  }

  get #defaultSubnet(): string {
    const [first] = (this.#settings.range ?? '').split(',')
    return this.#settings.defaultSubnet ?? (first || this.#options.host.config.subnet)
  }

  get #shared(): SharedView | undefined {
    return this.#router?.shared
  }

  get #domains(): readonly [string, ...string[]] {
    const [first = DEFAULT_DOMAIN, ...others] = (this.#settings.domain ?? DEFAULT_DOMAIN)
      .toLowerCase()
      .split(',')
      .map(domain => domain.replace(/\.$/, ''))
    return [first, ...others]
  }

  /** The bridge's own, or else that of Docker's bridge: what every container of this host reaches. */
  #bridgeAddress(): string | undefined {
    const { bridge } = this.#options.host.config
    const { dockerBridge = DEFAULT_DOCKER_BRIDGE } = loadFeatures(this.#options.paths.features)
    const libc = loadLibc()
    const own = parseIpOnNetwork(bridge.address)
    const owned = own.ok ? formatIpAddress(own.value.address) : undefined
    const all = ipv4Addresses(libc)
    if (all.some(({ address }) => address === owned)) return owned
    const firstOf = (name: string) => {
      const index = deviceIndex(libc, name)
      return all.find(({ device }) => index !== 0 && device === index)?.address
    }
    // Docker's bridge keeps its address; that of ours comes and goes with `weave expose`.
    return firstOf(dockerBridge) ?? firstOf(bridge.name)
  }
}
