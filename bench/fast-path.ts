/**
 * Compares the kernel fast path, direct and through relays, with plain kernel VXLAN between the same two hosts: one TCP stream, all
 * candidates in turn in each round. As root; needs iperf3. Options: --rounds N (5), --seconds N (4).
 */
import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { FastPathLab, MTU } from '../test/system/fastpath/fast-path-lab.ts'

const PLAIN_PORT = '4789'
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    output: { type: 'string' },
  },
})
const rounds = Number(values.rounds)

interface Candidate {
  readonly name: string
  readonly from: string
  readonly to: string
}

const lab = await FastPathLab.create(4)
const plain = [1, 2].map(host => `${lab.host(host)}p`)
try {
  await lab.applyAll()
  addPlain(1, 2)
  addPlain(2, 1)
  const candidates: readonly Candidate[] = [
    { name: 'plain VXLAN', from: plain[0] ?? '', to: '10.3.0.2' },
    { name: 'fast path, direct', from: lab.container(1), to: '10.2.0.2' },
    { name: 'fast path, one relay', from: lab.container(1), to: '10.2.0.3' },
    { name: 'fast path, two relays', from: lab.container(1), to: '10.2.0.4' },
  ]
  for (const server of [plain[1] ?? '', ...[2, 3, 4].map(host => lab.container(host))]) {
    spawn('ip', ['netns', 'exec', server, 'iperf3', '-s', '-D'], { stdio: 'ignore' })
  }
  await sleep(1000)
  report(candidates, measureAll(candidates))
} finally {
  for (const namespace of [...plain, ...[2, 3, 4].map(host => lab.container(host))]) endAll(namespace)
  for (const namespace of plain) execFileSync('ip', ['netns', 'delete', namespace])
  await lab.dispose()
}
process.exit(0)

function measureAll(candidates: readonly Candidate[]): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>(candidates.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const candidate of candidates) found.get(candidate.name)?.push(measure(candidate))
  }
  return found
}

/** Gbit/s that arrived. */
function measure({ from, to }: Candidate): number {
  const argv = ['netns', 'exec', from, 'iperf3', '-c', to, '-t', values.seconds, '-J']
  const { end } = JSON.parse(execFileSync('ip', argv, { encoding: 'utf8' }))
  return end.sum_received.bits_per_second / 1e9
}

function report(candidates: readonly Candidate[], found: ReadonlyMap<string, readonly number[]>): void {
  const medians = candidates.map(({ name }) => median(found.get(name) ?? []))
  const results = candidates.map(({ name }, i) => {
    const base = i <= 1 ? medians[0] : medians[1]
    return { name, gigabits: medians[i] ?? 0, ratio: (medians[i] ?? 0) / (base ?? 1), rounds: found.get(name) }
  })
  for (const [i, { name, gigabits, ratio }] of results.entries()) {
    const to = i === 0 ? '' : `${ratio.toFixed(2)} of ${i === 1 ? 'plain VXLAN' : 'direct'}`
    console.log(`${name.padEnd(24)} ${gigabits.toFixed(2).padStart(6)} Gbit/s   ${to}`.trimEnd())
  }
  if (values.output !== undefined) writeFileSync(values.output, `${JSON.stringify({ mtu: MTU, results }, null, 2)}\n`)
}

/** A container on a bridge of its own that a VXLAN device with one remote leads away from: what the kernel does without us. */
function addPlain(host: number, peer: number): void {
  const [outside, inside] = [lab.host(host), `${lab.host(host)}p`]
  const ip = (...args: readonly string[]) => execFileSync('ip', args)
  ip('netns', 'add', inside)
  ip('-n', outside, 'link', 'add', 'plain', 'type', 'bridge')
  const [local, remote] = [lab.address(peer, host), lab.address(host, peer)]
  const tunnel = ['type', 'vxlan', 'id', '42', 'local', local, 'remote', remote, 'dstport', PLAIN_PORT]
  ip('-n', outside, 'link', 'add', 'plain-vx', ...tunnel)
  ip('-n', outside, 'link', 'set', 'plain-vx', 'mtu', String(MTU), 'master', 'plain', 'up')
  const pair = ['type', 'veth', 'peer', 'name', 'eth0', 'mtu', String(MTU), 'netns', inside]
  ip('-n', outside, 'link', 'add', 'plain-c', 'mtu', String(MTU), ...pair)
  ip('-n', outside, 'link', 'set', 'plain-c', 'master', 'plain', 'up')
  ip('-n', outside, 'link', 'set', 'plain', 'up')
  ip('-n', inside, 'address', 'add', `10.3.0.${host}/24`, 'dev', 'eth0')
  ip('-n', inside, 'link', 'set', 'eth0', 'up')
}

function endAll(namespace: string): void {
  const pids = execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' })
  for (const pid of pids.split('\n').filter(line => line !== '')) process.kill(Number(pid), 'SIGKILL')
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
