import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { LabDriver, type Outcome } from '../acceptance/lab-driver.ts'
import { lookingAtCluster } from './looking.ts'
import { mtusOf, rollingThroughTrouble } from './rolling.ts'

const CONFIG = '/etc/weave/agent-config.json'
const CLOCK = '/etc/python3.11/sitecustomize.py'
const HOUR_AHEAD = 'import time; here = time.time; time.time = lambda: here() + 3600'

interface HostPlan {
  readonly name: string
  readonly files: readonly { path: string; kind: string; diff: readonly string[] }[]
  readonly actions: readonly { kind: string; containers: readonly string[] }[]
}

/** One lab for all: each step starts from what the one before has left, as the life of a cluster does. */
describe('a change of a cluster', () => {
  const lab = new LabDriver()
  const planFile = join(lab.directory, 'plan')
  let isUp = false

  beforeAll(async () => {
    const up = await lab.provision(['lab', 'up'])
    if (up.exitCode !== 0) throw new Error(`lab up: ${up.stderr}${up.stdout}`)
  })

  beforeEach(() => {
    const isBefore = expect.getState().currentTestName?.includes(' bare ') === true
    if (!isUp && !isBefore) throw new Error('not tried, because up failed')
  })

  afterAll(async () => {
    await lab.dispose()
  })

  it('preflight on bare hosts tells all findings of all hosts, and up touches none while one has an error', async () => {
    await lab.shell(
      'delta',
      'ip link add clash type veth peer name far && ip address add 10.2.77.1/24 dev clash && ip link set clash up',
    )
    await lab.shell('delta', 'mkdir -p /opt && mount -t tmpfs -o size=1m none /opt')
    await lab.shell('alpha', 'mv /usr/bin/python3 /usr/bin/python3.away')
    const listen = 'import socket, time; server = socket.create_server(("", 6783)); time.sleep(7200)'
    const isListening = 'grep -q :1A7F /proc/net/tcp'
    await lab.shell(
      'bravo',
      `python3 -c '${listen}' >/dev/null 2>&1 & echo $! > /run/listener; until ${isListening}; do sleep 0.1; done`,
    )
    await lab.shell('relay', 'ip link set eth0 mtu 1400')
    // Hosts that share a kernel share its clock, but not what Python makes of it.
    await lab.shell('relay', `cp ${CLOCK} /root/clock; echo "${HOUR_AHEAD}" >> ${CLOCK}`)
    const preflight = await lab.provision(['preflight', '--json'])
    const { findings } = JSON.parse(preflight.stdout) as {
      findings: { host: string; severity: string; cause: string; remedy: string }[]
    }
    const errors = findings.filter(({ severity }) => severity === 'error')
    expect(preflight.exitCode).toBe(1)
    const causes = errors.map(({ host, cause }) => `${host}: ${cause}`)
    for (const cause of [
      /^alpha: it has no Python at/,
      /^bravo: port 6783 is in use by .*python3/,
      /^delta: .*10\.2\.77\.0\/24 on clash/,
      /^delta: No space left on device: \/opt has \d MB free/,
    ])
      expect(causes).toContainEqual(expect.stringMatching(cause))
    expect(findings).toContainEqual(
      expect.objectContaining({ host: 'relay', about: 'mtu', cause: expect.stringContaining('carries 1400 bytes') }),
    )
    expect(findings).toContainEqual(
      expect.objectContaining({
        host: 'relay',
        about: 'clock',
        cause: expect.stringMatching(/ 3[56]\d\d s ahead of/),
      }),
    )
    const up = await lab.provision(['up'])
    expect([up.exitCode, up.stderr]).toEqual([1, expect.stringContaining('nothing was changed on any host')])
    for (const host of ['alpha', 'relay']) expect((await lab.tryOn(host, ['ls', '/opt/weave'])).exitCode).not.toBe(0)
    await lab.shell('delta', 'ip link delete clash; umount /opt')
    await lab.shell('alpha', 'mv /usr/bin/python3.away /usr/bin/python3')
    await lab.shell('bravo', 'kill $(cat /run/listener)')
    await lab.shell('relay', `ip link set eth0 mtu 1500; mv /root/clock ${CLOCK}`)
  })

  it('a plan of bare hosts shows every file, and exactly that plan is applied', async () => {
    const plan = await lab.provision(['plan', '--json', '--out', planFile])
    const { hosts } = JSON.parse(plan.stdout) as { hosts: HostPlan[] }
    expect(plan.exitCode).toBe(2)
    const shown = new Map(hosts.map(({ name, files }) => [name, files.map(({ path }) => path)]))
    const up = await lab.provision(['up', planFile, '--message', 'first'])
    expect({ exitCode: up.exitCode, stderr: up.exitCode === 0 ? '' : up.stderr }).toEqual({ exitCode: 0, stderr: '' })
    isUp = true
    for (const [host, paths] of shown) {
      await lab.on(host, ['ls', '-d', ...paths])
      const installed = await lab.on(host, ['python3', '-c', INSTALLED])
      expect(installed.split(' ').sort()).toEqual([...paths].sort())
    }
  })

  it('there is nothing to do afterwards, and the plan that was applied is refused', async () => {
    expect((await lab.provision(['plan'])).exitCode).toBe(0)
    const again = await lab.provision(['up', planFile])
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining('not what would be done any more')])
    const [lock, away] = [join(lab.inventory, '.weave.lock.yml'), join(lab.directory, 'lock')]
    renameSync(lock, away)
    const unknown = await lab.provision(['up', '--yes'])
    renameSync(away, lock)
    expect(unknown.exitCode).toBe(2)
    for (const host of ['alpha', 'bravo', 'delta', 'relay']) {
      expect(unknown.stderr).toMatch(new RegExp(`'${host}' is number \\d of another cluster`))
    }
  })

  it('drift is found, and shown line by line with what follows', async () => {
    await lab.shell('alpha', `sed -i 's/"mtu": 1376/"mtu": 1300/' ${CONFIG}`)
    const plan = await lab.provision(['plan', '--json'])
    const { hosts } = JSON.parse(plan.stdout) as { hosts: HostPlan[] }
    const alpha = hosts.find(({ name }) => name === 'alpha')
    expect(plan.exitCode).toBe(2)
    expect(hosts.filter(({ files }) => files.length > 0).map(({ name }) => name)).toEqual(['alpha'])
    expect(alpha?.files[0]?.diff).toEqual(expect.arrayContaining(['-    "mtu": 1300', '+    "mtu": 1376']))
    expect(alpha?.actions.map(({ kind }) => kind)).toEqual(['restart-router'])
  })

  it('is kept from a second operator, who is told by whom and why; without the lock the drift is mended', async () => {
    const lock = {
      id: 'x',
      operator: 'ann',
      machine: 'elsewhere',
      process: '1 1',
      command: 'up',
      message: 'at it',
      since: 0,
      renewed: 0,
    }
    const script = `import json, time; lock = json.loads('${JSON.stringify(lock)}'); lock['since'] = lock['renewed'] = time.time()
open('/var/lib/weave/operator-lock.json', 'w').write(json.dumps(lock))`
    await lab.on('bravo', ['python3', '-c', script])
    const refused = await lab.provision(['up'])
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/locked by ann on elsewhere \(up, "at it"\)/),
    ])
    const down = await lab.provision(['down', '--yes'])
    expect([down.exitCode, down.stderr]).toEqual([1, expect.stringContaining('locked by ann on elsewhere')])
    const { bravo } = JSON.parse((await lab.provision(['lock', 'status', '--json'])).stdout)
    expect(bravo).toMatchObject({ state: 'held', operator: 'ann', machine: 'elsewhere', isStale: false })
    expect((await lab.provision(['lock', 'release', '--yes'])).exitCode).toBe(0)
    // Of one who has not been heard of for longer than a quarter of an hour it is taken over.
    await lab.on('bravo', ['python3', '-c', script.replace('= time.time()', '= time.time() - 1000')])
    expect(await upOf('--limit', 'alpha')).toEqual({ alpha: 'changed' })
    // Of hosts that were not asked it is told all the same.
    expect(JSON.parse(await lab.on('alpha', ['cat', CONFIG])).targets).toHaveLength(4)
    const { manifest } = JSON.parse(await lab.on('alpha', ['cat', '/etc/weave/manifest.json']))
    expect(JSON.parse(manifest).hosts).toHaveLength(4)
  })

  rollingThroughTrouble(lab)

  it('can be taken back, and is found in history and audit log', async () => {
    const back = await lab.provision(['rollback', '2', '--json'])
    expect({ exitCode: back.exitCode, stderr: back.exitCode === 0 ? '' : back.stderr }).toMatchObject({ exitCode: 0 })
    expect(await mtusOf(lab)).toEqual({ alpha: 1376, bravo: 1376, delta: 1376, relay: 1376 })
    const history = JSON.parse((await lab.provision(['history', '--json'])).stdout) as {
      outcome: string
      rollbackTo: number | null
    }[]
    expect(history.map(({ outcome }) => outcome).join(' ')).toBe(
      'done done failed failed interrupted running failed done done done done',
    )
    expect(history.at(-1)?.rollbackTo).not.toBeNull()
    const audit = JSON.parse((await lab.provision(['audit', '--json'])).stdout) as { host: string; message: string }[]
    expect(new Set(audit.map(({ host }) => host)).size).toBe(4)
    expect(audit.map(({ message }) => message)).toEqual(expect.arrayContaining(['first', 'lower MTU']))
    expect(existsSync(join(lab.inventory, '.weave.history'))).toBe(true)
  })

  lookingAtCluster(lab)

  async function upOf(...args: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const up: Outcome = await lab.provision(['up', '--json', ...args])
    if (up.exitCode !== 0) throw new Error(up.stderr)
    const { hosts } = JSON.parse(up.stdout) as { hosts: { name: string; outcome: string }[] }
    return Object.fromEntries(hosts.map(({ name, outcome }) => [name, outcome]).sort())
  }
})

/** The files that the record of the host knows as ours. */
const INSTALLED = `import json; print(*json.load(open('/var/lib/weave/originals/record.json'))['files'])`
