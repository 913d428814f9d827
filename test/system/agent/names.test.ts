import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { askRouter } from '../../../src/agent/http/control-client.ts'
import { HOST_PATHS } from '../../../src/contract/host-paths.ts'
import { eventually } from '../eventually.ts'
import { AgentLab } from './agent-lab.ts'

const HOSTS = ['a', 'b', 'c'] as const
type HostName = (typeof HOSTS)[number]
const NAME_SERVER = { a: '10.2.0.1', b: '10.2.0.2', c: '10.2.0.3' } as const

/** Weave rows IPM and DNS: three routers in a chain that share one space of addresses and one of names. */
describe('addresses and names of three hosts', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.createChain()
    await Promise.all(HOSTS.map(host => lab.launch(host)))
    await Promise.all(HOSTS.map(host => lab.awaitReachable(host)))
    await Promise.all(HOSTS.map(host => answersNames(host)))
  })

  afterAll(() => lab?.dispose())

  it('are given once in all, whoever asks (IPM-04)', async () => {
    const wishes = HOSTS.flatMap(host => Array.from({ length: 20 }, (_, i) => allocate(host, idOf(host, i))))
    const given = await Promise.all(wishes)
    expect(new Set(given).size).toBe(60)
    expect(given.every(address => /^10\.2\.[123]\.\d+\/16$/.test(address))).toBe(true)
    expect(await allocate('b', idOf('b', 3))).toBe(given[23])
  })

  it('can be claimed wherever they are, by one container alone (IPM-06, IPM-10)', async () => {
    await ask('a', 'PUT', '/ip/first/10.2.1.77/16')
    await ask('a', 'PUT', '/ip/first/10.2.1.77/16')
    await ask('a', 'PUT', '/ip/abroad/10.2.3.77/16')
    await expect(ask('a', 'PUT', '/ip/second/10.2.1.77/16')).rejects.toThrow(/10\.2\.1\.77/)
    await expect(ask('c', 'PUT', '/ip/second/10.2.3.77/16')).rejects.toThrow(/10\.2\.3\.77/)
    await ask('a', 'DELETE', '/ip/first/10.2.1.77')
    await ask('a', 'PUT', '/ip/second/10.2.1.77/16')
    await expect(ask('a', 'DELETE', '/ip/first')).rejects.toThrow(/no addresses for first/)
    expect((await ask('a', 'GET', '/ip/abroad')).trim()).toBe('10.2.3.77/16')
  })

  it('are looked up over UDP and TCP, by every resolver, on every host (DNS-02, DNS-07)', async () => {
    await name('c', 'web', '10.2.3.7', 'web.weave.local')
    await lab.weave('b', 'dns-add', '-h', 'mail.weave.local', '--cname', 'web.weave.local')
    await lab.weave('b', 'dns-add', '-h', '_http._tcp.weave.local', '--srv', '10 5 8080 web.weave.local')
    await lab.weave('b', 'dns-add', '-h', 'note.weave.local', '--txt', 'three tiers')
    expect(await lab.weave('a', 'dns-add', '10.2.3.7', '-h', 'stray.weave.local')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("address 10.2.3.7 is host c's"),
    })
    await eventually(10_000, async () => (await dig('a', 'note.weave.local', 'TXT')) !== '' || 'not told')
    for (const host of HOSTS) {
      await eventually(10_000, async () => (await dig(host, 'web.weave.local')) !== '' || `not told to ${host}`)
      expect(await dig(host, 'WEB.weave.local')).toBe('10.2.3.7\n')
    }
    expect(await dig('a', '-x', '10.2.3.7')).toBe('web.weave.local.\n')
    expect(await dig('a', 'mail.weave.local')).toBe('web.weave.local.\n10.2.3.7\n')
    expect(await dig('a', '_http._tcp.weave.local', 'SRV')).toBe('10 5 8080 web.weave.local.\n')
    expect(await dig('a', 'note.weave.local', 'TXT')).toBe('"three tiers"\n')
    expect(await dig('a', '+tcp', 'web.weave.local')).toBe('10.2.3.7\n')
    expect((await lab.weave('a', 'dns-lookup', 'web.weave.local')).stdout).toBe('10.2.3.7\n')
    const drill = await lab.on('a', 'drill', '-Q', 'web.weave.local', `@${NAME_SERVER.a}`)
    expect(drill).toMatchObject({ exitCode: 0, stdout: '10.2.3.7\n' })
    const unknown = await digWhole('a', 'nobody.weave.local')
    expect(unknown).toContain('status: NXDOMAIN')
  })

  it('are found by a container’s C library, glibc or musl, with the search domain', async () => {
    const container = lab.addContainer('a')
    const file = join(lab.folder, 'resolv.conf')
    writeFileSync(file, `nameserver ${NAME_SERVER.a}\nsearch weave.local\noptions timeout:10\n`)
    const resolving = `mount --bind ${file} /etc/resolv.conf && exec "$@"`
    const inside = (...words: string[]) =>
      lab.on(container, 'unshare', '--mount', 'sh', '-c', resolving, 'sh', ...words)
    const getent = (...words: string[]) => inside('getent', ...words)
    expect((await getent('ahostsv4', 'web')).stdout).toMatch(/^10\.2\.3\.7 +STREAM web\.weave\.local$/m)
    expect((await getent('hosts', '10.2.3.7')).stdout).toMatch(/^10\.2\.3\.7 +web\.weave\.local$/m)
    expect(await getent('ahostsv4', 'nobody.weave.local')).toMatchObject({ exitCode: 2 })
    const musl = buildWithMusl('resolve-program.c', join(lab.folder, 'resolve'))
    for (const word of ['web', 'web.weave.local', 'mail']) {
      expect(await inside(musl, word)).toMatchObject({ exitCode: 0, stdout: '10.2.3.7\n' })
    }
    expect(await inside(musl, 'nobody.weave.local')).toMatchObject({ exitCode: 2, stdout: 'Name does not resolve\n' })
  })

  it('fit what the client takes: cut with a mark, whole over TCP or with EDNS (DNS-06)', async () => {
    const addresses = Array.from({ length: 30 }, (_, i) => `10.2.2.${i + 100}`)
    await Promise.all(addresses.map(address => name('b', 'many', address, 'many.weave.local')))
    const all = (text: string) => new Set(text.trim().split('\n')).size
    await eventually(10_000, async () => all(await dig('c', '+tcp', 'many.weave.local')) === 30 || 'not told')
    expect(await digWhole('c', '+noedns', '+ignore', 'many.weave.local')).toMatch(/flags:[^;]* tc[ ;]/)
    expect(all(await dig('c', '+noedns', 'many.weave.local'))).toBe(30)
    expect(await digWhole('c', '+bufsize=4096', '+ignore', 'many.weave.local')).not.toMatch(/flags:[^;]* tc[ ;]/)
  })

  it('are all answered, and rightly, to many clients that ask at once', async () => {
    const questions = join(lab.folder, 'questions')
    const lines = ['web.weave.local A', 'many.weave.local A', 'mail.weave.local A', 'none.weave.local A', 'web AAAA']
    writeFileSync(questions, `${lines.join('\n')}\n`)
    // Each file 2,000 times over, by 8 clients; what is lost is not asked for again.
    const asking = ['dnsperf', '-s', NAME_SERVER.a, '-d', questions, '-n', '2000', '-c', '8', '-q', '100', '-t', '30']
    const { stdout } = await lab.on('a', ...asking)
    expect(stdout).toMatch(/Queries completed: +10000 \(100\.00%\)/)
    expect(stdout).toMatch(/Response codes: +NOERROR 8000 \(80\.00%\), NXDOMAIN 2000 \(20\.00%\)/)
  })

  it('are kept over kill -9 and a new start', async () => {
    const before = JSON.parse(await ask('b', 'GET', '/ip'))
    expect(before.owned).toHaveLength(20)
    await lab.kill('b')
    await lab.launch('b')
    expect(JSON.parse(await ask('b', 'GET', '/ip'))).toEqual(before)
    await lab.awaitReachable('b')
    const others = await Promise.all(HOSTS.map(async host => JSON.parse(await ask(host, 'GET', '/ip')).owned))
    const held = others.flat().flatMap((owner: { addrs: string[] }) => owner.addrs)
    expect(held).not.toContain(await allocate('b', 'after the crash'))
    await answersNames('b')
    expect(await dig('b', 'note.weave.local', 'TXT')).toBe('"three tiers"\n')
    await eventually(10_000, async () => (await dig('a', 'note.weave.local', 'TXT')) !== '' || 'not told again')
  })

  it('are answered on from the side that is cut off, and marked stale', async () => {
    await lab.on('b', 'ip', 'link', 'set', 'bc', 'down')
    await eventually(20_000, async () => {
      const names = await ask('a', 'GET', '/status/dns')
      return /^web .* - unreachable!$/m.test(names) || names
    })
    const stale = await digWhole('a', 'web.weave.local')
    expect(stale).toMatch(/IN\s+A\s+10\.2\.3\.7/)
    expect(stale).toMatch(/EDE: 3 \(Stale Answer\)/)
    expect(await dig('c', 'web.weave.local')).toBe('10.2.3.7\n')
    await lab.on('b', 'ip', 'link', 'set', 'bc', 'up')
    await eventually(20_000, async () => {
      const names = await ask('a', 'GET', '/status/dns')
      return !names.includes('unreachable!') || names
    })
  })

  it('stay those of a host that may be starting again, whatever the operator of another says (CLI-20, API-18, IPM-10)', async () => {
    await lab.kill('a')
    await eventually(20_000, async () => {
      const { exitCode, stderr } = await lab.weave('c', 'rmpeer', 'a')
      const isRefused = exitCode === 1 && /may be starting again.*in \d+ s; 'npx weave-provision remove/.test(stderr)
      return isRefused || `${exitCode} ${stderr}`
    })
    await lab.launch('a')
    await lab.awaitReachable('a')
    await ask('a', 'PUT', '/ip/still/10.2.1.99/16')
    expect((await ask('a', 'GET', '/ip/still')).trim()).toBe('10.2.1.99/16')
  })

  it('come back when a host is removed from the manifest', async () => {
    await lab.kill('c')
    await lab.provide('b', HOST_PATHS.manifest, await lab.cluster.signedManifest(2, ['c']))
    lab.signal('b', 'SIGHUP')
    await ask('b', 'PUT', '/ip/heir/10.2.3.9/16')
    expect((await ask('b', 'GET', '/ip/heir')).trim()).toBe('10.2.3.9/16')
    expect(await dig('b', 'web.weave.local')).toBe('')
  })

  function ask(host: HostName, method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: URLSearchParams) {
    const wish = { method, path, timeoutMs: 45_000 }
    const socket = join(lab.rootOf(host), HOST_PATHS.controlSocket)
    return askRouter(socket, body === undefined ? wish : { ...wish, body })
  }

  async function allocate(host: HostName, id: string): Promise<string> {
    return (await ask(host, 'POST', `/ip/${encodeURIComponent(id)}`)).trim()
  }

  async function name(host: HostName, id: string, address: string, fqdn: string): Promise<void> {
    await ask(host, 'PUT', `/name/${id}/${address}`, new URLSearchParams({ fqdn }))
  }

  async function dig(host: HostName, ...question: string[]): Promise<string> {
    return (await lab.on(host, 'dig', `@${NAME_SERVER[host]}`, '+short', '+tries=3', '+time=10', ...question)).stdout
  }

  async function digWhole(host: HostName, ...question: string[]): Promise<string> {
    return (await lab.on(host, 'dig', `@${NAME_SERVER[host]}`, '+tries=3', '+time=10', ...question)).stdout
  }

  function answersNames(host: HostName): Promise<void> {
    return eventually(20_000, async () => {
      const at = await ask(host, 'GET', '/dns-address').catch(cause => String(cause))
      return at.trim() === NAME_SERVER[host] || `names are not answered: ${at}`
    })
  }
})

/** A program of its own: nothing of this machine's C library is in it. */
function buildWithMusl(source: string, program: string): string {
  const library = '/usr/lib/x86_64-linux-musl'
  const headers = ['-nostdinc', '-isystem', '/usr/include/x86_64-linux-musl']
  const parts = [
    `${library}/crt1.o`,
    `${library}/crti.o`,
    new URL(source, import.meta.url).pathname,
    `${library}/libc.a`,
    `${library}/crtn.o`,
  ]
  execFileSync('clang', ['-static', '-nostdlib', ...headers, ...parts, '-o', program])
  return program
}

function idOf(host: HostName, number: number): string {
  return `${host}${String(number).padStart(63, '0')}`
}
