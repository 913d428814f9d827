import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../eventually.ts'
import { Site } from './site.ts'

const MINUTE = 60_000
const HOSTS = ['master1', 'master2', 'master3', 'agent1'] as const

/** A site of somebody else's that imports the roles, with a host for each thing that brings interfaces up. */
describe('a Mesos-style site with the collection', () => {
  const site = new Site()
  const { lab } = site
  const bridges = { master1: '10.2.0.1', master2: '10.2.0.2', master3: '10.2.0.3', agent1: '10.2.0.23' }

  beforeAll(() => site.prepare())
  afterAll(() => lab.dispose())

  it('is installed from a file, and holds all that it needs', async () => {
    const folder = await site.install()
    for (const path of [
      'roles/weave/meta/argument_specs.yml',
      'plugins/modules/weave_bridge.py',
      'templates/etc/netplan',
    ])
      expect(existsSync(join(folder, path))).toBe(true)
    expect(readFileSync(join(folder, 'plugins/modules/weave_bridge.py'), 'utf8')).not.toMatch(
      /ansible\.module_utils\.weave/,
    )
  })

  it('shows in check mode what it would do to bare hosts, and does nothing', async () => {
    const { exitCode, output } = await site.play('--check', '--diff')
    expect({ exitCode, output: exitCode === 0 ? '' : output }).toEqual({ exitCode: 0, output: '' })
    for (const shown of ['/etc/weave/agent-config.json', '/etc/netplan/60-weave.yaml', '"address": "10.2.0.23/16"'])
      expect(output).toContain(shown)
    for (const host of HOSTS) {
      const left = await lab.shell(host, 'ls -d /opt/weave /etc/weave /var/lib/weave /sys/class/net/weave 2>&1 || true')
      expect(left.match(/No such file/g)).toHaveLength(4)
    }
  })

  it('brings the overlay to all hosts through the bastion, and drains the agent around the restart of its Docker', async () => {
    await lab.on('agent1', ['systemctl', 'start', 'docker'])
    const { exitCode, output } = await site.play()
    expect({ exitCode, output: exitCode === 0 ? '' : output }).toEqual({ exitCode: 0, output: '' })
    expect(await site.asked()).toEqual(
      ['/maintenance/schedule', '/machine/down', '/machine/up'].map(path => `${path} 10.78.2.23`),
    )
    expect(await site.scheduled()).toEqual(['other'])
    await expectWhole()
  })

  it('tells the first hosts of the later ones the second time, changes nothing else, and drains nobody', async () => {
    const before = await site.asked()
    const { exitCode, output } = await site.play()
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/^agent1 .*changed=0/m)])
    expect(await site.asked()).toEqual(before)
    const plan = await site.provision(['plan', '--no-diff'])
    expect([plan.exitCode, plan.stdout]).toEqual([0, expect.stringContaining('Nothing to do: 4 hosts are as planned')])
  })

  it('has each bridge where the host’s own tool looks for it, and back after a boot', async () => {
    const found = JSON.parse((await site.provision(['preflight', '--json'])).stdout) as {
      platforms: { host: string; networkTool: string }[]
    }
    expect(Object.fromEntries(found.platforms.map(({ host, networkTool }) => [host, networkTool]))).toEqual({
      master1: 'netplan',
      master2: 'networkd',
      master3: 'network-manager',
      agent1: 'ifupdown',
    })
    const reboot = 'touch /run/before-reboot; nohup sh -c "sleep 1; reboot" >/dev/null 2>&1 &'
    for (const host of HOSTS) await lab.tryOn(host, ['sh', '-c', reboot])
    for (const host of HOSTS) {
      await eventually(MINUTE, async () => {
        const outcome = await lab.tryOn(host, ['sh', '-c', 'test ! -e /run/before-reboot && test -d /run/weave'])
        return outcome.exitCode === 0 || `${host} is not back: ${outcome.stderr}`
      })
    }
    await eventually(2 * MINUTE, async () => {
      const status = await site.provision(['status', '--json'])
      return status.exitCode === 0 || `${status.stdout}${status.stderr}`
    })
    await expectWhole()
    expect(await lab.on('agent1', ['docker', 'network', 'inspect', 'bridge'])).toContain('"weave"')
  })

  it('gives the hosts back as they were', async () => {
    const down = await site.provision(['down', '--yes'])
    expect({ exitCode: down.exitCode, stderr: down.exitCode === 0 ? '' : down.stderr }).toMatchObject({ exitCode: 0 })
    for (const host of HOSTS) {
      const left = await lab.shell(
        host,
        'ls -R /sys/class/net /etc/systemd/network /etc/network /etc/netplan /etc/NetworkManager 2>/dev/null || true',
      )
      expect(left).not.toContain('weave')
    }
  })

  async function expectWhole(): Promise<void> {
    const pings = Object.values(bridges).map(
      address => `{ ping -c1 -W2 ${address} || ping -c1 -W8 ${address}; } >/dev/null`,
    )
    for (const host of HOSTS) {
      const said = await lab.shell(host, `set -e; ip -4 address show dev weave; ${pings.join('; ')}`)
      expect(said).toContain(`${bridges[host]}/16`)
    }
  }
})
