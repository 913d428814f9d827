import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { Containers } from './containers.ts'
import { LabDriver } from './lab-driver.ts'

const MINUTE = 60_000

/** What Docker and ifupdown really do with a bridge of somebody else's, each on a real daemon. */
describe('the traps of Docker and ifupdown', () => {
  const lab = new LabDriver()
  const containers = new Containers(lab)

  beforeAll(async () => {
    await upAgain()
    const { containerImage } = JSON.parse((await lab.provision(['lab', 'status', '--json'])).stdout)
    for (const host of ['alpha', 'relay']) await containers.start(host, containerImage)
  }, 10 * MINUTE)

  afterAll(async () => {
    await lab.dispose()
  }, 2 * MINUTE)

  it(
    'the first container gets the very first address of the range, and it works (trap 2.6)',
    async () => {
      expect(containers.on('alpha').address).toBe('10.2.1.0')
      expect(await containers.exec('relay', ['ping', '-c', '1', '-W', '5', '10.2.1.0'])).toContain(' 0% packet loss')
    },
    MINUTE,
  )

  it(
    'a second ifup is no error and runs no hook, and ifquery knows the state (trap 2.11)',
    async () => {
      const index = await lab.on('alpha', ['cat', '/sys/class/net/weave/ifindex'])
      await lab.on('alpha', ['ifup', 'weave'])
      expect(await lab.on('alpha', ['ifquery', '--state', 'weave'])).toBe('weave=weave')
      expect(await lab.on('alpha', ['cat', '/sys/class/net/weave/ifindex'])).toBe(index)
    },
    MINUTE,
  )

  it(
    'a changed stanza is put right without taking the bridge from under running containers (trap 2.8)',
    async () => {
      const before = await stateOf('alpha')
      await lab.shell(
        'alpha',
        'sed -i "s/^auto weave/# somebody was here\\nauto weave/" /etc/network/interfaces.d/weave',
      )
      await lab.on('alpha', ['ip', 'address', 'del', '10.2.0.1/16', 'dev', 'weave'])
      await upAgain()
      expect(await lab.on('alpha', ['cat', '/etc/network/interfaces.d/weave'])).not.toContain('somebody')
      expect(await lab.on('alpha', ['ip', '-4', '-brief', 'address', 'show', 'weave'])).toContain('10.2.0.1/16')
      expect(await stateOf('alpha')).toEqual(before)
      expect(await containers.exec('alpha', ['ping', '-c', '1', '-W', '5', '10.2.0.1'])).toContain(' 0% packet loss')
    },
    2 * MINUTE,
  )

  it(
    'containers of a Docker with live-restore survive a change of its options (trap 2.10)',
    async () => {
      const before = await stateOf('relay')
      const daemon = await lab.on('relay', ['cat', '/run/docker.pid'])
      appendFileSync(join(lab.inventory, 'group_vars', 'weave.yml'), 'weave_docker_options: { log-level: warn }\n')
      await upAgain()
      expect(await lab.on('relay', ['cat', '/run/docker.pid'])).not.toBe(daemon)
      expect(await stateOf('relay')).toEqual(before)
    },
    2 * MINUTE,
  )

  it(
    'Docker does not start without the bridge, says why, and the next up repairs it (trap 2.1)',
    async () => {
      await lab.shell('delta', 'systemctl stop docker.socket docker && ip link delete weave')
      const start = await lab.tryOn('delta', ['systemctl', 'start', 'docker'])
      expect(start.exitCode).not.toBe(0)
      expect(await lab.shell('delta', 'journalctl -u docker -n 30 --no-pager -o cat')).toMatch(/weave/)
      await upAgain()
      expect(await dockerNetwork('delta')).toEqual(planned('delta'))
    },
    2 * MINUTE,
  )

  it(
    'a network that Docker remembers wrongly is mended (traps 2.2 and 2.3)',
    async () => {
      await lab.shell(
        'delta',
        `systemctl stop docker.socket docker && rm -r /var/lib/docker/network && ip address flush dev weave &&
       mv /etc/systemd/system/docker.service.d/weave.conf /run/ && systemctl daemon-reload && systemctl start docker`,
      )
      expect(await dockerNetwork('delta')).not.toEqual(planned('delta'))
      await upAgain()
      expect(await dockerNetwork('delta')).toEqual(planned('delta'))
    },
    2 * MINUTE,
  )

  async function upAgain(): Promise<void> {
    const up = await lab.provision(['up'])
    if (up.exitCode !== 0) throw new Error(up.stderr)
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
