import { isIpv6Text } from '../../../src/base/endpoint.ts'
import { FastPathLab, gained, MTU, macOf } from './fast-path-lab.ts'
import { FLOOD_MACS, SEND_FRAMES, SEND_FROM_HOST } from './frame-scripts.ts'

const HOSTS = 3
/** The link of hosts 1 and 2 is of IPv4, that of 2 and 3 of IPv6. */
const IPV6_FROM = 2
const FRAMES = 40
/** MAC_AGE and MACS_MAX of bpf/fast-path.h. */
const MAC_AGE_SECONDS = 600
const MACS_MAX = 65_536

describe('the programs of the fast path, on three hosts in a row', () => {
  let lab: FastPathLab

  beforeAll(async () => {
    lab = await FastPathLab.create(HOSTS, IPV6_FROM)
    await lab.applyAll()
  })

  afterAll(() => lab?.dispose())

  it.each([
    [1, 2, 'IPv4'],
    [3, 2, 'IPv6'],
  ])('have host %i ask host %i nothing of full size over %s while its kernel goes by less', async (host, peer) => {
    const to = lab.address(host, peer)
    const probe = { kind: 'probe', peer, to } as const
    const way = [`${to}/${isIpv6Text(to) ? 128 : 32}`, 'dev', `to${peer}`]
    await lab.in(lab.host(host), 'ip', 'route', 'replace', ...way, 'mtu', String(MTU))
    expect(await lab.ask(host, probe)).toEqual({ isAnswered: false })
    await lab.in(lab.host(host), 'ip', 'route', 'delete', ...way)
    expect(await lab.ask(host, probe)).toEqual({ isAnswered: true })
  })

  it('flood frames for an address that has been silent for ten minutes, and not before', async () => {
    await introduce('replace')
    await ping()
    expect(await wayTo(macOf(2))).toBe('sent')
    await lab.ask(1, { kind: 'age', mac: macOf(2), seconds: MAC_AGE_SECONDS - 60 })
    expect(await wayTo(macOf(2))).toBe('sent')
    await lab.ask(1, { kind: 'age', mac: macOf(2), seconds: 61 })
    expect(await wayTo(macOf(2))).toBe('flooded')
    await ping()
    expect(await wayTo(macOf(2))).toBe('sent')
    await introduce('delete')
  })

  it.each([
    ['addresses that no bridge passes on', '01:80:c2:00:00:0e', 'droppedReserved'],
    ['a container of the same host', macOf(1), 'droppedLocal'],
  ])('let no frame out for %s', async (_, to, counter) => {
    await ping()
    const before = await lab.ask(1, { kind: 'counters' })
    await lab.in(lab.host(1), 'python3', '-c', SEND_FROM_HOST, 'weave-vx', to, String(FRAMES))
    const after = await lab.settledCounters(1)
    expect(gained(before, after)).toEqual({ [counter]: FRAMES })
    expect(wayOf(before, after)).toBe('none')
  })

  it('learn who speaks also when a flood of addresses has filled the table', async () => {
    expect((await lab.in(lab.container(1), 'python3', '-c', FLOOD_MACS, String(MACS_MAX + 4_000))).exitCode).toBe(0)
    const mac = '02:00:00:00:02:02'
    await lab.in(lab.container(2), 'ip', 'link', 'set', 'eth0', 'address', mac)
    await lab.in(lab.container(2), 'ping', '-c', '3', '-i', '0.1', '-W', '2', '10.2.0.1')
    expect(await wayTo(mac)).toBe('sent')
  })

  /** The containers of hosts 1 and 2 to each other, for good: seconds after a ping they would ask for each other, and be heard. */
  async function introduce(verb: 'replace' | 'delete'): Promise<void> {
    for (const [host, other] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const way = [`10.2.0.${other}`, 'lladdr', macOf(other), 'dev', 'eth0', 'nud', 'permanent']
      expect((await lab.in(lab.container(host), 'ip', 'neighbour', verb, ...way)).exitCode).toBe(0)
    }
  }

  /** So that hosts 1 and 2 know where each other's container is. */
  async function ping(): Promise<void> {
    const { exitCode } = await lab.in(lab.container(1), 'ping', '-c', '2', '-i', '0.1', '-W', '2', '10.2.0.2')
    expect(exitCode).toBe(0)
  }

  /** How host 1 passes frames of its container on. */
  async function wayTo(mac: string): Promise<string> {
    const before = await lab.ask(1, { kind: 'counters' })
    await lab.in(lab.container(1), 'python3', '-c', SEND_FRAMES, '9', String(FRAMES), mac, macOf(1))
    return wayOf(before, await lab.settledCounters(1))
  }
})

type Counters = Readonly<Record<string, unknown>>

/** Of `FRAMES` frames; a few more may be what containers ask each other. */
function wayOf(before: Counters, after: Counters): string {
  const ways = ['sent', 'flooded'].filter(name => Number(after[name]) - Number(before[name]) >= FRAMES)
  return ways.length === 0 ? 'none' : ways.join(' and ')
}
