import { eventually } from '../agent/agent-lab.ts'
import { DockerLab, type HostName } from '../containers/docker-lab.ts'

const MINUTE = 60_000

/** The commands of the write-ups on Mesos and Marathon (2015): the bridge of Weave as Docker's own, a slice of addresses a host. */
describe('Docker on the weave bridge', () => {
  let lab: DockerLab
  const number = { a: 1, b: 2, c: 3 } as const

  beforeAll(async () => {
    lab = await DockerLab.create({ byHand: ['a', 'b'] })
  }, 3 * MINUTE)

  afterAll(async () => lab.dispose(), MINUTE)

  async function reaches(host: HostName, from: string, to: string): Promise<boolean> {
    return (await lab.on(host, ['docker', 'exec', from, 'ping', '-c', '2', '-w', '4', to])).exitCode === 0
  }

  async function look(host: HostName, name: string): Promise<string> {
    return (await lab.on(host, ['weave', 'dns-lookup', name])).stdout.trim()
  }

  async function addressOf(host: HostName, container: string): Promise<string> {
    return lab.docker(host, 'inspect', '-f', '{{.NetworkSettings.IPAddress}}', container)
  }

  /** As the stanza of /etc/network/interfaces has it, then Docker with its options. */
  async function bringUp(host: HostName): Promise<void> {
    await lab.type(host, 'weave create-bridge')
    await lab.type(host, 'ip link set dev weave up')
    await lab.type(host, `ip addr add dev weave 10.2.0.${number[host]}/16`)
    await lab.startDocker(host, '--bridge=weave', `--fixed-cidr=10.2.${number[host]}.0/24`)
  }

  it(
    'the bridge comes up before Docker and without the router, and Docker hands out its slice of addresses (OLD-03, OLD-11)',
    async () => {
      for (const host of ['a', 'b'] as const) {
        await lab.stopDocker(host)
        await bringUp(host)
        await lab.docker(host, 'run', '-d', '--name', `app-${host}`, 'ubuntu', 'sleep', '86400')
        expect(await addressOf(host, `app-${host}`)).toMatch(new RegExp(`^10\\.2\\.${number[host]}\\.\\d+$`))
      }
    },
    2 * MINUTE,
  )

  it(
    'launch and connect make one network of them, for Docker as for its containers',
    async () => {
      await lab.type('a', 'weave launch')
      await lab.type('b', 'weave launch')
      await lab.type('a', `weave connect ${lab.addressOf('b')}`)
      const far = await addressOf('b', 'app-b')
      await eventually(30_000, async () => (await reaches('a', 'app-a', far)) || 'not reached')
      expect(await reaches('b', 'app-b', await addressOf('a', 'app-a'))).toBe(true)
    },
    2 * MINUTE,
  )

  it(
    'names come from what Docker tells: of containers, labels, Compose services and Marathon apps; the answer is the overlay’s (DNS-09)',
    async () => {
      await lab.docker(
        'b',
        'run',
        '-d',
        '--name',
        'site',
        '-e',
        'MARATHON_APP_ID=/web/customer1/site1',
        'ubuntu',
        'sleep',
        '86400',
      )
      await lab.docker(
        'b',
        'run',
        '-d',
        '--label',
        'com.docker.compose.service=shop',
        '--name',
        'x_shop_1',
        'ubuntu',
        'sleep',
        '86400',
      )
      await lab.docker('b', 'run', '-d', '-h', 'named.weave.local', '--name', 'other', 'ubuntu', 'sleep', '86400')
      const wanted = [
        ['app-b', 'app-b'],
        ['site1.customer1.web', 'site'],
        ['shop', 'x_shop_1'],
        ['named', 'other'],
      ] as const
      for (const [name, container] of wanted) {
        const address = await addressOf('b', container)
        await eventually(20_000, async () => {
          const found = await look('a', `${name}.weave.local`)
          return found === address || `${name} is '${found}', not ${address}`
        })
      }
      await lab.docker('b', 'kill', 'site')
      await eventually(20_000, async () => (await look('a', 'site1.customer1.web.weave.local')) === '' || 'still there')
    },
    2 * MINUTE,
  )

  it(
    'an app that is scaled has two containers on one host, both on one port, and all answer in turn',
    async () => {
      const app = ['-e', 'MARATHON_APP_ID=/rest-api', 'ubuntu', 'nc', '-ll', '-p', '8080', '-e', 'hostname']
      for (const host of ['a', 'a', 'b', 'b'] as const) await lab.docker(host, 'run', '-d', ...app)
      await eventually(20_000, async () => {
        const found = (await look('a', 'rest-api.weave.local')).split('\n')
        return found.length === 4 || `${found}`
      })
      const seen = new Set<string>()
      for (const address of (await look('b', 'rest-api.weave.local')).split('\n')) {
        seen.add(await lab.docker('a', 'exec', 'app-a', 'nc', '-w', '3', address, '8080'))
      }
      expect(seen.size).toBe(4)
    },
    MINUTE,
  )

  it(
    'expose masquerades what leaves the overlay, and nothing that stays in it (CLI-08, FW-01)',
    async () => {
      await lab.type('a', 'weave expose 10.2.0.101/16')
      const far = await addressOf('b', 'app-b')
      await lab.docker('b', 'exec', '-d', 'app-b', 'nc', '-ll', '-p', '5001', '-e', 'netstat', '-tn')
      const near = await addressOf('a', 'app-a')
      await eventually(20_000, async () => {
        const { stdout } = await lab.on('a', ['docker', 'exec', 'app-a', 'nc', '-w', '3', far, '5001'])
        return stdout.includes(`${near}:`) || stdout
      })
      expect(await reaches('b', 'app-b', '10.2.0.101')).toBe(true)
      const masquerades = async () =>
        (await lab.on('a', ['iptables-save', '-t', 'nat'])).stdout.match(/^-A WEAVE.*MASQUERADE$/gm)?.length ?? 0
      expect(await masquerades()).toBeGreaterThan(0)
      await lab.type('a', 'weave hide 10.2.0.101/16')
      await lab.type('a', 'weave expose --without-masquerade 10.2.0.102/16')
      expect(await reaches('b', 'app-b', '10.2.0.102')).toBe(true)
      expect(await masquerades()).toBe(0)
      await lab.type('a', 'weave hide 10.2.0.102/16')
    },
    MINUTE,
  )
})
