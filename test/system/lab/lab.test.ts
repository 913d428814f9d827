import { execFileSync } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../../src/cli/project-root.ts'
import { labOfInventory } from '../../../src/cli/provision/lab-of-inventory.ts'
import { describeLab, Lab } from '../../../src/lab/index.ts'
import { eventually } from '../eventually.ts'

describe('a lab', () => {
  let folder = ''
  let lab: Lab

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-'))
    await cp(join(projectRoot(), 'inventories/lab'), join(folder, 'inventory'), { recursive: true })
    lab = await labOfInventory(join(folder, 'inventory'))
    // The base image may have to be built first.
    await lab.up()
  })

  afterAll(async () => {
    await lab.down({ wipe: true })
    await rm(folder, { recursive: true })
  })

  it('runs every host, each with its own kind of init', async () => {
    const { state, hosts } = await lab.status()
    expect(state).toBe('up')
    expect(hosts.map(({ name }) => name).sort()).toEqual(['alpha', 'bravo', 'delta', 'relay'])
    expect(await says('alpha', 'cat', '/proc/1/comm')).toBe('systemd')
    expect(await says('bravo', 'cat', '/proc/1/comm')).toBe('busybox')
    expect(await says('alpha', 'systemctl', 'is-system-running')).toBe('running')
  })

  it('has Docker installed and off, and neither Node nor systemctl where there should be none', async () => {
    expect(await says('alpha', 'systemctl', 'is-active', 'docker')).toBe('inactive')
    expect(await says('relay', 'cat', '/etc/docker/daemon.json')).toContain('live-restore')
    expect((await lab.exec('alpha', ['which', 'node'])).status).toBe(1)
    expect((await lab.exec('bravo', ['which', 'systemctl'])).status).toBe(1)
  })

  it('joins the two sides through the relay only', async () => {
    expect(await reaches('alpha', '10.77.1.13')).toBe(true)
    expect(await reaches('delta', '10.77.2.13')).toBe(true)
    expect(await reaches('alpha', '10.77.2.14')).toBe(false)
    expect(await reaches('alpha', '10.77.2.13')).toBe(false)
  })

  it('lets Ansible in from the control machine, with keys that it made', async () => {
    const [command = '', ...prefix] = lab.controlPrefix()
    const ansible = ['ansible', 'all', '-i', join(folder, 'inventory'), '-m', 'ping', '-o', ...lab.ansibleArguments()]
    const env = { ...process.env, ANSIBLE_SSH_CONTROL_PATH_DIR: join(folder, 'connections') }
    const output = execFileSync(command, [...prefix, ...ansible], { encoding: 'utf8', env })
    expect(output.match(/SUCCESS/g)).toHaveLength(4)
  })

  it('passes the exit code and both outputs of a command', async () => {
    const result = await lab.exec('bravo', ['sh', '-c', 'cat; echo "$0" >&2; exit 7', "a 'word'"], { input: 'in' })
    expect(result).toEqual({ status: 7, stdout: 'in', stderr: "a 'word'\n" })
  })

  it('cuts two hosts from each other and from nobody else, and heals that', async () => {
    await lab.cut('alpha', 'relay')
    expect(await reaches('alpha', '10.77.1.13')).toBe(false)
    expect(await reaches('alpha', '10.77.1.12')).toBe(true)
    expect((await lab.status()).cuts).toHaveLength(2)
    await lab.heal('alpha', 'relay')
    await eventually(10_000, async () => (await reaches('alpha', '10.77.1.13')) || 'not healed')
  })

  it('cuts a host off a network, and heals that', async () => {
    await lab.cut('relay', 'left')
    expect(await reaches('bravo', '10.77.1.13')).toBe(false)
    expect(await reaches('delta', '10.77.2.13')).toBe(true)
    await lab.heal('relay', 'left')
    await eventually(10_000, async () => (await reaches('bravo', '10.77.1.13')) || 'not healed')
  })

  it('captures all that passes over the wires of a host', async () => {
    const capture = await lab.capture('relay', { file: join(folder, 'relay.pcap') })
    await lab.exec('alpha', ['ping', '-c1', '-p', Buffer.from('marker').toString('hex'), '10.77.1.13'])
    expect((await capture.stop()).dropped).toBe(0)
    expect(capture.files).toEqual([join(folder, 'relay-left.pcap'), join(folder, 'relay-right.pcap')])
    const [left, right] = await Promise.all(capture.files.map(file => readFile(file)))
    expect(left?.includes('marker')).toBe(true)
    expect(right?.includes('marker')).toBe(false)
  })

  it.each(['alpha', 'bravo'])('reboots %s: files stay, links and forwarding do not', async host => {
    const before = await says(host, 'cat', '/proc/sys/kernel/random/boot_id')
    const leave = 'touch /root/kept; ip link add weave type bridge; echo 1 > /proc/sys/net/ipv4/ip_forward; reboot'
    await lab.exec(host, ['sh', '-c', leave])
    await untilRebooted(host, before)
    await lab.up()
    const look = 'ls /root; ls /sys/class/net; cat /proc/sys/net/ipv4/ip_forward'
    expect((await says(host, 'sh', '-c', look)).split('\n')).toEqual(['kept', 'eth0', 'lo', '0'])
    expect(await reaches(host, '10.77.1.13')).toBe(true)
  })

  it('starts again what has been killed, from leftovers too', async () => {
    const init = (await lab.status()).hosts.find(({ name }) => name === 'delta')?.pid
    process.kill(init ?? Number.NaN, 'SIGKILL')
    await eventually(30_000, async () => (await stateOf('delta')) === 'stopped' || 'not stopped')
    await lab.up()
    expect(await reaches('delta', '10.77.2.13')).toBe(true)
  })

  it('does not collide with another lab of the same addresses', async () => {
    const other = await labOfOneHost(folder)
    try {
      await other.up()
      expect((await other.exec('alpha', ['ping', '-c1', '-W1', '10.77.1.13'])).status).toBe(1)
      expect(await reaches('bravo', '10.77.1.11')).toBe(true)
    } finally {
      await other.down({ wipe: true })
    }
    expect(await reaches('alpha', '10.77.1.13')).toBe(true)
    await expectNothingLeft(other)
  })

  it('removes a lab whose inventory is gone', async () => {
    const gone = await mkdtemp(join(tmpdir(), 'lab-'))
    const orphan = await labOfOneHost(gone)
    await orphan.up()
    await rm(gone, { recursive: true })
    await lab.up()
    await expectNothingLeft(orphan)
  })

  it('keeps the disks over a power-off, until they are wiped', async () => {
    await lab.exec('delta', ['touch', '/root/kept'])
    await lab.down()
    expect((await lab.status()).state).toBe('down')
    await lab.up()
    expect(await says('delta', 'ls', '/root')).toBe('kept')
    await lab.down({ wipe: true })
    await expectNothingLeft(lab)
  })

  async function says(host: string, ...argv: readonly string[]): Promise<string> {
    return (await lab.exec(host, argv)).stdout.trim()
  }

  async function reaches(host: string, address: string): Promise<boolean> {
    const { status } = await lab.exec(host, ['ping', '-c2', '-i0.3', '-W2', address])
    return status === 0
  }

  async function stateOf(name: string): Promise<string | undefined> {
    return (await lab.status()).hosts.find(host => host.name === name)?.state
  }

  async function untilRebooted(host: string, bootId: string): Promise<void> {
    const isUpAnew = async () => {
      const state = await stateOf(host)
      if (state !== 'running') return `it is ${state}`
      return ![bootId, ''].includes(await says(host, 'cat', '/proc/sys/kernel/random/boot_id')) || 'the same boot'
    }
    // Between, it may be gone while it is asked.
    await eventually(30_000, () => isUpAnew().catch(String))
  }
})

/** A host of the address that `alpha` has. */
async function labOfOneHost(folder: string): Promise<Lab> {
  const host = { class: 'sysvinit', networks: { left: '10.77.1.11' } }
  const weave_lab = { networks: { left: { subnet: '10.77.1.0/24', control: '10.77.1.1' } } }
  const description = describeLab(folder, { alpha: { weave_lab, weave_lab_host: host } })
  if (description === undefined) throw new Error('the description is of no lab')
  return Lab.open(description, join(projectRoot(), 'templates'))
}

async function expectNothingLeft(lab: Lab): Promise<void> {
  const mark = `wl-${lab.id}`
  expect(execFileSync('ip', ['netns'], { encoding: 'utf8' })).not.toContain(mark)
  expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(mark)
  expect(execFileSync('find', ['/sys/fs/cgroup', '-maxdepth', '2', '-name', mark], { encoding: 'utf8' })).toBe('')
  expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(mark)
  expect(await readdir('/var/lib/weave-provision/labs')).not.toContain(lab.id)
}
