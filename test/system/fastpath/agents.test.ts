import { AgentLab, closeOf, endOf, type LabPlan } from '../agent/agent-lab.ts'
import { eventually } from '../eventually.ts'
import { macOf, takeAnyFrame, troubleExchanging } from './exchange-frames.ts'

const HOSTS = ['a', 'b', 'c', 'd'] as const
const FRAMES = 120
/** Of wires, and of containers: the sleeve puts 82 bytes around what they hold, VXLAN 50, and over IPv6 70. */
const JUMBO = { underlay: 9000, overlay: 8900 } as const
const USUAL_MTU = 1376
/** What a change of path may cost. */
const HANDFUL = 5

/** For a program that is to see no /dev/net/tun; `ip netns exec` has given it mounts of its own. */
const WITHOUT_TUN = ['sh', '-c', 'mount -t tmpfs none /dev/net && exec "$@"', 'sh'] as const

/** A row. The wires between a, b and c are trusted, one of IPv4 and one of IPv6; that to d is not. */
const PLAN: LabPlan = {
  hosts: [
    { name: 'a', shortId: 1, address: '10.91.1.1', targets: ['10.91.1.2'] },
    { name: 'b', shortId: 2, address: '10.91.1.2', targets: [] },
    { name: 'c', shortId: 3, address: 'fd00:91:2::3', targets: ['[fd00:91:2::2]:6783'] },
    { name: 'd', shortId: 4, address: '10.91.3.4', targets: ['10.91.3.3'] },
  ],
  wires: [
    ['a 10.91.1.1/24', 'b 10.91.1.2/24'],
    ['b fd00:91:2::2/64', 'c fd00:91:2::3/64'],
    ['c 10.91.3.3/24', 'd 10.91.3.4/24'],
  ],
  underlayMtu: JUMBO.underlay,
  configure: config => ({
    ...config,
    bridge: { ...config.bridge, mtu: JUMBO.overlay },
    trustedSubnets: ['10.91.1.0/24', 'fd00:91:2::/64'],
  }),
}

describe('agents with the fast path on some of their wires', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.create(PLAN)
    await takeAnyFrame(lab, HOSTS)
    for (const host of HOSTS) await lab.launch(host)
    for (const host of HOSTS) lab.addContainer(host, JUMBO.overlay)
    for (const host of HOSTS) await lab.awaitReachable(host, 20)
    await allOnFastPath()
  })

  afterAll(async () => {
    await lab?.dispose()
  })

  it('say which path each connection takes, and why not the better one', async () => {
    const { stdout: ofB } = await lab.weave('b', 'status', 'connections')
    expect(ofB).toMatch(/ 10\.91\.1\.1:\d+ +established unencrypted fastdp [0-9a-f:]{17}\(a\) mtu=8900$/m)
    expect(ofB).toMatch(/ \[fd00:91:2::3\]:\d+ +established unencrypted fastdp [0-9a-f:]{17}\(c\) mtu=8900$/m)
    const { stdout: ofC } = await lab.weave('c', 'status', 'connections')
    expect(ofC).toMatch(
      / 10\.91\.3\.4:\d+ +established encrypted +sleeve [0-9a-f:]{17}\(d\) mtu=\d+, fast path: the address is in no trusted subnet$/m,
    )
    const { stdout: status } = await lab.weave('a', 'status')
    expect(status).toContain(' TrustedSubnets: 10.91.1.0/24, fd00:91:2::/64\n')
    expect(status).toMatch(/^ +Encryption: enabled; not for frames within TrustedSubnets$/m)
    expect(status).toMatch(/^ +FastPath: enabled \(2 peers over 1 links, \d+ changes\)$/m)
    expect(lab.log('a')).toMatch(/msg="path changed" peer=3 nickname=c path=fastdp reason="?\w/)
  })

  it('relay in the kernel where each hop is trusted', async () => {
    // A MAC that the sleeve brought is held for two seconds; until then frames for it are flooded, which also gets there.
    await eventually(10_000, async () => {
      const { relayed } = await countersOf('b')
      expect(await ping('ca', '10.2.3.1', '1')).toContain('1 received, 0% packet loss')
      return (await countersOf('b')).relayed >= relayed + 2 || 'frames are still flooded'
    })
    const before = await countersOf('b')
    expect(await ping('ca', '10.2.3.1', '20')).toContain('20 received, 0% packet loss')
    expect((await countersOf('b')).relayed - before.relayed).toBeGreaterThanOrEqual(40)
  })

  it('go by the sleeve, end to end, where one is not', async () => {
    const before = await countersOf('b')
    expect(await ping('ca', '10.2.4.1', '20')).toContain('20 received, 0% packet loss')
    expect((await countersOf('b')).relayed - before.relayed).toBeLessThan(10)
  })

  it.each([
    ['ca', ['cb', 'cc', 'cd']],
    ['cd', ['ca', 'cb', 'cc']],
  ] as const)(
    'carry frames of every kind and size, jumbo frames too, from %s to hosts on both paths, each once',
    async (sender, receivers) => {
      const wish = { frames: FRAMES, sender, receivers }
      expect(await troubleExchanging(lab, { ...wish, mtu: USUAL_MTU, to: '01:00:5e:01:02:03' })).toBe('')
      expect(await troubleExchanging(lab, { ...wish, mtu: JUMBO.overlay, to: 'ff:ff:ff:ff:ff:ff' })).toBe('')
      for (const receiver of receivers) {
        const to = await macOf(lab, receiver)
        const alone = { ...wish, mtu: JUMBO.overlay, to, receivers: [receiver] }
        expect(await troubleExchanging(lab, alone)).toBe('')
      }
    },
  )

  it('lose no frame on the fast path when a relay’s agent is killed, and all are replaced by those of another release', async () => {
    const long = lab.spawn('ca', ['ping', '-q', '-i', '0.005', '-c', '3000', '10.2.3.1'], { name: 'long-ping' })
    await lab.kill('b')
    await new Promise(wake => setTimeout(wake, 1000))
    await lab.launch('b')
    lab.unpackRelease()
    for (const host of ['b', 'c', 'a']) {
      await lab.stop(host)
      await lab.launch(host)
      expect(lab.log(host)).toMatch(/msg="fast path ready" adopted=2/)
    }
    await allOnFastPath()
    await closeOf(long)
    expect(lab.log('long-ping')).toContain('3000 packets transmitted, 3000 received, 0% packet loss')
  })

  it('change to the sleeve when VXLAN does not pass, say so, and change back', async () => {
    for (const tool of ['iptables', 'ip6tables'])
      await lab.on('b', tool, '-I', 'INPUT', '-p', 'udp', '--dport', '6784', '-j', 'DROP')
    await Promise.all(['a', 'b', 'c'].map(host => onFastPath(host, [])))
    const { stdout } = await lab.weave('a', 'status', 'connections')
    expect(stdout).toMatch(/sleeve .*\(b\) .*no answer on UDP 6784 of 10\.91\.1\.2, lost 1 times/)
    const { stdout: ofC } = await lab.weave('c', 'status', 'connections')
    expect(ofC).toMatch(/sleeve .*\(b\) .*no answer on UDP 6784 of (fd00:91:2::2|10\.91\.1\.2), lost 1 times/)
    // Either end may be the first to notice.
    expect(lab.log('a')).toMatch(
      /msg="path changed" peer=2 nickname=b path=sleeve reason="(no probe was answered for 2000 ms|probes in a row were not answered, while those by the sleeve were|b gets no answers from here)"/,
    )
    expect(await ping('ca', '10.2.3.1', '20')).toContain('20 received, 0% packet loss')
    const long = lab.spawn('ca', ['ping', '-q', '-i', '0.05', '10.2.3.1'], { name: 'change-ping' })
    for (const tool of ['iptables', 'ip6tables'])
      await lab.on('b', tool, '-D', 'INPUT', '-p', 'udp', '--dport', '6784', '-j', 'DROP')
    await allOnFastPath()
    // The last frames of the change may still be on their way; what all of it has cost is counted below.
    await eventually(20_000, async () => {
      const said = await ping('ca', '10.2.3.1', '20')
      return said.includes('20 received, 0% packet loss') || said
    })
    long.kill('SIGINT')
    await closeOf(long)
    expect(lostOf(lab.log('change-ping'))).toBeLessThanOrEqual(HANDFUL)
  })

  it('go on with the fast path where the host gives no TAP device, and say what that costs', async () => {
    await lab.stop('b')
    await lab.launch('b', {}, WITHOUT_TUN)
    const { stdout } = await lab.weave('b', 'status')
    expect(stdout).toMatch(/^ +Sleeve: missing, containers here reach hosts on the fast path only: \/dev\/net\/tun is/m)
    await allOnFastPath()
    await lab.awaitReachable('a', 20)
    for (const [from, to] of [
      ['ca', '10.2.2.1'],
      ['ca', '10.2.3.1'],
      // Past it, sealed from end to end.
      ['ca', '10.2.4.1'],
    ] as const) {
      await eventually(20_000, async () => {
        const said = await ping(from, to, '5')
        return said.includes(' 0% packet loss') || said
      })
    }
    expect(await ping('cb', '10.2.4.1', '3')).toContain('100% packet loss')
    await lab.stop('b')
    const alone = lab.begin('b', 'info', { environment: { WEAVE_NO_FASTDP: '1' }, through: WITHOUT_TUN })
    await endOf(alone)
    expect(alone.exitCode).toBe(1)
    expect(lab.log('b')).toContain('error: /dev/net/tun is missing\nremedy: load the kernel module: modprobe tun\n')
  })

  it('leave nothing of it when WEAVE_NO_FASTDP is set, and still carry frames', async () => {
    await lab.launch('b', { WEAVE_NO_FASTDP: '1' })
    const { stdout } = await lab.weave('b', 'status')
    expect(stdout).toMatch(/^ +FastPath: missing, frames take the slower sleeve: WEAVE_NO_FASTDP is set$/m)
    expect((await lab.on('b', 'ip', 'link', 'show', 'weave-vx')).exitCode).not.toBe(0)
    await lab.awaitReachable('b', 20)
    await lab.awaitReachable('a', 20)
    await eventually(20_000, async () => {
      const said = await ping('ca', '10.2.3.1', '3')
      return said.includes(' 0% packet loss') || said
    })
  })

  it('say what is missing where they may not load programs, leave nothing behind, and still carry frames', async () => {
    await lab.stop('b')
    await lab.launch('b', {}, ['setpriv', '--bounding-set', '-sys_admin,-bpf'])
    const { stdout } = await lab.weave('b', 'status')
    expect(stdout).toMatch(/^ +FastPath: missing, frames take the slower sleeve: .*EPERM.*CAP_SYS_ADMIN and bpf\(2\)/m)
    expect(stdout).toMatch(/^ +Encryption: enabled$/m)
    expect(lab.log('b')).toMatch(/level=warn .*msg="no fast path: frames take the sleeve/)
    expect((await lab.on('b', 'ip', 'link', 'show', 'weave-vx')).exitCode).not.toBe(0)
    expect((await lab.on('b', 'tc', 'filter', 'show', 'dev', 'weave-tap', 'ingress')).stdout).toBe('')
    for (const host of ['a', 'b']) await lab.awaitReachable(host, 20)
    await eventually(20_000, async () => {
      const said = await ping('ca', '10.2.3.1', '3')
      return said.includes(' 0% packet loss') || said
    })
  })

  async function ping(from: string, to: string, count: string): Promise<string> {
    return (await lab.on(from, 'ping', '-q', '-i', '0.05', '-W', '2', '-c', count, to)).stdout
  }

  async function allOnFastPath(): Promise<void> {
    await onFastPath('a', [2, 3])
    await onFastPath('b', [1, 3])
    await onFastPath('c', [1, 2])
  }

  async function countersOf(host: string): Promise<{ readonly relayed: number }> {
    return JSON.parse((await lab.weave(host, 'status', '--json')).stdout).fastPath.counters
  }

  async function onFastPath(host: string, peers: readonly number[]): Promise<void> {
    await eventually(30_000, async () => {
      const { router } = JSON.parse((await lab.weave(host, 'status', '--json')).stdout)
      const found = router.fastPath.peers.map(({ peer }: { peer: number }) => peer).sort()
      return found.join() === peers.join() || `${host} has ${found} on the fast path\n${lab.log(host)}`
    })
  }
})

/** Of a ping that has ended. */
function lostOf(said: string): number {
  const [, sent = '0', received = '0'] = /(\d+) packets transmitted, (\d+) received/.exec(said) ?? []
  expect(Number(sent)).toBeGreaterThan(0)
  return Number(sent) - Number(received)
}
