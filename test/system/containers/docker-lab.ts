import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'
import { endOf, eventually, type Outcome } from '../agent/agent-lab.ts'
import { ClusterFixture } from '../agent/cluster-fixture.ts'

const run = promisify(execFile)
/** A /run of its own, and the /sys of its own network with the control groups of the machine. */
const SWITCH = `mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir /run/cgroup &&
  mount --rbind /sys/fs/cgroup /run/cgroup && mount -t sysfs sysfs /sys && mount --rbind /run/cgroup /sys/fs/cgroup`
const HOSTS = [
  { name: 'a', shortId: 1, address: '10.93.1.1', targets: ['10.93.1.2'] },
  { name: 'b', shortId: 2, address: '10.93.1.2', targets: [] },
] as const

export type HostName = (typeof HOSTS)[number]['name']

interface Host {
  readonly root: string
  readonly holder: ChildProcess
  docker: ChildProcess | undefined
  agent: ChildProcess | undefined
}

/**
 * Two hosts on one machine, each with a network, a /run and a Docker daemon of its own, and a real agent; a cable between them.
 * Quicker than the lab of nspawn hosts, which boots them.
 */
export class DockerLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'weave-docker-'))
  readonly #hosts = new Map<HostName, Host>()
  readonly #cluster: ClusterFixture
  readonly #logs = new Map<string, string>()

  private constructor(cluster: ClusterFixture) {
    this.#cluster = cluster
  }

  static async create(): Promise<DockerLab> {
    execFileSync(process.execPath, [join(PROJECT_ROOT, 'scripts', 'build.mjs')])
    const lab = new DockerLab(await ClusterFixture.create(HOSTS))
    lab.#makeImage()
    for (const { name } of HOSTS) await lab.#addHost(name)
    lab.#connect()
    await Promise.all(HOSTS.map(({ name }) => lab.startDocker(name)))
    for (const { name } of HOSTS) await lab.#importImage(name)
    return lab
  }

  rootOf(host: HostName): string {
    return this.#host(host).root
  }

  /** In the host's namespaces; `input` is the command's standard input. */
  async on(host: HostName, argv: readonly string[], input?: string): Promise<Outcome> {
    const [program = '', ...args] = this.#entered(host, argv)
    const options = { env: this.#environment(host), timeout: 120_000, maxBuffer: 64 * 1024 * 1024 }
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
  }

  async launch(host: HostName, ...options: readonly string[]): Promise<void> {
    const state = this.#host(host)
    state.agent = this.spawn(host, [...this.program, 'launch', '--foreground', ...options], `agent-${host}`)
    await eventually(20_000, async () => {
      const { exitCode } = await this.weave(host, 'status')
      return exitCode === 0 || `no agent on ${host}: ${this.log(`agent-${host}`)}`
    })
  }

  async stopAgent(host: HostName, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { agent } = this.#host(host)
    if (agent === undefined) return
    agent.kill(signal)
    await endOf(agent)
  }

  async dispose(): Promise<void> {
    for (const { name } of HOSTS) {
      if (!this.#hosts.has(name)) continue
      await this.on(name, ['sh', '-c', 'docker ps -q | xargs -r docker kill'])
      await this.stopAgent(name, 'SIGKILL')
      await this.stopDocker(name)
      const { holder } = this.#host(name)
      const ended = endOf(holder)
      holder.kill('SIGKILL')
      await ended
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  #host(name: HostName): Host {
    const host = this.#hosts.get(name)
    if (host === undefined) throw new Error(`no host ${name}`)
    return host
  }

  #environment(host: HostName): NodeJS.ProcessEnv {
    return { ...process.env, WEAVE_ROOT: this.#host(host).root, DOCKER_HOST: 'unix:///run/docker.sock' }
  }

  #entered(host: HostName, argv: readonly string[]): readonly string[] {
    return ['nsenter', '-t', String(this.#host(host).holder.pid), '-n', '-m', ...argv]
  }

  async #addHost(name: HostName): Promise<void> {
    const root = join(this.folder, name)
    mkdirSync(root)
    await this.#cluster.write(root, name)
    const plugins = `${root}/run/docker/plugins`
    mkdirSync(plugins, { recursive: true })
    const script = `${SWITCH} && mkdir -p /run/docker/plugins && mount --bind ${plugins} /run/docker/plugins && ip link set lo up && sysctl -qw net.ipv4.ip_forward=0 && echo ready && exec sleep infinity`
    const holder = spawn('unshare', ['--net', '--mount', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve())
      holder.once('exit', code => reject(new Error(`the host ${name} ended with ${code}`)))
    })
    this.#hosts.set(name, { root, holder, docker: undefined, agent: undefined })
  }

  #connect(): void {
    const [a, b] = HOSTS.map(({ name }) => String(this.#host(name).holder.pid))
    execFileSync('nsenter', [
      '-t',
      `${a}`,
      '-n',
      'ip',
      'link',
      'add',
      'eth0',
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      `${b}`,
    ])
    for (const { name, address } of HOSTS) {
      const enter = ['-t', String(this.#host(name).holder.pid), '-n', 'ip']
      execFileSync('nsenter', [...enter, 'address', 'add', `${address}/24`, 'dev', 'eth0'])
      execFileSync('nsenter', [...enter, 'link', 'set', 'eth0', 'up'])
    }
  }

  /** A root file system of one program: busybox under all its names. */
  #makeImage(): void {
    const root = join(this.folder, 'image')
    for (const path of ['bin', 'etc', 'tmp']) mkdirSync(join(root, path), { recursive: true })
    copyFileSync('/bin/busybox', join(root, 'bin', 'busybox'))
    const names = execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).split('\n')
    for (const name of names.filter(one => one !== '' && one !== 'busybox')) {
      execFileSync('ln', ['-s', 'busybox', join(root, 'bin', name)])
    }
    writeFileSync(join(root, 'etc', 'passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
    execFileSync('tar', ['-cf', join(this.folder, 'image.tar'), '-C', root, '.'])
  }

  async #importImage(host: HostName): Promise<void> {
    await this.docker(host, 'import', join(this.folder, 'image.tar'), 'busybox:test')
  }
}

export function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
