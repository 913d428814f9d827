import { join } from 'node:path'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'
import { eventually } from '../eventually.ts'
import { AgentLab, endOf, type LabPlan } from './agent-lab.ts'

const PROGRAM = join(PROJECT_ROOT, 'test', 'system', 'agent', 'transfer-program.mjs')
const HOSTS = ['a', 'b', 'c'] as const
/** IPv6 (40) and UDP (8), then what is around a frame in its datagram (40), then Ethernet (14). */
const AROUND_IPV6 = 102
const AROUND_IPV4 = 82
const UDP_PORT = ['-p', 'udp', '--dport', '6783', '-j', 'DROP']

/** The wire between `a` and `b` knows IPv6 only; `b` and `c` have both families, and dial each other by IPv6. */
const PLAN: LabPlan = {
  hosts: [
    { name: 'a', shortId: 1, address: '2001:db8:1::1', targets: ['[2001:db8:1::2]:6783'] },
    { name: 'b', shortId: 2, address: '2001:db8:1::2', otherAddresses: ['2001:db8:2::2', '10.91.2.2'], targets: [] },
    {
      name: 'c',
      shortId: 3,
      address: '2001:db8:2::3',
      otherAddresses: ['10.91.2.3'],
      targets: ['[2001:db8:2::2]:6783'],
    },
  ],
  configure: config => ({ ...config, discovery: false }),
  wires: [
    ['a 2001:db8:1::1/64', 'b 2001:db8:1::2/64'],
    ['b 2001:db8:2::2/64', 'c 2001:db8:2::3/64'],
  ],
}

describe('hosts of which some have IPv6 alone and some both families', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.create(PLAN)
    await lab.on('b', 'ip', 'address', 'add', '10.91.2.2/24', 'dev', 'bc')
    await lab.on('c', 'ip', 'address', 'add', '10.91.2.3/24', 'dev', 'cb')
    for (const host of HOSTS) await lab.launch(host)
    for (const host of HOSTS) await lab.awaitReachable(host)
    for (const host of ['a', 'c']) lab.addContainer(host)
  })

  afterAll(() => lab?.dispose())

  it('are linked over IPv6, with its own MTU, and say so', async () => {
    await eventually(20_000, () => shows('a', `[2001:db8:1::2]:6783 +established .*\\(b\\) mtu=${1500 - AROUND_IPV6}$`))
    await eventually(20_000, () => shows('c', `[2001:db8:2::2]:6783 +established .*\\(b\\) mtu=${1500 - AROUND_IPV6}$`))
    expect(await pingAcross()).toMatchObject({ exitCode: 0 })
  })

  it('get what is sent through a relay as it was sent', () => expectTransfer())

  it('of both send datagrams over IPv4 where IPv6 loses them, and say so', async () => {
    for (const host of ['b', 'c'])
      expect(await lab.on(host, 'ip6tables', '-A', ...blockedOn(host))).toMatchObject({ exitCode: 0 })
    await eventually(30_000, () =>
      shows('c', `[2001:db8:2::2]:6783 +established .* mtu=${1500 - AROUND_IPV4}, datagrams go to 10.91.2.2:6783$`),
    )
    expect(await pingAcross()).toMatchObject({ exitCode: 0 })
  })

  it('carry frames over the control link of IPv6 when no datagram passes at all', async () => {
    for (const host of ['b', 'c']) await lab.on(host, 'iptables', '-A', ...blockedOn(host))
    await eventually(30_000, () => shows('c', '[2001:db8:2::2]:6783 +established .*sleeve over tls'))
    await lab.awaitReachable('a')
    await expectTransfer()
  })

  it('give strangers of IPv6 nothing to send through them', async () => {
    const before = await forwarderOf('b')
    const sent = await lab.on('a', 'python3', '-c', DATAGRAMS_OF_STRANGERS)
    expect(sent).toMatchObject({ exitCode: 0 })
    await eventually(5_000, async () => {
      const { droppedStranger } = await forwarderOf('b')
      return droppedStranger >= before.droppedStranger + 50 || `${droppedStranger} of strangers dropped`
    })
  })

  async function shows(host: string, pattern: string): Promise<true | string> {
    const { stdout } = await lab.weave(host, 'status', 'connections')
    return new RegExp(pattern.replace(/[[\]]/g, '\\$&'), 'm').test(stdout) || stdout
  }

  function pingAcross() {
    return lab.on('ca', 'ping', '-c', '3', '-i', '0.2', '-W', '2', '10.2.3.1')
  }

  async function forwarderOf(host: string): Promise<{ readonly droppedStranger: number }> {
    return JSON.parse((await lab.weave(host, 'status', '--json')).stdout).dataPath.forwarder
  }

  async function expectTransfer(): Promise<void> {
    const name = `serve ${performance.now()}`
    const server = lab.spawn('cc', [process.execPath, PROGRAM, 'serve', 'fd02::3'], { name })
    await eventually(10_000, async () => lab.log(name).includes('listening') || `not listening: ${lab.log(name)}`)
    const { stdout, stderr } = await lab.on('ca', process.execPath, PROGRAM, 'send', 'fd02::3')
    server.kill()
    await endOf(server)
    expect({ stdout, stderr }).toEqual({ stdout: 'tcp equal\ndone\n', stderr: '' })
  }
})

/** On the wire between the two only. */
function blockedOn(host: string): readonly string[] {
  return ['INPUT', '-i', host === 'b' ? 'bc' : 'cb', ...UDP_PORT]
}

/** Datagrams for host 3 with the version and kind of frames, from addresses that nobody has told of. */
const DATAGRAMS_OF_STRANGERS = `import os, socket
for port in range(50):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.sendto(bytes([1, 1, 16, 0, 0, 1, 0, 3]) + os.urandom(100), ('2001:db8:1::2', 6783))`
