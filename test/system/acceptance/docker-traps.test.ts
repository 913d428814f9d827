import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../eventually.ts'
import { Containers } from './containers.ts'
import { LabDriver } from './lab-driver.ts'

const MINUTE = 60_000

interface Way {
  readonly kind: string
  readonly from: string
  readonly to: string
  readonly works: boolean
  readonly lossPercent: number
  readonly mtu: number
  readonly megabits: number
}

interface HostPlan {
  readonly name: string
  readonly actions: readonly { kind: string; containers: readonly string[]; seconds: number; text: string }[]
}

/** What Docker and ifupdown really do with a bridge of somebody else's, each on a real daemon. */
describe('the traps of Docker and ifupdown', () => {
  const lab = new LabDriver()
  const containers = new Containers(lab)

  beforeAll(async () => {
    await upAgain()
    const { containerImage } = JSON.parse((await lab.provision(['lab', 'status', '--json'])).stdout)
    for (const host of ['alpha', 'relay']) await containers.start(host, containerImage)
  })

  afterAll(async () => {
    await lab.dispose()
  })

  it('the first container gets the very first address of the range, and it works (trap 2.6)', async () => {
    expect(containers.on('alpha').address).toBe('10.2.1.0')
    expect(await containers.exec('relay', ['ping', '-c', '1', '-W', '5', '10.2.1.0'])).toContain(' 0% packet loss')
  })

  it('test measures from container to container too: loss, MTU, throughput', async () => {
    const { exitCode, stdout } = await lab.provision(['test', '--json', '--limit', 'alpha,relay'])
    const { ways } = JSON.parse(stdout) as { ways: Way[] }
    const between = ways.filter(({ kind }) => kind === 'container')
    expect([exitCode, between.map(({ from, to }) => `${from} ${to}`)]).toEqual([0, ['alpha relay', 'relay alpha']])
    for (const { works, lossPercent, mtu, megabits } of between) {
      expect({ works, mtu }).toEqual({ works: true, mtu: 1376 })
      expect(lossPercent).toBeLessThan(50)
      expect(megabits).toBeGreaterThan(0)
    }
  })

  it('the router of a host that was provisioned gives containers of the API proxy their network, and again after a restart', async () => {
    const look = 'docker exec proxied ip address show ethwe'
    const addressIn = (shown: string) => /inet 10\.2\.1\.\d+\/16/.exec(shown)?.[0]
    const run = 'docker run -d --name proxied acceptance:1 sleep 600'
    const given = addressIn(await lab.shell('alpha', `eval $(weave env) && ${run} >&2 && ${look}`))
    expect(given).toBeDefined()
    await lab.on('alpha', ['docker', 'restart', '-t', '0', 'proxied'])
    await eventually(MINUTE / 2, async () => {
      const { stdout } = await lab.tryOn('alpha', ['sh', '-c', look])
      return addressIn(stdout) === given || `${given} was given, and there is ${stdout}`
    })
    await lab.on('alpha', ['docker', 'rm', '-f', 'proxied'])
  })

  it('a second ifup is no error and runs no hook, and ifquery knows the state (trap 2.11)', async () => {
    const index = await lab.on('alpha', ['cat', '/sys/class/net/weave/ifindex'])
    await lab.on('alpha', ['ifup', 'weave'])
    expect(await lab.on('alpha', ['ifquery', '--state', 'weave'])).toBe('weave=weave')
    expect(await lab.on('alpha', ['cat', '/sys/class/net/weave/ifindex'])).toBe(index)
  })

  it('a changed stanza is put right without taking the bridge from under containers, and a Docker without its bridge, which says so, started (traps 2.8, 2.1)', async () => {
    const before = await stateOf('alpha')
    await lab.shell(
      'alpha',
      'sed -i "s/^auto weave/# somebody was here\\nauto weave/" /etc/network/interfaces.d/weave; ip address del 10.2.0.1/16 dev weave',
    )
    await lab.shell('delta', 'systemctl stop docker.socket docker && ifdown weave')
    expect((await lab.tryOn('delta', ['systemctl', 'start', 'docker'])).exitCode).not.toBe(0)
    expect(await lab.shell('delta', 'journalctl -u docker -n 30 --no-pager -o cat')).toMatch(/weave/)
    const network = await disturbNetwork()
    expect(await told()).toEqual(
      expect.arrayContaining(['alpha bridge-address', 'delta bridge-missing', 'delta docker-down', ...network.told]),
    )
    await network.calm()
    await upAgain()
    expect(await lab.on('alpha', ['cat', '/etc/network/interfaces.d/weave'])).not.toContain('somebody')
    expect(await lab.on('alpha', ['ip', '-4', '-brief', 'address', 'show', 'weave'])).toContain('10.2.0.1/16')
    expect(await stateOf('alpha')).toEqual(before)
    expect(await containers.exec('alpha', ['ping', '-c', '1', '-W', '5', '10.2.0.1'])).toContain(' 0% packet loss')
    expect(await dockerNetwork('delta')).toEqual(planned('delta'))
  })

  it('containers of a Docker with live-restore survive a change of its options, and a network that Docker remembers wrongly is mended (traps 2.10, 2.2 and 2.3)', async () => {
    const before = await stateOf('relay')
    const daemon = await lab.on('relay', ['cat', '/run/docker.pid'])
    appendFileSync(join(lab.inventory, 'group_vars', 'weave.yml'), 'weave_docker_options: { log-level: warn }\n')
    await lab.shell(
      'delta',
      `systemctl stop docker.socket docker && rm -r /var/lib/docker/network && ip address flush dev weave &&
       mv /etc/systemd/system/docker.service.d/weave.conf /run/ && systemctl daemon-reload && systemctl start docker`,
    )
    expect(await dockerNetwork('delta')).not.toEqual(planned('delta'))
    expect(await told()).toContain('delta docker-stale-network')
    const plan = JSON.parse((await lab.provision(['plan', '--json'])).stdout) as { hosts: HostPlan[] }
    const restarts = plan.hosts.map(({ name, actions }) => [
      name,
      actions.find(({ kind }) => kind === 'restart-docker'),
    ])
    expect(Object.fromEntries(restarts)).toMatchObject({
      alpha: { containers: ['web'], seconds: 15 },
      relay: { containers: [], seconds: 0, text: expect.stringContaining('live-restore') },
    })
    await upAgain()
    expect(await lab.on('relay', ['cat', '/run/docker.pid'])).not.toBe(daemon)
    expect(await stateOf('relay')).toEqual(before)
    expect(await dockerNetwork('delta')).toEqual(planned('delta'))
  })

  it('a bounce of the bridge, of which only its owner thinks, cuts containers off; what doctor says brings them back (trap 2.8)', async () => {
    await lab.on('alpha', ['ifdown', '--force', 'weave'])
    await lab.on('alpha', ['ifup', 'weave'])
    const ping = ['docker', 'exec', 'web', 'ping', '-c', '1', '-W', '1', '10.2.0.4']
    expect((await lab.tryOn('alpha', ping)).exitCode).not.toBe(0)
    const { stdout } = await lab.provision(['doctor', '--json', '--limit', 'alpha'])
    const { findings } = JSON.parse(stdout) as { findings: { about: string; remedy: string }[] }
    const remedy = findings.find(({ about }) => about === 'containers-off-bridge')?.remedy ?? JSON.stringify(findings)
    await lab.shell('alpha', /^'(docker restart web)'/.exec(remedy)?.[1] ?? remedy)
    await eventually(MINUTE, async () => {
      const { exitCode, stdout } = await lab.tryOn('alpha', ping)
      return exitCode === 0 || stdout
    })
  })

  async function upAgain(): Promise<void> {
    const up = await lab.provision(['up'])
    if (up.exitCode !== 0) throw new Error(up.stderr)
  }

  /** In the ways that take no router's peers away. Rules about bridged frames are met only where the kernel shows them to iptables. */
  async function disturbNetwork() {
    const rules = {
      relay: 'INPUT -p tcp --syn --dport 6783 -s 10.77.1.12 -j DROP',
      bravo: 'DOCKER-USER -i weave -j DROP',
    }
    for (const [host, rule] of Object.entries(rules)) await lab.shell(host, `iptables -I ${rule}`)
    await lab.shell('delta', 'ip link set eth0 mtu 1300')
    const bridged = existsSync('/proc/sys/net/bridge') ? ['bravo docker-user'] : []
    return {
      told: ['relay blocked-6783-tcp', 'bravo asymmetric', 'delta mtu', ...bridged],
      calm: async () => {
        for (const [host, rule] of Object.entries(rules)) await lab.shell(host, `iptables -D ${rule}`)
        await lab.shell('delta', 'ip link set eth0 mtu 1500')
      },
    }
  }

  /** What doctor says of which host. */
  async function told(): Promise<readonly string[]> {
    const { stdout } = await lab.provision(['doctor', '--json'])
    const { findings } = JSON.parse(stdout) as { findings: { host: string; about: string }[] }
    return findings.map(({ host, about }) => `${host} ${about}`)
  }

  /** Changes when the container is started anew, or its port leaves the bridge. */
  async function stateOf(host: string): Promise<readonly string[]> {
    const started = await lab.on(host, ['docker', 'inspect', '-f', '{{.State.StartedAt}} {{.State.Running}}', 'web'])
    const ports = await lab.on(host, ['ls', '/sys/class/net/weave/brif'])
    return [started, ports]
  }

  async function dockerNetwork(host: string): Promise<unknown> {
    const config = await lab.on(host, ['docker', 'network', 'inspect', 'bridge', '-f', '{{json .IPAM.Config}}'])
    const [{ Subnet, IPRange }] = JSON.parse(config)
    return { Subnet, IPRange }
  }

  function planned(host: string): unknown {
    const number = ['alpha', 'bravo', 'delta', 'relay'].indexOf(host) + 1
    return { Subnet: '10.2.0.0/16', IPRange: `10.2.${number}.0/24` }
  }
})
