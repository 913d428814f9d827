import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { LabDriver } from '../system/acceptance/lab-driver.ts'
import { fetchBytes, serveBytes } from '../system/acceptance/traffic.ts'
import { eventually } from '../system/eventually.ts'
import { NEXT_RELEASE } from '../system/provision/next-release.ts'
import { type LifeSettings, writeLifeInventory } from './life-inventory.ts'
import { ProcessWatch } from './process-watch.ts'

const MINUTE = 60_000
const HOSTS = ['old', 'mid', 'last'] as const
const KEY = '/etc/weave/admission.key'
const ADOPTED = '/etc/network/interfaces.d/weave.cfg'

interface History {
  readonly outcome: string
  readonly operator: { readonly message: string }
}

/** One lab for all: each step starts from what the one before has left. */
describe('the life of a cluster', () => {
  const lab = new LabDriver()
  const watch = new ProcessWatch()
  const log = join(lab.directory, 'ansible.log')
  const cache = join(lab.directory, 'facts')
  const outputs: string[] = []
  const secrets = new Set<string>()
  const settings: LifeSettings = {
    subnet: '10.2.0.0/16',
    containerPrefix: 24,
    dockerOptions: { 'log-level': 'error', debug: true },
    indexes: {},
  }

  beforeAll(async () => {
    writeLifeInventory(lab.inventory, settings)
    const up = await lab.provision(['lab', 'up'])
    if (up.exitCode !== 0) throw new Error(`lab up: ${up.stderr}${up.stdout}`)
  }, 10 * MINUTE)

  afterAll(async () => {
    watch.stop()
    await lab.dispose()
  }, 2 * MINUTE)

  it(
    'a host that was set up by hand keeps its number, its range and its file',
    async () => {
      const environment = {
        ANSIBLE_LOG_PATH: log,
        ANSIBLE_CACHE_PLUGIN: 'jsonfile',
        ANSIBLE_CACHE_PLUGIN_CONNECTION: cache,
      }
      await done(['up', '-vvv'], environment)
      expect(await addresses()).toEqual({ old: '10.2.0.7/16', mid: '10.2.0.2/16', last: '10.2.0.1/16' })
      const options = await lab.on('old', ['cat', '/etc/default/docker'])
      expect(options).toBe(
        'DOCKER_OPTS="--bridge=weave --fixed-cidr=10.2.7.0/24 --mtu=1376 --debug=true --log-level=error"',
      )
      expect(await lab.on('old', ['ls', '/etc/network/interfaces.d'])).toBe('weave.cfg')
      expect(await lab.on('old', ['cat', ADOPTED])).toContain('ip addr replace 10.2.0.7/16')
      await noteSecrets()
    },
    5 * MINUTE,
  )

  it(
    'a rotation loses no packet; when the control machine dies in its last step, status says so and up brings it to its end',
    async () => {
      const before = await lab.on('old', ['cat', KEY])
      await lab.shell(
        'old',
        `python3 -c "${serveBytes(7000, 20)}" > /tmp/sum 2>/dev/null & ping -qi 0.1 10.2.0.1 > /tmp/pings 2>&1 & echo $! > /tmp/pid`,
      )
      const fetched = lab.on('last', ['python3', '-c', fetchBytes('10.2.0.7', 7000, { bytesPerSecond: 400_000 })])
      await rotateUntilTheLastStep()
      const status = await lab.provision(['status'])
      expect([status.exitCode, status.stdout]).toEqual([1, expect.stringContaining('did not come to its end')])
      const { stderr } = await done(['up'])
      expect(stderr).toContain("step 'dropped'")
      const plan = await done(['plan', '--no-diff'])
      expect(plan.stderr).not.toContain('admission key is being changed')
      expect((await fetched).split(' ')[1]).toBe(await lab.on('old', ['cat', '/tmp/sum']))
      const pings = await lab.shell(
        'old',
        'kill -INT $(cat /tmp/pid); while kill -0 $(cat /tmp/pid) 2>/dev/null; do sleep .1; done; cat /tmp/pings',
      )
      expect(pings).toContain(' 0% packet loss')
      const keys = await Promise.all(HOSTS.map(host => lab.on(host, ['cat', KEY])))
      expect(new Set(keys).size).toBe(1)
      expect(keys[0]).toMatch(/^[0-9a-f]{64}$/)
      expect(keys[0]).not.toBe(before)
      await noteSecrets()
    },
    6 * MINUTE,
  )

  it(
    'an agent of another release, which speaks the next protocol too, works beside the others, and status names it',
    async () => {
      expect(await lab.shell('mid', NEXT_RELEASE)).toBe('1')
      await reaches('old', '10.2.0.2')
      await reaches('mid', '10.2.0.1')
      expect(await lab.on('mid', ['weave', 'version'])).toContain('99.9.9')
      const status = await lab.provision(['status'])
      expect([status.exitCode, status.stdout]).toEqual([1, expect.stringMatching(/mid .*99\.9\.9.*another release/)])
    },
    2 * MINUTE,
  )

  it(
    'hosts move only by a plan that was looked at, in place; subnet and ranges grow; options that are wanted no longer go; a machine that is replaced keeps name and number',
    async () => {
      await lab.shell('last', REINSTALL)
      writeLifeInventory(lab.inventory, {
        subnet: '10.2.0.0/15',
        containerPrefix: 23,
        dockerOptions: {},
        indexes: { mid: 9 },
      })
      const refused = await lab.provision(['up', '--yes'])
      expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('would be renumbered')])
      const file = join(lab.directory, 'move.plan')
      const plan = await lab.provision(['plan', '--out', file])
      outputs.push(plan.stdout, plan.stderr, readFileSync(file, 'utf8'))
      expect(plan.stdout).toContain('mid moves from number 2 to 9')
      const { stderr } = await done(['up', file])
      expect(stderr).toContain("Host 'last' has another identity than before")
      expect(await addresses()).toEqual({ old: '10.2.0.7/15', mid: '10.2.0.9/15', last: '10.2.0.1/15' })
      const options = await lab.on('old', ['cat', '/etc/default/docker'])
      expect(options).toBe('DOCKER_OPTS="--log-level=warn --bridge=weave --fixed-cidr=10.2.14.0/23 --mtu=1376"')
      await reaches('last', '10.2.0.9')
    },
    5 * MINUTE,
  )

  it(
    'a host is taken out of the cluster by all others at once, and gets its number when it comes back',
    async () => {
      const check = await done(['remove', 'last', '--dead', '--check', '--json'])
      expect(JSON.parse(check.stdout).changes).toEqual([
        { kind: 'remove', host: 'last', text: 'last goes; number 1 stays reserved for its return' },
      ])
      await done(['remove', 'last', '--yes'])
      expect((await lab.tryOn('last', ['ls', '/opt/weave'])).exitCode).not.toBe(0)
      await eventually(20_000, async () => {
        const peers: { nickname: string }[] = JSON.parse(await lab.on('old', ['weave', 'status', 'peers', '--json']))
        const names = peers.map(({ nickname }) => nickname).sort()
        return names.join() === 'mid,old' || `old knows ${names}`
      })
      expect((await done(['firewall'])).stdout).not.toContain('10.77.1.23')
      // What the lock file says counts, though the inventory names the host.
      await done(['add', 'last', '--yes'])
      expect((await addresses()).last).toBe('10.2.0.1/15')
      await reaches('last', '10.2.0.9')
    },
    6 * MINUTE,
  )

  it(
    'a host that is revoked is cut off, and its key never let in again',
    async () => {
      await done(['revoke', 'last', '--yes'])
      await eventually(20_000, async () => {
        const ping = await lab.tryOn('old', ['ping', '-c1', '-W1', '10.2.0.1'])
        return ping.exitCode !== 0 || 'the revoked host is still reached'
      })
      const back = await lab.provision(['add', 'last', '--yes'])
      expect([back.exitCode, back.stderr]).toEqual([
        2,
        expect.stringContaining("host 'last' shows a key that was revoked"),
      ])
      await noteSecrets()
    },
    5 * MINUTE,
  )

  it(
    'no secret was ever in an argv, an environment, an output, a log, a plan, the history, a cache, a bundle or an open file',
    async () => {
      const bundle = join(lab.directory, 'bundle.tar.gz')
      await done(['support-bundle', '-o', bundle, '--limit', 'old,mid'])
      await done(['audit'])
      const texts = {
        processes: watch.texts,
        outputs: outputs.join('\n'),
        'ansible log': readFileSync(log, 'utf8'),
        'facts caches': readTree(cache),
        'beside the inventory': readTree(lab.inventory),
        bundle: (await execa('tar', ['-xzOf', bundle])).stdout,
      }
      expect(texts.processes).toContain('ansible-playbook')
      expect(texts['ansible log']).toContain('weave_files')
      expect(secrets.size).toBeGreaterThanOrEqual(6)
      for (const [where, text] of Object.entries(texts)) {
        expect({ where, found: [...secrets].filter(secret => text.includes(secret)).length }).toEqual({
          where,
          found: 0,
        })
      }
      const list = join(lab.directory, 'markers')
      writeFileSync(list, `${[...secrets].join('\n')}\n`, { mode: 0o600 })
      for (const host of ['old', 'mid']) {
        await lab.feed(host, ['sh', '-c', 'umask 077; cat > /dev/shm/markers'], list)
        const found = await lab.shell(host, SEARCH)
        expect(found.split('\n').sort()).toEqual(['600 /etc/weave/admission.key', '600 /var/lib/weave/identity.pem'])
      }
    },
    2 * MINUTE,
  )

  it(
    'reset brings back what was set up by hand, and forgets the cluster',
    async () => {
      await done(['reset', '--yes'])
      expect(await lab.on('old', ['cat', ADOPTED])).toContain('post-up ip addr add dev weave 10.2.0.7/16')
      expect(await lab.on('old', ['cat', '/etc/default/docker'])).toContain('"--log-level=warn --bridge=weave --fixed')
      for (const host of ['old', 'mid']) expect((await lab.tryOn(host, ['ls', '/opt/weave'])).exitCode).not.toBe(0)
      expect(readdirSync(lab.inventory).filter(name => name.startsWith('.weave'))).toEqual([])
    },
    2 * MINUTE,
  )

  async function done(args: readonly string[], environment: Record<string, string> = {}) {
    const outcome = await lab.provision(args, environment)
    outputs.push(outcome.stdout, outcome.stderr)
    if (outcome.exitCode !== 0)
      throw new Error(`${args.join(' ')}: exit ${outcome.exitCode}: ${outcome.stderr.slice(-3000)}`)
    return outcome
  }

  /** Kills the whole group of processes, as a machine that loses its power would. */
  async function rotateUntilTheLastStep(): Promise<void> {
    const rotate = lab.start(['rotate', '--yes'])
    await eventually(3 * MINUTE, async () => {
      if (rotate.exitCode !== null) throw new Error('rotate has ended before it was cut off')
      const { stdout } = await lab.provision(['history', '--json'])
      const last = (JSON.parse(stdout) as History[]).at(-1)
      return (
        (last?.outcome === 'running' && last.operator.message === 'rotate: dropped') || `at ${last?.operator.message}`
      )
    })
    process.kill(-(rotate.pid ?? 0), 'SIGKILL')
  }

  async function addresses(): Promise<Readonly<Record<string, string>>> {
    const show = "ip -o -4 address show dev weave | awk '{ print $4 }'"
    const entries = await Promise.all(HOSTS.map(async host => [host, await lab.shell(host, show)] as const))
    return Object.fromEntries(entries)
  }

  async function reaches(host: string, address: string): Promise<void> {
    await eventually(20_000, async () => {
      const ping = await lab.tryOn(host, ['ping', '-c1', '-W1', address])
      return ping.exitCode === 0 || `${host} does not reach ${address}`
    })
  }

  /** Those of the hosts and of the vault: admission keys, private keys, the vault's password. */
  async function noteSecrets(): Promise<void> {
    const vault = await execa('ansible-vault', [
      'decrypt',
      '--output=-',
      `--vault-password-file=${lab.vaultPassword}`,
      join(lab.inventory, '.weave.cluster.vault.yml'),
    ])
    const ofHosts = await Promise.all(
      ['old', 'mid'].map(host => lab.on(host, ['cat', KEY, '/var/lib/weave/identity.pem'])),
    )
    const all = [vault.stdout, readFileSync(lab.vaultPassword, 'utf8'), ...ofHosts].join('\n')
    for (const [word] of all.matchAll(/[A-Za-z0-9+/=]{32,}/g))
      if (!all.includes(`clusterId: ${word}`)) secrets.add(word)
  }
})

/** What a fresh installation of the host's system would leave: nothing of ours. */
const REINSTALL = `systemctl stop weave docker docker.socket; ifdown --force weave; ip link delete weave
rm -rf /opt/weave /etc/weave /var/lib/weave /usr/local/bin/weave /usr/local/lib/weave /etc/network/interfaces.d/weave \
  /etc/systemd/system/weave.service /etc/systemd/system/docker.service.d/weave.conf /etc/default/docker; systemctl daemon-reload`

/** Files that hold one of the markers, with their modes; and a line when the journal does. */
const SEARCH = `cd /; grep -rlaFf /dev/shm/markers --devices=skip etc run tmp root home usr/local var | xargs -r stat -c '%a /%n'
journalctl --no-pager -q | grep -qFf /dev/shm/markers && echo journal; rm /dev/shm/markers`

function readTree(folder: string): string {
  if (!existsSync(folder)) return ''
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(path => statSync(path).isFile())
    .map(path => readFileSync(path, 'latin1'))
    .join('\n')
}
