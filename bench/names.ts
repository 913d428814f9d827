/**
 * `npm run bench:names [-- RATE…]`: what the name server of a router answers of so many questions a second (10,000 and as many as it can, if
 * nothing is said), and how long an answer takes. It knows 10 containers on each of 1,000 hosts. Needs dnsperf, a package of Debian.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DnsServer } from '../src/agent/dns-server/dns-server.ts'
import { Upstream } from '../src/agent/dns-server/upstream.ts'
import type { PeerName } from '../src/base/peer-name.ts'
import { type Entry, encodeEntries } from '../src/core/dns/entry.ts'
import { Names } from '../src/core/dns/names.ts'

const HOSTS = 1000
const CONTAINERS = 10
const SECONDS = 10
const UNLIMITED = 1_000_000

const folder = mkdtempSync(join(tmpdir(), 'weave-bench-names-'))
const server = new DnsServer({
  port: 0,
  address: () => '127.0.0.1',
  domains: ['weave.local'],
  ttlSeconds: 1,
  nearestFirst: false,
  upstream: new Upstream({ resolvConf: '/nonexistent', timeoutMs: 100, own: () => [], clock: () => 0 }),
  shared: () => ({ ipam: undefined, names }),
  log: { write: () => undefined },
})
const names = knownNames()
try {
  await server.open()
  const questions = join(folder, 'questions')
  writeFileSync(questions, [...names.all].map(({ name }, i) => `${i % 10 === 0 ? `no-${name}` : name} A\n`).join(''))
  const rates = process.argv.slice(2).map(Number)
  for (const rate of rates.length > 0 ? rates : [10_000, UNLIMITED]) await measure(rate, questions)
} finally {
  server.close()
  rmSync(folder, { recursive: true })
}

function knownNames(): Names {
  const known = new Names({ self: peer(0), stored: undefined })
  for (let host = 1; host <= HOSTS; host++) {
    const entries = Array.from({ length: CONTAINERS }, (_, i): Entry => {
      const address = `10.${32 + (host >> 8)}.${host & 255}.${i + 1}`
      return { id: `c${i}`, name: `web-${i}.host-${host}.weave.local`, data: { kind: 'address', address } }
    })
    known.heard(peer(host), encodeEntries(entries), 0)
  }
  known.reach(new Set(Array.from({ length: HOSTS }, (_, i) => peer(i + 1))), 0)
  return known
}

function peer(number: number): PeerName {
  return `02:00:00:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}` as PeerName
}

async function measure(rate: number, questions: string): Promise<void> {
  const { ip = '', port = 0 } = server.listening ?? {}
  const before = process.cpuUsage()
  const asking = ['-s', ip, '-p', String(port), '-d', questions, '-l', String(SECONDS), '-c', '8', '-t', '1']
  const { stdout } = await promisify(execFile)('dnsperf', [...asking, '-Q', String(rate)], { maxBuffer: 1 << 26 })
  const { user, system } = process.cpuUsage(before)
  const said = (label: string) => new RegExp(`${label}: +(.*)`).exec(stdout)?.[1] ?? 'not said'
  const wished = rate === UNLIMITED ? 'as many as it can' : `${rate} a second`
  process.stdout.write(
    `asked ${wished}: answered ${Math.round(Number(said('Queries per second')))} a second, lost ${said('Queries lost')}, ` +
      `latency ${said('Average Latency \\(s\\)')} s, ${((user + system) / 10_000 / SECONDS).toFixed(0)} % of a core\n`,
  )
}
