import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../../../src/cli/project-root.ts'

/** The scripts of the golden hosts, run with stand-ins for what they call. */
const GOLDEN = join(projectRoot(), 'test', 'golden', 'hosts', 'sysvinit', 'files')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weave-shell-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function script(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, 0o755)
  return path
}

describe('assert-bridge', () => {
  function run(addresses: string, code = 0) {
    script('ip', `#!/bin/sh\ncat <<'END'\n${addresses}\nEND\nexit ${code}\n`)
    const text = readFileSync(join(GOLDEN, 'usr/local/lib/weave/assert-bridge'), 'utf8')
    const path = script('assert-bridge', text.replace('PATH=', `PATH=${folder}:`))
    return spawnSync(path, { encoding: 'utf8' })
  }

  it('passes when the bridge has its address', () => {
    const { status } = run(
      '7: weave    inet 10.2.0.3/16 scope global weave\\       valid_lft forever preferred_lft forever',
    )
    expect(status).toBe(0)
  })

  it.each([
    ['has none', ''],
    ['has the one that Docker takes in silence (trap 2.2)', '7: weave    inet 172.17.1.0/16 scope global weave'],
    ['has a longer one that begins alike', '7: weave    inet 110.2.0.3/16 scope global weave'],
  ])('fails, and says what to do, when the bridge %s', (_, addresses) => {
    const { status, stderr } = run(addresses)
    expect(status).toBe(1)
    expect(stderr).toContain("bridge weave does not have 10.2.0.3/16: run 'ifup --force weave'")
  })

  it('fails when there is no bridge (trap 2.1)', () => {
    expect(run('Device "weave" does not exist.', 1).status).toBe(1)
  })
})

describe('the supervisor of hosts without systemd', () => {
  /** Writes its process id, a line for each start, and stays. */
  const ROUTER = `#!/bin/sh\necho $$ >> "$(dirname "$0")/starts"\nexec tail -f /dev/null\n`
  let supervisor: ChildProcess

  async function start(): Promise<void> {
    const weave = script('weave', ROUTER)
    const text = readFileSync(join(GOLDEN, 'usr/local/lib/weave/supervise'), 'utf8')
      .replaceAll('/usr/local/bin/weave', weave)
      .replace('/var/log/weave.log', join(folder, 'log'))
      .replace('pause=1\nwhile', 'pause=0\nwhile')
    supervisor = spawn(script('supervise', text))
    await starts(1)
  }

  /** Waits until the router has been started so many times; gives the last process id. Counts whole lines only: 0 is a group. */
  async function starts(count: number): Promise<number> {
    const file = join(folder, 'starts')
    const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [])
    const watcher = watch(folder)
    while (lines().length < count) await once(watcher, 'change')
    watcher.close()
    return Number(lines()[count - 1])
  }

  afterEach(() => {
    if (supervisor.exitCode === null) supervisor.kill('SIGTERM')
  })

  it('starts a router that was killed again', async () => {
    await start()
    process.kill(await starts(1), 'SIGKILL')
    expect(await starts(2)).toBeGreaterThan(0)
    expect(readFileSync(join(folder, 'log'), 'utf8')).toContain('router ended with code 137')
  })

  it('ends with its router when it is stopped', async () => {
    await start()
    const router = await starts(1)
    supervisor.kill('SIGTERM')
    const [code] = await once(supervisor, 'exit')
    expect(code).toBe(0)
    expect(() => process.kill(router, 0)).toThrow('ESRCH')
  })
})

const ifquery = findIfquery()

/** ifupdown belongs to hosts, not to the control machine; the acceptance test reads the stanza back on each host. */
const ifDescribe = ifquery === undefined ? describe.skip : describe

ifDescribe('the stanza, read back with ifquery,', () => {
  it.each(['systemd-default', 'sysvinit', 'upstart'])('of %s has all hooks in their phases', name => {
    const file = name === 'upstart' ? 'weave.cfg' : 'weave'
    const path = join(projectRoot(), 'test/golden/hosts', name, 'files/etc/network/interfaces.d', file)
    const text = execFileSync(ifquery ?? '', [`--interfaces=${path}`, 'weave'], { encoding: 'utf8' })
    expect(text).toMatch(/^pre-up: \/usr\/local\/bin\/weave create-bridge$/m)
    expect(text).toMatch(/^(post-)?up: ip addr replace 10\.2\.0\.\d\/16 dev weave$/m)
    expect(text).toMatch(/^(pre-)?down: ip link set dev weave down/m)
    expect(text).toMatch(/^post-down: ip link delete dev weave/m)
    expect(text).not.toMatch(/ifconfig|brctl/)
  })

  it('is found through a line source-directory', () => {
    const stanzas = join(projectRoot(), 'test/golden/hosts/source-directory/files/etc/network/interfaces.d')
    const main = script('interfaces', `auto lo\niface lo inet loopback\nsource-directory ${stanzas}\n`)
    const text = execFileSync(ifquery ?? '', [`--interfaces=${main}`, 'weave'], { encoding: 'utf8' })
    expect(text).toMatch(/^pre-up: \/usr\/local\/bin\/weave create-bridge$/m)
  })
})

/** `IFQUERY` names one that is not installed, as unpacked from Debian's package. */
function findIfquery(): string | undefined {
  const unpacked = join(projectRoot(), 'dist', 'tools', 'ifupdown', 'sbin', 'ifquery')
  const places = [process.env.IFQUERY, '/usr/sbin/ifquery', '/sbin/ifquery', unpacked]
  return places.find(path => path !== undefined && existsSync(path))
}
