import { eventually } from '../eventually.ts'
import { DockerLab, type HostName } from './docker-lab.ts'

const RANGES = ['--ipalloc-range', 'fd01::/64', '--ipalloc-default-subnet', '10.2.0.0/16']
const CREATE = ['network', 'create', '-d', 'weavemesh', '--ipam-driver', 'weavemesh']

describe('the network plugin', () => {
  let lab: DockerLab

  beforeAll(async () => {
    lab = await DockerLab.createJoined(...RANGES)
  })

  afterAll(async () => lab.dispose())

  async function endpoints(host: HostName): Promise<readonly string[]> {
    const shown = await lab.must(host, 'ip', '-brief', 'link', 'show', 'type', 'veth')
    return shown.split('\n').flatMap(line => /^vethw[lg]\w+/.exec(line)?.[0] ?? [])
  }

  async function onBoth(work: (host: HostName, number: number) => Promise<void>): Promise<void> {
    await Promise.all([work('a', 1), work('b', 2)])
  }

  it('makes networks across hosts, whose containers have their addresses from the first instruction (PLG-03, PLG-04, API-24)', async () => {
    const options = ['--subnet', '10.4.0.0/16', '-o', 'works.weave.multicast=true']
    const look = 'ip addr > /tmp/first; ip route >> /tmp/first; exec sleep 86400'
    const run = ['run', '-d', '--name', 'p1', '--network', 'shop']
    await onBoth(async (host, number) => {
      await lab.docker(host, ...CREATE, ...options, 'shop')
      const networks = await lab.docker(host, 'network', 'ls', '--format', '{{.Name}} {{.Driver}} {{.Scope}}')
      expect(networks).toContain('shop weavemesh local')
      await lab.docker(host, ...run, '--ip', `10.4.0.${number}`, 'busybox:test', 'sh', '-c', look)
    })
    const first = await lab.docker('a', 'exec', 'p1', 'cat', '/tmp/first')
    expect(first).toContain('inet 10.4.0.1/16')
    expect(first).toContain('224.0.0.0/4 dev ethwe0')
    await lab.docker('a', 'exec', 'p1', 'ping', '-c', '3', '-w', '30', '10.4.0.2')
    expect(await lab.mustWeave('a', 'ps', 'p1')).toMatch(/ 10\.4\.0\.1\/16$/)
    await eventually(20_000, async () => {
      const found = await lab.mustWeave('a', 'dns-lookup', 'p1.weave.local')
      return found.split('\n').sort().join() === '10.4.0.1,10.4.0.2' || found
    })
  })

  it('refuses an address outside the subnet and one that is taken, and leaves no device', async () => {
    const before = await endpoints('a')
    const outside = await lab.on('a', [
      'docker',
      'run',
      '--rm',
      '--network',
      'shop',
      '--ip',
      '10.5.0.1',
      'busybox:test',
      'true',
    ])
    expect(outside.exitCode).not.toBe(0)
    const taken = await lab.on('a', ['docker', 'run', '--network', 'shop', '--ip', '10.4.0.1', 'busybox:test', 'true'])
    expect(taken.stderr).toContain('10.4.0.1 is in use by another container')
    expect(await endpoints('a')).toEqual(before)
  })

  it('takes its devices away with their containers, and connects running ones, which have their names there (DNS-09)', async () => {
    const before = await endpoints('a')
    await lab.docker('a', 'run', '-d', '--name', 'q1', 'busybox:test', 'sleep', '86400')
    await lab.docker('a', 'network', 'connect', '--ip', '10.4.0.9', 'shop', 'q1')
    await lab.docker('a', 'exec', 'q1', 'ping', '-c', '3', '-w', '30', '10.4.0.2')
    expect(await endpoints('a')).toHaveLength(before.length + 1)
    const named = (wanted: string) =>
      eventually(20_000, async () => {
        const found = await lab.mustWeave('b', 'dns-lookup', 'q1.weave.local')
        return found === wanted || `q1 is '${found}', not '${wanted}'`
      })
    await named('10.4.0.9')
    await lab.docker('a', 'network', 'disconnect', 'shop', 'q1')
    await named('')
    expect(await endpoints('a')).toEqual(before)
    await lab.docker('a', 'rm', '-f', 'q1')
  })

  it('gives each container of the network that is there from the start an address of its own', async () => {
    await eventually(20_000, async () => {
      return (await lab.docker('a', 'network', 'ls', '--format', '{{.Name}}')).includes('weave') || 'no network'
    })
    for (const name of ['w1', 'w2']) {
      await lab.docker('a', 'run', '-d', '--name', name, '--network', 'weave', 'busybox:test', 'sleep', '86400')
    }
    const shown = await lab.docker('a', 'inspect', '-f', '{{.NetworkSettings.Networks.weave.IPAddress}}', 'w1', 'w2')
    const [one = '', two = ''] = shown.split('\n')
    expect(one).toMatch(/^10\.2\./)
    expect(two).not.toBe(one)
    await lab.docker('a', 'exec', 'w1', 'ping', '-c', '2', '-w', '30', two)
  })

  it('has networks of IPv6 too', async () => {
    const six = ['--ipv6', '--subnet', '10.6.0.0/16', '--subnet', 'fd01::/64', 'six']
    await onBoth(async (host, number) => {
      await lab.docker(host, ...CREATE, ...six)
      const run = ['run', '-d', '--name', 's1', '--network', 'six', '--ip', `10.6.0.${number}`]
      await lab.docker(host, ...run, 'busybox:test', 'sleep', '86400')
    })
    const far = await lab.docker('b', 'inspect', '-f', '{{.NetworkSettings.Networks.six.GlobalIPv6Address}}', 's1')
    expect(far).toMatch(/^fd01::/)
    await eventually(20_000, async () => {
      const ping = ['docker', 'exec', 's1', 'ping', '-c', '1', '-W', '2', far]
      return (await lab.on('a', ping)).exitCode === 0 || 'no answer'
    })
  })

  it('a call that Docker repeats does what one would have done, and leaves nothing', async () => {
    const [devices, leases] = [await endpoints('a'), await lab.leases('a')]
    const socket = `${lab.rootOf('a')}/run/docker/plugins/weavemesh.sock`
    const call = async (name: string, body: object) => {
      const words = ['curl', '-s', '--unix-socket', socket, '-d', JSON.stringify(body), `http://plugin/${name}`]
      return JSON.parse(await lab.must('a', ...words)) as { readonly Err?: string }
    }
    const NetworkID = 'ab'.repeat(32)
    const endpoint = { NetworkID, EndpointID: 'cd'.repeat(32) }
    const pool = { PoolID: 'weave-10.8.0.0/16-10.8.0.0/16', Address: '10.8.0.9' }
    const calls = [
      ['NetworkDriver.CreateNetwork', { NetworkID }],
      ['IpamDriver.RequestAddress', pool],
      ['NetworkDriver.CreateEndpoint', { ...endpoint, Interface: { Address: '10.8.0.9/16' } }],
      ['NetworkDriver.Join', endpoint],
      ['NetworkDriver.Leave', endpoint],
      ['NetworkDriver.DeleteEndpoint', endpoint],
      ['IpamDriver.ReleaseAddress', pool],
      ['NetworkDriver.DeleteNetwork', { NetworkID }],
    ] as const
    for (const [name, body] of calls) {
      for (const answer of [await call(name, body), await call(name, body)])
        expect([name, answer.Err]).toEqual([name, undefined])
    }
    expect([await endpoints('a'), await lab.leases('a')]).toEqual([devices, leases])
  })

  it('works on after a restart of the agent, and Docker starts without it', async () => {
    // Docker gives the absent plugin half a minute for each container, and at its start for each network.
    await lab.docker('a', 'rm', '-f', '-v', 'w1', 'w2', 's1', 'p1')
    await lab.docker('a', 'network', 'rm', 'six', 'weave')
    await lab.stopAgent('a')
    // What a container leaves that ends meanwhile.
    await lab.must('a', ...'ip link add vethwlstray type veth peer name vethwgstray'.split(' '))
    await lab.stopDocker('a')
    await lab.startDocker('a')
    await lab.launch('a')
    const run = ['run', '-d', '--name', 'p1', '--network', 'shop', '--ip', '10.4.0.1']
    await lab.docker('a', ...run, 'busybox:test', 'sleep', '86400')
    await eventually(20_000, async () => {
      const ping = ['docker', 'exec', 'p1', 'ping', '-c', '1', '-W', '2', '10.4.0.2']
      return (await lab.on('a', ping)).exitCode === 0 || 'no answer'
    })
    expect(await endpoints('a')).toHaveLength(1)
  })
})
