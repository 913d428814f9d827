import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatIpNetwork } from '../../base/ip-address.ts'
import type { DockerClient } from '../docker/docker-client.ts'
import type { AddressSource } from '../http/address-client.ts'
import type { PortGuard } from '../isolation/port-guard.ts'
import { deleteDevice } from '../linux/change-device.ts'
import { loadLibc } from '../linux/libc.ts'
import { ruleGeneration } from '../linux/rule-generation.ts'
import { weaveNetwork } from '../plugin/plugin.ts'
import { attachProxied } from '../proxy/proxied.ts'
import type { ProxySettings } from '../proxy/proxy-settings.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Attaching } from './attaching.ts'
import type { AttachmentStore } from './attachment-store.ts'
import type { BridgeNames } from './bridge-names.ts'
import type { Exposing } from './exposing.ts'
import { hostEndOf, isHostEnd } from './interface-commands.ts'
import type { LeaseCare } from './lease-care.ts'
import { RuleWatch } from './rule-watch.ts'

const RETRY_MS = { first: 500, most: 10_000 }
const RECONCILE_EVERY_MS = 30_000
/** How often it is asked whether rules were changed. */
const RULES_EVERY_MS = 2_000
/** Init systems kill after ten seconds what does not stop, and the router has its leave to take then. */
const STOP_MS_MAX = 3_000
/** Docker says `health_status: healthy`. */
const NAMED_AGAIN = /^(health_status|connect$|disconnect$)/
/** Docker is asked for all its containers once in so many rounds. */
const ROUNDS_PER_LOOK = 10

export interface KeeperOptions {
  readonly docker: DockerClient
  readonly attaching: Attaching
  readonly leases: Pick<LeaseCare, 'look'>
  readonly exposing: Exposing
  readonly store: AttachmentStore
  readonly names: BridgeNames
  readonly guard: Pick<PortGuard, 'restore'>
  readonly addresses: Pick<AddressSource, 'defaultSubnet'>
  /** False on a host that was launched without Docker. */
  readonly hasDocker: boolean
  /** Docker can be given networks of ours. */
  readonly hasPlugin: boolean
  /** For containers that were made through the proxy. */
  readonly how: () => ProxySettings
  readonly log: Logger
}

/**
 * Keeps what containers and host were given: over restarts of container, Docker, agent and host, and against what a command
 * that was killed has left. Docker may be absent; it is looked for again.
 */
export class ContainerKeeper {
  readonly #options: KeeperOptions
  readonly #ending = new AbortController()
  #ended: Promise<unknown> = Promise.resolve()
  readonly #failures = new Map<string, string>()
  readonly #rules = new RuleWatch(() => ruleGeneration(loadLibc()))

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  start(): void {
    const docker = this.#options.hasDocker ? [this.#follow()] : []
    this.#ended = Promise.all([this.#restoreHost(), ...docker, this.#care()])
  }

  /** What is under way comes to its end, unless it waits for too long: for a Docker that hangs, or a command that does. */
  async stop(): Promise<void> {
    this.#ending.abort()
    let late: NodeJS.Timeout | undefined
    const patience = new Promise<void>(resolve => {
      late = setTimeout(resolve, STOP_MS_MAX)
    })
    await Promise.race([this.#ended, patience])
    clearTimeout(late)
  }

  async #restoreHost(): Promise<void> {
    await this.#attempt('addresses of the host not restored', () => this.#options.exposing.restore())
    this.#rules.looked(performance.now())
  }

  async #follow(): Promise<void> {
    const { docker, log } = this.#options
    let waitMs = RETRY_MS.first
    let isKnownGone = false
    while (!this.#ending.signal.aborted) {
      try {
        const events = await docker.openEvents(this.#ending.signal)
        if (isKnownGone) log.write('info', 'Docker is back', { socket: docker.socketPath })
        isKnownGone = false
        waitMs = RETRY_MS.first
        const reconciled = this.#reconcile()
        for await (const { action, id } of events) {
          await reconciled
          await this.#hear(action, id)
        }
      } catch (cause) {
        if (this.#ending.signal.aborted) return
        if (!isKnownGone) log.write('warn', 'Docker cannot be asked', { reason: (cause as Error).message })
        isKnownGone = true
      }
      await this.#pause(waitMs)
      waitMs = Math.min(waitMs * 2, RETRY_MS.most)
    }
  }

  async #care(): Promise<void> {
    for (let round = 1; ; round++) {
      await this.#careForRules()
      if (this.#ending.signal.aborted) return
      if (!this.#options.hasDocker) continue
      await this.#removeStrays()
      if (round % ROUNDS_PER_LOOK === 0) await this.#freeAddresses()
    }
  }

  /** Until the time for all else: rules are put back soon after they were flushed, and looked at in the end in any case. */
  async #careForRules(): Promise<void> {
    const endsAt = performance.now() + RECONCILE_EVERY_MS
    while (performance.now() < endsAt) {
      await this.#pause(RULES_EVERY_MS)
      if (this.#ending.signal.aborted) return
      if (this.#rules.isDue(performance.now())) await this.#restoreRules()
    }
    await this.#restoreRules()
  }

  async #restoreRules(): Promise<void> {
    await this.#attempt('rules of the host not restored', () => this.#options.exposing.restoreRules())
    await this.#attempt('isolation of subnets not restored', () => this.#isolate())
    this.#rules.looked(performance.now())
  }

  async #freeAddresses(): Promise<void> {
    await this.#attempt('addresses of absent containers not freed', () => this.#options.leases.look())
  }

  async #isolate(): Promise<void> {
    const { guard, log } = this.#options
    if (await guard.restore()) log.write('warn', 'isolation of subnets put back')
  }

  async #hear(action: string, id: string): Promise<void> {
    const { attaching, names } = this.#options
    await this.#attempt('container not followed', async () => {
      if (action === 'start') {
        await attachProxied(this.#options, id)
        await names.add(id)
      } else if (NAMED_AGAIN.test(action)) await names.add(id)
      else if (action === 'die') await names.remove(id)
      else if (action === 'destroy') await attaching.forget(id)
    })
  }

  /** What happened while nobody listened. */
  async #reconcile(): Promise<void> {
    const { docker, names } = this.#options
    await this.#freeAddresses()
    await this.#attempt('containers not looked through', async () => {
      for (const id of await docker.list()) {
        await this.#attempt('container not attached again', () => attachProxied(this.#options, id))
        await this.#attempt('container not named', () => names.add(id))
      }
    })
    await this.#attempt('names of ended containers not taken away', () => names.prune())
    await this.#removeStrays()
    if (!this.#options.hasPlugin) return
    await this.#attempt('network of Docker not made', () => this.#ensureNetwork())
  }

  /** The one that is there from the start (Weave row PLG-01), as soon as its addresses are known. */
  async #ensureNetwork(): Promise<void> {
    const subnet = await this.#options.addresses.defaultSubnet()
    if (subnet === undefined) return
    const isNew = await this.#options.docker.ensureNetwork(weaveNetwork(subnet))
    if (isNew)
      this.#options.log.write('info', 'network of Docker made', { network: 'weave', subnet: formatIpNetwork(subnet) })
  }

  /** Of commands that were killed before they had written down what they did. */
  async #removeStrays(): Promise<void> {
    await this.#attempt('stray devices not looked for', () => this.#removeEachStray())
  }

  async #removeEachStray(): Promise<void> {
    const { docker, attaching, store, log } = this.#options
    const known = new Set(store.ids().map(hostEndOf))
    for (const device of readdirSync('/sys/class/net')) {
      if (!isHostEnd(device) || known.has(device)) continue
      await this.#attempt('stray device not removed', async () => {
        const container = await docker.find(device.slice(hostEndOf('').length))
        const removed = await attaching.removeStray(container?.id, device, () => deleteDevice(device))
        if (removed) log.write('warn', 'device without a record removed', { device, container: container?.name ?? '' })
      })
    }
  }

  async #attempt(failure: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
      this.#failures.delete(failure)
    } catch (cause) {
      const reason = (cause as Error).message
      // What fails each time in the same way is said once.
      if (this.#failures.get(failure) !== reason) this.#options.log.write('warn', failure, { reason })
      this.#failures.set(failure, reason)
    }
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#ending.signal }).catch(() => undefined)
  }
}
