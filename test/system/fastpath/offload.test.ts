import type { FastPathReport } from '../../../src/agent/fastpath/fast-path-port.ts'
import type { Load } from '../../../src/agent/fastpath/map-values.ts'
import { AgentLab, type LabPlan } from '../agent/agent-lab.ts'
import { lookAtSegments, switchOffload, troubleTransferring } from '../agent/transfers.ts'
import { eventually } from '../eventually.ts'

const HOSTS = ['a', 'b', 'c', 'd'] as const
/** Of two streams of 24 MB; the first frames of each may be floods. */
const STREAM_BYTES = 40_000_000

/** On average, small datagrams too; several times the MTU. */
const LARGE_BYTES = 8_000

type Traffic = FastPathReport['peers'][number]

/** A row, all of which is trusted. */
const PLAN: LabPlan = {
  hosts: [
    { name: 'a', shortId: 1, address: '10.91.1.1', targets: ['10.91.1.2'] },
    { name: 'b', shortId: 2, address: '10.91.1.2', otherAddresses: ['fd00:91:2::2'], targets: [] },
    { name: 'c', shortId: 3, address: 'fd00:91:2::3', targets: ['[fd00:91:2::2]:6783'] },
    { name: 'd', shortId: 4, address: 'fd00:91:3::4', targets: ['[fd00:91:3::3]:6783'] },
  ],
  wires: [
    ['a 10.91.1.1/24', 'b 10.91.1.2/24'],
    ['b fd00:91:2::2/64', 'c fd00:91:2::3/64'],
    ['c fd00:91:3::3/64', 'd fd00:91:3::4/64'],
  ],
  configure: config => ({ ...config, trustedSubnets: ['10.91.1.0/24', 'fd00:91:2::/64', 'fd00:91:3::/64'] }),
}

/** From one host to the other, and who relays. */
const WAYS = [
  ['over IPv4', 'a', 'b', []],
  ['over IPv6', 'b', 'c', []],
  ['over IPv6 through a relay', 'b', 'd', ['c']],
  ['over IPv4 and then IPv6 through two relays', 'a', 'd', ['b', 'c']],
] as const

describe('bytes that are sent by IPv4 and IPv6 over the fast path', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.create(PLAN)
    // As Docker would: relays take no short cut where hosts do not forward.
    for (const host of HOSTS)
      await lab.on(host, 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1')
    for (const host of HOSTS) await lab.launch(host)
    for (const host of HOSTS) lab.addContainer(host)
    for (const host of HOSTS) await onFastPath(host)
  })

  afterAll(() => lab?.dispose())

  it.each(WAYS)(
    'arrive as they were sent %s, from %s to %s, as large frames all the way',
    async (_, from, to, relays) => {
      for (const { bytes, frames } of await transfer({ from, to, relays })) {
        expect(bytes / frames).toBeGreaterThan(LARGE_BYTES)
      }
    },
  )

  it.each(
    WAYS.flatMap(([way, from, to, relays]) => [[to], [from, to]].map(hosts => [way, from, to, hosts, relays] as const)),
  )(
    'arrive as they were sent %s, from %s to %s, in segments that are right, where devices at %j compute and cut nothing',
    async (_, from, to, hosts, relays) => {
      for (const host of hosts) await switchOffload(lab, host, 'off')
      const look = await lookAtSegments(lab, to)
      await transfer({ from, to, relays })
      const { right, ...trouble } = await look()
      for (const host of hosts) await switchOffload(lab, host, 'on')
      expect(trouble).toEqual({ wrong: 0, long: 0 })
      expect(right).toBeGreaterThan(1000)
    },
  )

  /** Gives what the kernel of the sender, and that of each relay, has carried of it. */
  async function transfer(way: { from: string; to: string; relays: readonly string[] }): Promise<readonly Load[]> {
    const { from, to, relays } = way
    const [source = 0, destination = 0] = [from, to].map(host => lab.cluster.host(host).shortId)
    const look = async (): Promise<readonly Load[]> => {
      const { framesSent: frames, bytesSent: bytes } = (await peersOf(from))[destination] as Traffic
      const relayed = await Promise.all(relays.map(async relay => (await peersOf(relay))[source]?.relayed as Load))
      return [{ frames, bytes }, ...relayed]
    }
    const before = await look()
    expect(await troubleTransferring(lab, { from, to })).toBe('')
    const carried = (await look()).map(({ frames, bytes }, i) => {
      return { frames: frames - (before[i]?.frames ?? 0), bytes: bytes - (before[i]?.bytes ?? 0) }
    })
    for (const { bytes } of carried) expect(bytes).toBeGreaterThan(STREAM_BYTES)
    return carried
  }

  async function peersOf(host: string): Promise<Record<number, Traffic>> {
    return JSON.parse((await lab.weave(host, 'status', '--json')).stdout).fastPath.peers
  }

  async function onFastPath(host: string): Promise<void> {
    await eventually(30_000, async () => {
      const { router } = JSON.parse((await lab.weave(host, 'status', '--json')).stdout)
      const { peers } = router.fastPath
      return (
        peers.length === HOSTS.length - 1 || `${host} has ${JSON.stringify(peers)} on the fast path\n${lab.log(host)}`
      )
    })
  }
})
