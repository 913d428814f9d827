import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AgentLab, closeOf, endOf, type LabPlan } from '../agent/agent-lab.ts'
import { eventually } from '../eventually.ts'
import { exchangeFrames, macOf, takeAnyFrame } from './exchange-frames.ts'
import { SEND_VXLAN } from './frame-scripts.ts'
import { WireguardHosts } from './wireguard-hosts.ts'

const HOSTS = ['a', 'b', 'c'] as const
const FRAMES = 120
const NOBODY = '192.0.2.9'
const MARK = 'a-secret-of-containers'
/** Of hosts a and b within the tunnels. */
const INNER = { a: '169.254.96.1', b: '169.254.96.2' } as const

/** A row. No wire is trusted: frames are sealed on all of them. The second knows IPv6 only. */
const PLAN: LabPlan = {
  hosts: [
    { name: 'a', shortId: 1, address: '10.94.1.1', targets: ['10.94.1.2'] },
    { name: 'b', shortId: 2, address: '10.94.1.2', otherAddresses: ['2001:db8:2::2'], targets: [] },
    { name: 'c', shortId: 3, address: '2001:db8:2::3', targets: ['[2001:db8:2::2]:6783'] },
  ],
  wires: [
    ['a 10.94.1.1/24', 'b 10.94.1.2/24'],
    ['b 2001:db8:2::2/64', 'c 2001:db8:2::3/64'],
  ],
}

describe('agents with the fast path inside WireGuard', () => {
  let lab: AgentLab
  let hosts: WireguardHosts

  beforeAll(async () => {
    lab = await AgentLab.create(PLAN)
    hosts = new WireguardHosts(lab)
    await takeAnyFrame(lab, HOSTS)
    for (const host of HOSTS) {
      await hosts.launch(host)
      lab.addContainer(host)
    }
    for (const host of HOSTS) await lab.awaitReachable(host, 20)
    await tunnelled('a', [2])
    await tunnelled('b', [1, 3])
  })

  afterAll(async () => {
    for (const host of HOSTS) await hosts?.end(host)
    await lab?.dispose()
  })

  it('say that a neighbour is reached in the kernel, encrypted', async () => {
    const { stdout } = await lab.weave('a', 'status', 'connections')
    expect(stdout).toMatch(/ 10\.94\.1\.2:\d+ +established encrypted +fastdp [0-9a-f:]{17}\(b\) mtu=1376$/m)
    const { stdout: status } = await lab.weave('a', 'status')
    expect(status).toMatch(/^ +Encryption: enabled$/m)
    expect(status).toMatch(/^ +FastPath: enabled \(1 peers over 1 links, 1 of them WireGuard, \d+ changes\)$/m)
  })

  it('carry frames of every kind and size, each once, to neighbours inside the tunnel and past them by the sleeve', async () => {
    const from = await macOf(lab, 'ca')
    const before = await countersOf('b')
    const wishes = [
      { seed: '41', to: 'ff:ff:ff:ff:ff:ff', receivers: ['cb', 'cc'] },
      { seed: '42', to: await macOf(lab, 'cb'), receivers: ['cb'] },
      { seed: '43', to: await macOf(lab, 'cc'), receivers: ['cc'] },
    ]
    for (const { seed, to, receivers } of wishes) {
      const said = await exchangeFrames(lab, { seed, frames: FRAMES, from, to, sender: 'ca', receivers })
      expect(said).toEqual(receivers.map(() => `same=${FRAMES} twice=0 other=0`))
    }
    const after = await countersOf('b')
    expect(after.delivered - before.delivered).toBeGreaterThanOrEqual(2 * FRAMES)
    expect(after.relayed).toBe(before.relayed)
  })

  it('show nothing of it on the wire, and no VXLAN', async () => {
    const file = join(lab.folder, 'wire.pcap')
    const argv = ['tcpdump', '--immediate-mode', '-i', 'ab', '-s', '0', '-U', '-w', file, '-Z', 'root']
    const capture = lab.spawn('a', argv, { name: 'capture' })
    await eventually(5000, async () => lab.log('capture').includes('listening on') || lab.log('capture'))
    const pattern = Buffer.from(MARK).toString('hex').slice(0, 32)
    const said = await lab.on('ca', 'ping', '-q', '-i', '0.05', '-c', '20', '-s', '400', '-p', pattern, '10.2.2.1')
    expect(said.stdout).toContain('20 received, 0% packet loss')
    capture.kill('SIGINT')
    await endOf(capture)
    expect(readFileSync(file).includes(Buffer.from(pattern, 'hex'))).toBe(false)
    const count = async (filter: string) => {
      const { stdout } = await lab.on('a', 'tcpdump', '-r', file, '-nn', filter)
      return stdout.split('\n').filter(line => line !== '').length
    }
    expect(await count('udp port 6784')).toBe(0)
    expect(await count('udp port 6785 and greater 400')).toBeGreaterThanOrEqual(40)
  })

  it.each([
    ['the address of a member', '10.94.1.2'],
    ['the address of a member within the tunnels', INNER.b],
    ['an address of nobody', NOBODY],
  ])('take no VXLAN outside of the tunnel, from %s', async (_, from) => {
    if (from === NOBODY) await lab.on('b', 'ip', 'address', 'add', `${from}/32`, 'dev', 'lo')
    for (const device of ['all', 'ab']) await lab.on('a', 'sysctl', '-qw', `net.ipv4.conf.${device}.rp_filter=0`)
    const before = await countersOf('a')
    await lab.on('b', 'python3', '-c', SEND_VXLAN, from, '10.94.1.1', ...Array(5).fill(`${(2 << 12) | 1}/64/frame`))
    await eventually(5000, async () => {
      const { droppedEndpoint } = await countersOf('a')
      return droppedEndpoint === before.droppedEndpoint + 5 || `dropped ${droppedEndpoint}`
    })
  })

  it('lose no frame while an agent is killed, and renew the keys when it is back', async () => {
    await tunnelled('a', [2])
    await tunnelled('b', [1, 3])
    const before = await presharedKeys()
    const keyOf = async (host: string) => (await hosts.wg(host, 'show', 'weave-wg', 'public-key')).trim()
    const publicKey = await keyOf('b')
    const { delivered } = await countersOf('b')
    const long = lab.spawn('ca', ['ping', '-q', '-i', '0.02', '-c', '900', '10.2.2.1'], { name: 'long-ping' })
    await eventually(5000, async () => (await countersOf('b')).delivered > delivered || 'nothing')
    await lab.kill('b')
    await hosts.launch('b')
    expect(lab.log('b')).toMatch(/msg="fast path ready" adopted=2/)
    await eventually(40_000, async () => {
      const [ofA, ofB] = await presharedKeys()
      return (ofA === ofB && ofA !== before[0]) || `${ofA === ofB} ${ofA !== before[0]}`
    })
    await tunnelled('a', [2])
    await tunnelled('b', [1, 3])
    await closeOf(long)
    expect(lab.log('long-ping')).toMatch(/ 0% packet loss/)
    expect(await keyOf('b')).toBe(publicKey)
    expect(before[0]).toBe(before[1])
  })

  it('leave nothing of it when WEAVE_NO_FASTDP is set, and still carry frames', async () => {
    await lab.stop('b')
    await hosts.launch('b', { WEAVE_NO_FASTDP: '1' })
    expect((await lab.on('b', 'ip', 'link', 'show', 'weave-wg')).exitCode).not.toBe(0)
    expect((await lab.on('b', 'ip', 'route', 'show', 'type', 'blackhole')).stdout).toBe('')
    for (const host of ['a', 'b']) await lab.awaitReachable(host, 20)
    await eventually(20_000, async () => {
      const { stdout } = await lab.on('ca', 'ping', '-q', '-W', '5', '-c', '2', '10.2.2.1')
      return stdout.includes(' 0% packet loss') || stdout
    })
  })

  /** What a and b have for each other. */
  async function presharedKeys(): Promise<readonly [string, string]> {
    const of = async (host: 'a' | 'b', other: 'a' | 'b') => {
      const lines = (await hosts.wg(host, 'show', 'weave-wg', 'dump')).split('\n').map(line => line.split('\t'))
      return lines.find(fields => fields[3] === `${INNER[other]}/32`)?.[1] ?? `${host} has no peer ${other}`
    }
    return [await of('a', 'b'), await of('b', 'a')]
  }

  async function countersOf(
    host: string,
  ): Promise<{ readonly delivered: number; readonly relayed: number; readonly droppedEndpoint: number }> {
    return JSON.parse((await lab.weave(host, 'status', '--json')).stdout).fastPath.counters
  }

  async function tunnelled(host: string, peers: readonly number[]): Promise<void> {
    await eventually(40_000, async () => {
      const { router } = JSON.parse((await lab.weave(host, 'status', '--json')).stdout)
      const found = router.fastPath?.peers.map(({ peer }: { peer: number }) => peer).sort()
      return found?.join() === peers.join() || `${host} has ${found} on the fast path\n${lab.log(host)}`
    })
  }
})
