import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { askRouter } from '../../src/agent/http/control-client.ts'
import { HOST_PATHS } from '../../src/contract/host-paths.ts'
import type { RouterStatus } from '../../src/core/router/index.ts'
import { AgentLab } from '../../test/system/agent/agent-lab.ts'
import type { Configure } from '../../test/system/agent/cluster-fixture.ts'
import { awaitAll } from './convergence.ts'

/** Who is told of whom. In chain and star routers link to those only that they are told of; in a mesh they choose. */
export type Shape = 'chain' | 'star' | 'mesh'

export interface LabWish {
  readonly count: number
  readonly shape: Shape
  /** The others are not told of the last one as a target. */
  readonly isLastLate?: boolean
}

export interface Running {
  readonly startedAt: number
  readonly pids: readonly number[]
}

/** So many, so that they link to each other. */
const RUN_BEFORE = 4

/** Hosts with one network in common, and an agent for each. */
export class ScaleLab {
  /** Those that start together. */
  readonly first: readonly string[]
  /** The one that starts later. */
  readonly late: string | undefined
  readonly #lab: AgentLab
  readonly #shape: Shape
  readonly #switch = `weave-${process.pid}-switch`

  private constructor(lab: AgentLab, { shape, isLastLate = false }: LabWish) {
    this.#lab = lab
    this.#shape = shape
    const hosts = lab.cluster.hosts.map(({ name }) => name)
    this.first = isLastLate ? hosts.slice(0, -1) : hosts
    this.late = isLastLate ? hosts.at(-1) : undefined
  }

  static async create(wish: LabWish): Promise<ScaleLab> {
    const { count, shape, isLastLate = false } = wish
    const hosts = Array.from({ length: count }, (_, i) => ({
      name: `h${i + 1}`,
      shortId: i + 1,
      address: addressOf(i),
      targets: targetsOf(shape, i, isLastLate ? count - 1 : count),
    }))
    const configure: Configure = config => ({ ...config, discovery: shape === 'mesh' })
    const lab = new ScaleLab(await AgentLab.create({ hosts, wires: [], configure }), wish)
    try {
      lab.#join()
      await lab.#runBefore()
    } catch (cause) {
      await lab.dispose()
      throw cause
    }
    return lab
  }

  /** Starts agents of which nothing is left from before: no state but their keys, and no bridge. */
  async startAnew(hosts: readonly string[]): Promise<Running> {
    for (const host of hosts) {
      rmSync(this.#lab.rootOf(host), { recursive: true, force: true })
      await this.#lab.cluster.write(this.#lab.rootOf(host), host)
      await this.#lab.on(host, 'ip', 'link', 'delete', 'weave')
    }
    const startedAt = performance.now()
    return { startedAt, pids: hosts.map(host => this.#lab.begin(host, 'info').pid ?? 0) }
  }

  /** Ends all agents. */
  async stop(): Promise<void> {
    const hosts = this.late === undefined ? this.first : [...this.first, this.late]
    for (const host of hosts) await this.#lab.kill(host)
  }

  /** Ends one agent as a crash would. */
  async kill(host: string): Promise<void> {
    await this.#lab.kill(host)
  }

  /** Takes the host's cable out where others do not see it: nobody is told. */
  cut(host: string): void {
    ip(this.#switch, 'link', 'set', host, 'down')
  }

  mend(host: string): void {
    ip(this.#switch, 'link', 'set', host, 'up')
  }

  /** Links that the host is told to have: a router of a mesh chooses. */
  mustDial(host: string): number {
    return this.#shape === 'mesh' ? 0 : this.#lab.cluster.host(host).targets.length
  }

  addressOf(host: string): string | undefined {
    return this.#lab.cluster.hosts.find(({ name }) => name === host)?.address
  }

  peers(host: string): Promise<RouterStatus['peers'] | undefined> {
    return this.#ask(host, '/status/peers')
  }

  connections(host: string): Promise<RouterStatus['connections'] | undefined> {
    return this.#ask(host, '/status/connections')
  }

  async dispose(): Promise<void> {
    await this.#lab.dispose()
    execFileSync('ip', ['netns', 'delete', this.#switch])
  }

  /** Undefined while the agent is not up. */
  async #ask<T>(host: string, path: string): Promise<T | undefined> {
    const socket = join(this.#lab.rootOf(host), HOST_PATHS.controlSocket)
    try {
      return JSON.parse(await askRouter(socket, { path: `${path}?format=json` })) as T
    } catch (cause) {
      const { exitCode } = this.#lab.agent(host)
      if (exitCode !== null) throw new Error(`the agent of ${host} ended: ${this.#lab.log(host)}`, { cause })
      return undefined
    }
  }

  /** Routers of hosts have run before, as a rule: what the engine made of their program is kept beside it, as after that. */
  async #runBefore(): Promise<void> {
    const hosts = this.first.slice(0, RUN_BEFORE)
    await this.startAnew(hosts)
    const code = ['router', 'weave-data-path'].map(name => join(this.#lab.folder, 'release', 'code', name))
    await awaitAll(hosts, async () => code.every(existsSync) || `${code.join(' or ')} is not there`)
    for (const host of hosts) await this.#lab.kill(host)
  }

  /**
   * A cable from each host to a switch. Addresses of the network cards are given: the kernel's table of them is one for all namespaces,
   * and too small for so many hosts.
   */
  #join(): void {
    execFileSync('ip', ['netns', 'add', this.#switch])
    ip(this.#switch, 'link', 'add', 'switch', 'type', 'bridge')
    ip(this.#switch, 'link', 'set', 'switch', 'up')
    const hosts = this.#lab.cluster.hosts
    hosts.forEach(({ name: host }, i) => {
      const namespace = this.#lab.prefix(host).at(-1) ?? ''
      const near = ['link', 'add', host, 'type', 'veth', 'peer', 'name', 'eth0', 'address', cardOf(i)]
      ip(this.#switch, ...near, 'netns', namespace)
      ip(this.#switch, 'link', 'set', host, 'master', 'switch', 'up')
      ip(namespace, 'address', 'add', `${addressOf(i)}/16`, 'dev', 'eth0')
      ip(namespace, 'link', 'set', 'eth0', 'up')
      const others = hosts.map((_, j) => j).filter(j => j !== i)
      const lines = others.map(j => `neigh add ${addressOf(j)} lladdr ${cardOf(j)} dev eth0 nud permanent\n`)
      const batch = join(this.#lab.folder, 'neighbours')
      writeFileSync(batch, lines.join(''))
      ip(namespace, '-batch', batch)
    })
  }
}

function targetsOf(shape: Shape, i: number, inMesh: number): readonly string[] {
  switch (shape) {
    case 'chain':
      return i === 0 ? [] : [addressOf(i - 1)]
    case 'star':
      return i === 0 ? [] : [addressOf(0)]
    case 'mesh':
      return Array.from({ length: inMesh }, (_, j) => addressOf(j)).filter((_, j) => j !== i)
  }
}

function addressOf(i: number): string {
  return `10.92.0.${i + 1}`
}

function cardOf(i: number): string {
  return `02:00:5c:00:00:${(i + 1).toString(16).padStart(2, '0')}`
}

function ip(namespace: string, ...args: readonly string[]): void {
  execFileSync('ip', ['-n', namespace, ...args])
}
