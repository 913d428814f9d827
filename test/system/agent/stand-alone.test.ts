import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HOST_PATHS } from '../../../src/contract/host-paths.ts'
import { eventually } from '../eventually.ts'
import { AgentLab, closeOf } from './agent-lab.ts'
import { patiently } from './patience.ts'

const FIRST = 'first-kw93-tessellate-orchard'
const SECOND = 'second-pq71-marzipan-viaduct'
const WRONG = 'wrong-zz55-umbrella-quarry'
const HOSTS = [
  { name: 'a', shortId: 1, address: '10.91.1.1', targets: [] },
  { name: 'b', shortId: 2, address: '10.91.1.2', targets: [] },
  { name: 'c', shortId: 3, address: '10.91.2.3', targets: [] },
  { name: 'd', shortId: 4, address: '10.91.3.4', targets: ['10.91.3.2'] },
]

/** a, b and c are launched by hand; d has the certificates of a cluster. All have a wire to b only. */
describe('hosts without a provisioner', () => {
  let lab: AgentLab
  /** What commands showed. */
  const shown: string[] = []

  beforeAll(async () => {
    lab = await AgentLab.create({
      hosts: HOSTS,
      wires: [
        ['a 10.91.1.1/24', 'b 10.91.1.2/24'],
        ['b 10.91.2.2/24', 'c 10.91.2.3/24'],
        ['b 10.91.3.2/24', 'd 10.91.3.4/24'],
      ],
    })
    for (const host of ['a', 'b', 'c']) {
      for (const folder of ['etc', 'var']) rmSync(join(lab.rootOf(host), folder), { recursive: true, force: true })
    }
    for (const [name, text] of Object.entries({ first: FIRST, second: SECOND, wrong: WRONG })) {
      writeFileSync(file(name), `${text}\n`, { mode: 0o600 })
    }
  })

  afterAll(async () => {
    for (const { name } of HOSTS) await lab?.weave(name, 'stop')
    await lab?.dispose()
  })

  it('that share a password find each other and carry frames', async () => {
    expect(await weave('b', 'launch', '--password-file', file('first'), '--nickname', 'bee')).toMatchObject({
      exitCode: 0,
      stderr: '',
    })
    const launch = ['launch', '--password-file', file('first'), '10.91.1.2']
    expect(await lab.on('a', 'env', 'WEAVE_MTU=1300', ...lab.program, ...launch)).toMatchObject({ exitCode: 0 })
    await awaitPeers('a', 2)
    for (const device of ['weave', 'weave-tap']) {
      expect((await lab.on('a', 'cat', `/sys/class/net/${device}/mtu`)).stdout).toBe('1300\n')
    }
    for (const [host, address] of [
      ['a', '10.2.0.1'],
      ['b', '10.2.0.2'],
    ] as const) {
      await lab.on(host, 'ip', 'address', 'replace', `${address}/16`, 'dev', 'weave')
    }
    expect((await lab.on('a', 'ping', '-c', '5', '-i', '0.2', '-W', '2', '10.2.0.2')).stdout).toContain('5 received')
    const { stdout } = await weave('a', 'status')
    expect(stdout).toContain('Encryption: enabled (password)')
    expect((await weave('a', 'status', 'connections')).stdout).toMatch(/established.*\(bee\)/)
  })

  it('keep their password where only root reads it', () => {
    const path = join(lab.rootOf('a'), HOST_PATHS.password)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(path, 'utf8')).toBe(`${FIRST}\n`)
  })

  it('refuse who has no password, in words that both ends understand', async () => {
    const launched = await weave('c', 'launch', '10.91.2.2')
    expect(launched.stderr).toContain('warning: no password')
    expect((await weave('c', 'status')).stdout).toContain('WHOEVER REACHES THIS HOST IS LET IN')
    await awaitText('c', ['status', 'connections'], /it asks for a password, and this host has none/)
    await awaitText('b', ['events'], /it has no password, and this host asks for one/)
    await weave('c', 'stop')
  })

  it('refuse a wrong password, and after a few try none any more', async () => {
    const startedAt = new Date().toISOString()
    lab.follow('c', 'c', 'launch', '--foreground', '-password', WRONG, '10.91.2.2')
    await awaitText('c', ['status', 'connections'], /wrong password: this host and the other have different ones/)
    await awaitText('b', ['events'], /wrong password: this host and the other have different ones/)
    await awaitText('c', ['status', 'connections'], /too many wrong passwords/, 40_000)
    expect(peersOf(await weave('b', 'status', 'peers', '--json'))).toHaveLength(2)
    const { admission } = JSON.parse((await weave('b', 'status', '--json')).stdout)
    expect(admission).toMatchObject({ kind: 'password', valid: 1 })
    const { stdout } = await weave('b', 'events', '--json', '--since', startedAt)
    expectFiveGuesses(
      stdout.split('\n').flatMap(line => (line.includes('connection refused') ? [JSON.parse(line)] : [])),
    )
    expect((await lab.on('a', 'ping', '-c', '3', '-i', '0.2', '-W', '2', '10.2.0.2')).stdout).toContain('3 received')
  })

  it('show no password to who lists processes', () => {
    expect(lab.agent('c').exitCode).toBeNull()
    const holders = processes().filter(({ text }) => [FIRST, SECOND, WRONG].some(secret => text.includes(secret)))
    expect(holders).toEqual([])
  })

  it('and a cluster with certificates tell each other apart', async () => {
    await lab.launch('d')
    await awaitText('d', ['status', 'connections'], /perhaps it was launched without certificates/)
    await weave('b', 'connect', '10.91.3.4')
    await awaitText('b', ['status', 'connections'], /10\.91\.3\.4.*perhaps its cluster uses certificates/)
    await awaitText('d', ['events'], /launched without certificates, which this cluster uses/)
    await weave('b', 'forget', '10.91.3.4')
  })

  it('change their password without losing a packet', async () => {
    const pinging = lab.spawn('a', ['ping', '-i', '0.05', '-c', '200', '-W', '2', '10.2.0.2'], { name: 'ping' })
    for (const host of ['b', 'a']) {
      const changed = await weave(host, 'password', '--file', file('second'))
      expect(changed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('two passwords are valid') })
    }
    for (const host of ['b', 'a']) {
      expect(await weave(host, 'password', '--drop-old')).toMatchObject({ stdout: 'one password is valid\n' })
    }
    await closeOf(pinging)
    expect(lab.log('ping')).toContain('200 received, 0% packet loss')
    expect(await weave('b', 'password', '--drop-old')).toMatchObject({ exitCode: 1 })
  })

  it('meet again with the new password, and with the peers of before, after a restart', async () => {
    await weave('a', 'stop')
    await lab.launch('a')
    expect((await weave('a', 'status', 'targets')).stdout).toBe('10.91.1.2:6783\n')
    await awaitPeers('a', 2)
  })

  it('meet while one has the new password and the old, and the other the old one only', async () => {
    await lab.stop('a')
    writeFileSync(file('rotation'), `${FIRST}\n${SECOND}\n`, { mode: 0o600 })
    await weave('a', 'launch', '--password-file', file('rotation'), '10.91.1.2')
    await awaitPeers('a', 2)
  })

  it('call a weak password weak and offer a strong one, and take what contradicts itself for bad input', async () => {
    await weave('c', 'stop')
    writeFileSync(file('weak'), 'weave123\n', { mode: 0o600 })
    const { stderr } = await weave('c', 'launch', '--password-file', file('weak'))
    expect(stderr).toMatch(/the password is weak: it contains 'weave'.*: [a-z2-9]{5}(-[a-z2-9]{5}){4}/)
    await weave('c', 'stop')
    const generated = await weave('c', 'launch', '--generate-password', '--weave-bridge', 'lan')
    // The password, and the router's name as after every launch.
    expect(generated.stdout).toMatch(/^[a-z2-9]{5}(-[a-z2-9]{5}){4}\n[0-9a-f:]{17}\n$/)
    shown.pop()
    expect(generated.stdout).toContain(readFileSync(join(lab.rootOf('c'), HOST_PATHS.password), 'utf8'))
    expect((await lab.on('c', 'ip', 'link', 'show', 'master', 'lan')).stdout).toContain('lan-tap')
    await weave('c', 'stop')
    expect(await weave('c', 'launch', '--resume', '10.91.2.2')).toMatchObject({ exitCode: 2 })
    expect(await weave('c', 'launch', '--name', '02:00:00:00:00:01')).toMatchObject({ exitCode: 2 })
    expect(await weave('d', 'launch', '--password-file', file('first'))).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('this host was provisioned'),
    })
  })

  it('say at once when the router cannot start', async () => {
    await lab.weave('c', 'stop')
    const holder = lab.spawn('c', ['python3', '-c', HOLD_PORT], { name: 'holder' })
    await eventually(5000, async () => lab.log('holder').includes('holding') || 'not holding')
    const launched = await weave('c', 'launch', '--password-file', file('first'))
    holder.kill('SIGKILL')
    expect(launched).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('but ended at once') })
    expect(readIfThere(join(lab.rootOf('c'), HOST_PATHS.daemonLog))).toMatch(/TCP port 6783 is in use by python3/)
  })

  it('write no password into logs, journals or answers', async () => {
    for (const host of ['a', 'b']) shown.push((await lab.weave(host, 'report')).stdout)
    const logs = ['a', 'b', 'c'].flatMap(host => [
      lab.log(host),
      ...[HOST_PATHS.journal, HOST_PATHS.daemonLog].map(path => readIfThere(join(lab.rootOf(host), path))),
    ])
    expect(logs.join('').length).toBeGreaterThan(1000)
    for (const secret of [FIRST, SECOND, WRONG]) {
      expect([...logs, ...shown].filter(text => text.includes(secret))).toEqual([])
    }
  })

  it('are as if never launched after a reset', async () => {
    await weave('c', 'stop')
    const bridges = ['--docker-bridge', 'dock0', '--weave-bridge', 'weave']
    const how = ['--password-file', file('second'), '--trusted-subnets', '10.91.2.0/24', ...bridges]
    const name = (await weave('c', 'launch', ...how, '10.91.2.2')).stdout.trim()
    await awaitPeers('c', 3)
    await weave('c', 'expose')
    await awaitText('b', ['status', 'ipam'], new RegExp(`^${name}\\(.*\\) +[1-9]\\d* IPs`, 'm'))
    for (const device of DEVICES) expect((await lab.on('c', 'ip', 'link', 'show', device)).exitCode).toBe(0)
    expect((await lab.on('c', 'tc', 'filter', 'show', 'dev', 'weave-vx', 'egress')).stdout).toContain('to_underlay')
    await eventually(10_000, async () => {
      const rules = (await lab.on('c', 'iptables', '-S', 'WEAVE-INPUT')).stdout
      return /-i dock0 -p tcp .*--dport 6783 -j DROP/.test(rules) || rules
    })
    const elsewhere = await lab.on('c', 'env', `WEAVE_ROOT=${join(lab.folder, 'elsewhere')}`, ...lab.program, 'reset')
    expect(elsewhere).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("bridge 'weave' and its rules stay"),
    })
    for (const device of DEVICES) expect((await lab.on('c', 'ip', 'link', 'show', device)).exitCode).toBe(0)
    await weave('c', 'dns-add', '10.2.0.3', '-h', 'left.weave.local')
    await awaitText('b', ['status', 'dns'], /^left /m)
    await weave('c', 'reset')
    // What it said is not kept as what is out of reach is.
    await awaitText('b', ['status', 'dns'], /^(?![\s\S]*left )/)
    // Its space is another's, and none that a dead peer keeps for an hour.
    await awaitText('b', ['status', 'ipam'], new RegExp(`^(?![\\s\\S]*${name}\\(.*\\) +[1-9])[\\s\\S]* IPs`))
    for (const program of ['iptables-save', 'ip6tables-save']) {
      expect((await lab.on('c', program)).stdout).not.toContain('WEAVE')
    }
    expect((await lab.on('c', 'nft', 'list', 'table', 'bridge', 'weave')).exitCode).not.toBe(0)
    expect(readIfThere(join(lab.rootOf('c'), HOST_PATHS.identityKey))).toBe('')
    for (const device of DEVICES) expect((await lab.on('c', 'ip', 'link', 'show', device)).exitCode).not.toBe(0)
    expect((await lab.on('c', 'ss', '-Hlun', 'sport = :6784')).stdout).toBe('')
    const started = await weave('c', 'password', '--generate')
    expect(started.exitCode).toBe(2)
    shown.pop()
  })

  function file(name: string): string {
    return join(lab.folder, name)
  }

  async function weave(host: string, ...args: string[]) {
    const outcome = await lab.weave(host, ...args)
    shown.push(outcome.stdout, outcome.stderr)
    return outcome
  }

  async function awaitText(host: string, args: readonly string[], wanted: RegExp, timeoutMs = 15_000): Promise<void> {
    await eventually(timeoutMs, async () => {
      const { stdout, stderr } = await weave(host, ...args)
      return wanted.test(stdout) || `no ${wanted} in: ${stdout}${stderr}`
    })
  }

  async function awaitPeers(host: string, count: number): Promise<void> {
    await eventually(15_000, async () => {
      const peers = peersOf(await weave(host, 'status', 'peers', '--json'))
      if (peers.filter(peer => peer.isReachable).length === count) return true
      const connections = await weave(host, 'status', 'connections')
      return `${JSON.stringify(peers)}\n${connections.stdout}`
    })
  }
})

/** The limiter gives back one guess. */
const GUESS_EVERY_MS = 10_000
/** A guess is logged when its connection ends. */
const LOGGED_WITHIN_MS = patiently(500)

const DEVICES = ['weave', 'weave-tap', 'weave-vx']

const HOLD_PORT = `import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('0.0.0.0', 6783)); s.listen()
print('holding', flush=True); time.sleep(600)`

/** Five at once, and another when ten seconds have passed since one of them: by the times at which they were refused. */
function expectFiveGuesses(
  refusals: readonly { readonly at: string; readonly fields: { readonly reason: string } }[],
): void {
  const end = refusals.findIndex(({ fields }) => fields.reason.startsWith('too many wrong passwords'))
  const guesses = refusals.slice(0, end)
  expect(end).toBeGreaterThan(0)
  expect(guesses.every(({ fields }) => fields.reason.startsWith('wrong password'))).toBe(true)
  const [first, last, refused] = [refusals[0], guesses.at(-1), refusals[end]].map(entry => Date.parse(entry?.at ?? ''))
  const gainedBy = (at = 0) => (at - (first ?? 0)) / GUESS_EVERY_MS
  expect(guesses.length).toBeGreaterThan(4 + gainedBy((refused ?? 0) - LOGGED_WITHIN_MS))
  expect(guesses.length).toBeLessThanOrEqual(5 + gainedBy((last ?? 0) + LOGGED_WITHIN_MS))
}

function peersOf({ stdout }: { stdout: string }): readonly { isReachable: boolean }[] {
  return stdout === '' ? [] : JSON.parse(stdout)
}

/** The arguments and the environment of every process. */
function processes(): readonly { readonly pid: string; readonly text: string }[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.map(pid => ({ pid, text: readIfThere(`/proc/${pid}/cmdline`) + readIfThere(`/proc/${pid}/environ`) }))
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
