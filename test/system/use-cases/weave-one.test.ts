import { DockerLab, type HostName } from '../containers/docker-lab.ts'
import { eventually } from '../eventually.ts'

/** The commands of the write-up on Weave 1.2 (2015), on two hosts. */
describe('Weave 1.2', () => {
  let lab: DockerLab

  beforeAll(async () => {
    lab = await DockerLab.create({ byHand: ['a', 'b'] })
  })

  afterAll(async () => lab.dispose())

  async function eventuallyReaches(host: HostName, from: string, to: string): Promise<void> {
    await eventually(30_000, async () => {
      const { stdout, stderr } = await lab.on(host, ['docker', 'exec', from, 'ping', '-c', '4', '-W', '2', to])
      return stdout.includes(' 0% packet loss') || `${stdout}${stderr}`
    })
  }

  async function startOver(): Promise<void> {
    for (const host of ['a', 'b'] as const) await lab.type(host, 'docker rm -f $(docker ps -aq) && weave reset')
  }

  /** Where the container is on the overlay, as `weave ps` has it. */
  async function placeOf(host: HostName, container: string): Promise<string> {
    return (await lab.type(host, `weave ps ${container}`)).split(' ').slice(2).join(' ')
  }

  it('containers that are run have addresses and names by themselves', async () => {
    await lab.type('a', 'weave launch --nickname node1')
    await lab.type('b', `weave launch ${lab.addressOf('a')} --nickname node2`)
    await lab.type('a', 'weave run -itd --name=w1 ubuntu')
    await lab.type('b', 'weave run -itd --name=w2 ubuntu')
    await eventuallyReaches('a', 'w1', 'w2')
    await eventuallyReaches('b', 'w2', 'w1')
  })

  it('status connections has a line for each, with direction, state, path, peer and nickname', async () => {
    expect(await lab.type('a', 'weave status connections')).toMatch(
      /^<- 10\.93\.1\.2:\d+ +established (encrypted +)?(fastdp|sleeve) ([0-9a-f]{2}:){5}[0-9a-f]{2}\(node2\)/m,
    )
    expect(await lab.type('b', 'weave status connections')).toMatch(/^-> 10\.93\.1\.1:6783 +established .*\(node1\)/m)
  })

  it('a range and a default subnet; containers elsewhere in the range are of another subnet (FLAG-12, FLAG-13, CLI-14, ENV-21)', async () => {
    await startOver()
    const range = '--ipalloc-range 10.2.0.0/16 --ipalloc-default-subnet 10.2.1.0/24'
    await lab.type('a', `weave launch ${range}`)
    await lab.type('b', `weave launch ${range} ${lab.addressOf('a')}`)
    const run = 'eval $(weave env); docker run -itd'
    await lab.type('a', `${run} --name=d1 ubuntu`)
    await lab.type('b', `${run} --name=d2 ubuntu`)
    await lab.type('a', `${run} -e WEAVE_CIDR=net:10.2.2.0/24 --name=e1 ubuntu`)
    await lab.type('b', `${run} -e WEAVE_CIDR=net:10.2.2.0/24 --name=e2 ubuntu`)
    await lab.type('a', 'eval $(weave env); weave run 10.0.9.1/24 -itd --name=one-place ubuntu')
    expect(await placeOf('a', 'one-place')).toBe('10.0.9.1/24')
    expect(await placeOf('a', 'd1')).toMatch(/^10\.2\.1\.\d+\/24$/)
    const other = await placeOf('b', 'e2')
    expect(other).toMatch(/^10\.2\.2\.\d+\/24$/)
    await eventuallyReaches('a', 'd1', 'd2')
    await eventuallyReaches('a', 'e1', 'e2')
    const [address = ''] = other.split('/')
    expect((await lab.on('a', ['docker', 'exec', 'd1', 'ping', '-c', '2', '-W', '2', address])).exitCode).not.toBe(0)
  })

  it('router and proxy are launched apart; the proxy answers where it is told to, until it is stopped (OLD-04, OLD-05, OLD-09, FLAG-24)', async () => {
    await startOver()
    const how = '--no-discovery --init-peer-count 2 --password wEaVe'
    await lab.type('a', `weave launch-router ${how} --nickname node1`)
    await lab.type('b', `weave launch-router ${how} --nickname node2 ${lab.addressOf('a')}`)
    expect(await lab.type('a', 'weave status')).toMatch(/PeerDiscovery: disabled/)
    expect(await lab.type('a', 'weave status')).toMatch(/Encryption: enabled/)
    for (const host of ['a', 'b'] as const) {
      await lab.type(host, 'weave launch-proxy -H tcp://0.0.0.0:9999')
      await lab.type(host, `docker -H tcp://127.0.0.1:9999 run -itd --name=p-${host} ubuntu`)
    }
    await eventuallyReaches('a', 'p-a', 'p-b')
    expect(await lab.type('b', 'eval $(weave env); echo $DOCKER_HOST')).toMatch(/^(tcp:.*:9999|unix:.*weave\.sock)$/)
    await lab.type('a', 'weave stop-proxy')
    expect((await lab.on('a', ['docker', '-H', 'tcp://127.0.0.1:9999', 'ps'])).exitCode).not.toBe(0)
    expect(await placeOf('a', 'p-a')).toMatch(/\/\d+$/)
  })
})
