import type { ChildProcess } from 'node:child_process'
import { eventually } from '../agent/agent-lab.ts'
import { FastPathLab, macOf } from './fast-path-lab.ts'
import { FLOOD_MACS, RECEIVE_FRAMES, SEND_FRAMES, SEND_VXLAN } from './frame-scripts.ts'

const HOSTS = 4
const FRAMES = 300
/** More than ENDPOINTS_MAX of bpf/fast-path.h. */
const ENDPOINTS_TOO_MANY = 17_000

describe('the programs of the fast path, on four hosts in a row', () => {
  let lab: FastPathLab

  beforeAll(async () => {
    lab = await FastPathLab.create(HOSTS)
    await lab.applyAll()
  }, 60_000)

  afterAll(async () => {
    await lab?.dispose()
  }, 60_000)

  it.each([2, 3, 4])(
    'carry frames of every kind and size to host %i as they are, each once',
    async host => {
      const outcome = await exchange({ seed: host, to: macOf(host), receivers: [host] })
      expect(outcome).toEqual([`same=${FRAMES} twice=0 other=0`])
    },
    60_000,
  )

  it.each([
    ['broadcast', 'ff:ff:ff:ff:ff:ff'],
    ['multicast', '01:00:5e:00:00:fb'],
    ['an unknown address', '02:00:00:00:99:99'],
  ])(
    'carry frames for %s to each host once, and to nobody back',
    async (_, to) => {
      const outcome = await exchange({ seed: 100 + to.length + to.charCodeAt(1), to, receivers: [2, 3, 4] })
      expect(outcome).toEqual(Array(3).fill(`same=${FRAMES} twice=0 other=0`))
    },
    60_000,
  )

  it('lose no frame while the agent of a relay is killed and started anew', async () => {
    const ping = runToEnd(lab.spawnIn(lab.container(1), 'ping', '-q', '-i', '0.01', '-c', '300', '10.2.0.4'))
    await new Promise(wake => setTimeout(wake, 500))
    await lab.kill(2)
    await new Promise(wake => setTimeout(wake, 500))
    const { adopted } = await lab.start(2)
    expect(adopted).toBe(3)
    expect(await ping).toContain('300 packets transmitted, 300 received, 0% packet loss')
    await lab.ask(2, { kind: 'apply', table: lab.table(2) })
  }, 60_000)

  it('answer probes while no agent runs', async () => {
    await lab.kill(2)
    const probe = { kind: 'probe', peer: 2, to: lab.address(1, 2) } as const
    expect(await lab.ask(1, probe)).toEqual({ isAnswered: true })
    await lab.start(2)
    await lab.ask(2, { kind: 'apply', table: lab.table(2) })
  }, 30_000)

  it.each([
    ['from an address of nobody', 'droppedEndpoint', '192.0.2.1', `${(3 << 12) | 1}/64/frame`],
    ['in the name of nobody', 'droppedSource', undefined, `${(9 << 12) | 1}/64/frame`],
    ['in the name of number 0', 'droppedSource', undefined, '1/64/frame'],
    ['in the receiver’s own name', 'droppedSource', undefined, `${(1 << 12) | 1}/64/frame`],
    ['for a peer that there is no way to', 'droppedRoute', undefined, `${(3 << 12) | 9}/64/frame`],
    ['for where it comes from', 'droppedRoute', undefined, `${(3 << 12) | 4}/64/frame`],
    ['with a frame that is cut off', 'nothing', undefined, `${(2 << 12) | 1}/64/truncated`],
    ['without a frame', 'nothing', undefined, `${(2 << 12) | 1}/64/empty`],
    ['without a header', 'nothing', undefined, `0/64/nothing`],
    ['as a probe in another’s name', 'droppedProbe', undefined, `${(3 << 12) | 1}/64/probe`],
  ])(
    'drop a datagram %s, and count it as %s',
    async (_, counter, from, wish) => {
      const own = from ?? lab.address(1, 2)
      if (from !== undefined) await lab.in(lab.host(2), 'ip', 'address', 'add', `${from}/32`, 'dev', 'lo')
      if (from !== undefined) await lab.in(lab.host(1), 'ip', 'route', 'add', `${from}/32`, 'via', lab.address(1, 2))
      const before = await lab.ask(1, { kind: 'counters' })
      const sent = await lab.in(
        lab.host(2),
        'python3',
        '-c',
        SEND_VXLAN,
        own,
        lab.address(2, 1),
        ...Array(5).fill(wish),
      )
      expect(sent.exitCode).toBe(0)
      const after = await lab.ask(1, { kind: 'counters' })
      expect(gained(before, after)).toEqual(counter === 'nothing' ? {} : { [counter]: 5 })
    },
    30_000,
  )

  it('drop a flood that comes from elsewhere than the tree says', async () => {
    const before = await lab.ask(2, { kind: 'counters' })
    // Of host 4, which host 2 hears by way of host 3 only.
    await lab.in(lab.host(1), 'python3', '-c', SEND_VXLAN, lab.address(2, 1), lab.address(1, 2), `${4 << 12}/64/frame`)
    expect(gained(before, await lab.ask(2, { kind: 'counters' }))).toMatchObject({ droppedTree: 1 })
  }, 30_000)

  it('pass on nothing whose hops are used up', async () => {
    const before = await lab.ask(2, { kind: 'counters' })
    const wish = `${(1 << 12) | 4}/1/frame`
    await lab.in(lab.host(1), 'python3', '-c', SEND_VXLAN, lab.address(2, 1), lab.address(1, 2), wish)
    expect(gained(before, await lab.ask(2, { kind: 'counters' }))).toMatchObject({ droppedTtl: 1 })
  }, 30_000)

  it('count down the hops on every way', async () => {
    const before = await lab.ask(3, { kind: 'counters' })
    const wish = `${(1 << 12) | 4}/2/frame`
    await lab.in(lab.host(1), 'python3', '-c', SEND_VXLAN, lab.address(2, 1), lab.address(1, 2), wish)
    expect(gained(before, await lab.ask(3, { kind: 'counters' }))).toMatchObject({ droppedTtl: 1 })
  }, 30_000)

  it.each([
    ['from an address of nobody', 'droppedEndpoint', '192.0.2.2', `${(1 << 12) | 4}/64/frame`],
    ['in the name of nobody', 'droppedSource', undefined, `${(9 << 12) | 4}/64/frame`],
    ['for a peer that there is no way to', 'droppedRoute', undefined, `${(1 << 12) | 9}/64/frame`],
    ['for where it comes from', 'droppedRoute', undefined, `${(4 << 12) | 1}/64/frame`],
    ['with a probe for another', 'droppedProbe', undefined, `${(1 << 12) | 4}/64/probe`],
  ])(
    'relay no datagram %s, and count it as %s',
    async (_, counter, from, wish) => {
      const own = from ?? lab.address(2, 1)
      if (from !== undefined) await lab.in(lab.host(1), 'ip', 'address', 'add', `${from}/32`, 'dev', 'lo')
      if (from !== undefined) await lab.in(lab.host(2), 'ip', 'route', 'add', `${from}/32`, 'via', lab.address(2, 1))
      const before = await lab.ask(2, { kind: 'counters' })
      await lab.in(lab.host(1), 'python3', '-c', SEND_VXLAN, own, lab.address(1, 2), wish)
      expect(gained(before, await lab.ask(2, { kind: 'counters' }))).toEqual({ [counter]: 1 })
    },
    30_000,
  )

  it('relay without the IP stack, but by it where the host has IPsec, or no agent', async () => {
    await relaysByStack(2, false)
    const policy = ['src', '192.0.2.0/24', 'dst', '198.51.100.0/24', 'dir', 'out', 'tmpl', 'proto', 'esp']
    expect((await lab.in(lab.host(2), 'ip', 'xfrm', 'policy', 'add', ...policy)).exitCode).toBe(0)
    await relaysByStack(2, true)
    await lab.in(lab.host(2), 'ip', 'xfrm', 'policy', 'flush')
    await relaysByStack(2, false)
    await lab.kill(2)
    expect(await passVxlan(2)).toBe(true)
    await lab.start(2)
    await lab.ask(2, { kind: 'apply', table: lab.table(2) })
  }, 90_000)

  it('take a datagram far larger than a frame without harm', async () => {
    const wish = `${(2 << 12) | 1}/64/huge`
    await lab.in(lab.host(2), 'python3', '-c', SEND_VXLAN, lab.address(1, 2), lab.address(2, 1), wish)
    const { exitCode } = await lab.in(lab.container(1), 'ping', '-c', '1', '-W', '2', '10.2.0.2')
    expect(exitCode).toBe(0)
  }, 30_000)

  it('bear a flood of addresses', async () => {
    expect((await lab.in(lab.container(1), 'python3', '-c', FLOOD_MACS, '80000')).exitCode).toBe(0)
    const ping = await lab.in(lab.container(1), 'ping', '-q', '-c', '20', '-i', '0.05', '10.2.0.4')
    expect(ping.stdout).toContain('20 received, 0% packet loss')
  }, 60_000)

  it('keep frames for a container that speaks from whoever borrows its address', async () => {
    const ping = runToEnd(lab.spawnIn(lab.container(1), 'ping', '-q', '-i', '0.02', '-c', '150', '10.2.0.2'))
    await new Promise(wake => setTimeout(wake, 300))
    const before = await lab.ask(1, { kind: 'counters' })
    await lab.in(lab.container(3), 'python3', '-c', SEND_FRAMES, '7', '200', macOf(1), macOf(2))
    expect(await ping).toContain('150 received, 0% packet loss')
    expect(gained(before, await lab.ask(1, { kind: 'counters' })).macsHeld).toBeGreaterThan(150)
  }, 60_000)

  it('let nobody elsewhere take the address of a container of this host', async () => {
    const ping = runToEnd(lab.spawnIn(lab.container(1), 'ping', '-q', '-i', '0.02', '-c', '150', '10.2.0.2'))
    await new Promise(wake => setTimeout(wake, 300))
    const before = await lab.ask(1, { kind: 'counters' })
    await lab.in(lab.container(3), 'python3', '-c', SEND_FRAMES, '8', '200', 'ff:ff:ff:ff:ff:ff', macOf(1))
    expect(await ping).toContain('150 received, 0% packet loss')
    expect(gained(before, await lab.ask(1, { kind: 'counters' })).droppedSpoofed).toBe(200)
  }, 60_000)

  it('hand what is for a peer without a fast path to the sleeve', async () => {
    const { 4: _, ...hops } = lab.table(1).hops
    await lab.ask(1, { kind: 'apply', table: lab.table(1, { hops }) })
    const before = await lab.ask(1, { kind: 'counters' })
    await lab.in(lab.container(1), 'ping', '-c', '3', '-i', '0.1', '-W', '1', '10.2.0.4')
    expect(gained(before, await lab.ask(1, { kind: 'counters' })).punted).toBeGreaterThanOrEqual(3)
    await lab.ask(1, { kind: 'apply', table: lab.table(1) })
  }, 30_000)

  it('leave all to the sleeve while the kernel has no room for what they should know, and take it back afterwards', async () => {
    const before = await lab.ask(1, { kind: 'counters' })
    const strangers = Array.from({ length: ENDPOINTS_TOO_MANY }, (_, i) => [`10.77.${i >> 8}.${i & 255}`, 3])
    const endpoints = { ...lab.table(1).endpoints, ...Object.fromEntries(strangers) }
    expect(await lab.ask(1, { kind: 'apply', table: lab.table(1, { endpoints }) })).toEqual({ refusal: 'E2BIG' })
    await lab.in(lab.container(1), 'ping', '-c', '3', '-i', '0.1', '-W', '1', '10.2.0.2')
    const during = gained(before, await lab.ask(1, { kind: 'counters' }))
    expect(during.punted).toBeGreaterThanOrEqual(3)
    expect(await lab.ask(1, { kind: 'apply', table: lab.table(1) })).toEqual({})
    const { stdout } = await lab.in(lab.container(1), 'ping', '-q', '-c', '20', '-i', '0.05', '10.2.0.2')
    expect(stdout).toContain('20 received, 0% packet loss')
  }, 60_000)

  it('have a peer soon that was last heard by the sleeve', async () => {
    // So that each has the other's address. What the fast path brought is held for longer.
    await lab.in(lab.container(2), 'ping', '-c', '1', '-W', '2', '10.2.0.1')
    await eventually(10_000, async () => {
      const before = await lab.ask(1, { kind: 'counters' })
      await lab.ask(1, { kind: 'bring', from: macOf(2), to: macOf(1) })
      const after = await lab.ask(1, { kind: 'counters' })
      return after.macsHeld === before.macsHeld || 'the MAC is held'
    })
    const { stdout } = await lab.in(lab.container(2), 'ping', '-q', '-i', '0.05', '-c', '30', '10.2.0.1')
    expect(Number(/ (\d+) received/.exec(stdout)?.[1])).toBeGreaterThanOrEqual(25)
  }, 60_000)

  it('count the frames of each peer', async () => {
    const before = await lab.ask(1, { kind: 'traffic', peer: 3 })
    await lab.in(lab.container(1), 'ping', '-c', '5', '-i', '0.05', '10.2.0.3')
    const after = await lab.ask(1, { kind: 'traffic', peer: 3 })
    expect(Number(after.framesSent) - Number(before.framesSent)).toBeGreaterThanOrEqual(5)
    expect(Number(after.bytesReceived) - Number(before.bytesReceived)).toBeGreaterThanOrEqual(5 * 98)
  }, 30_000)

  /** Until it is so: what the host says of itself is looked at now and then. */
  async function relaysByStack(relay: number, expected: boolean): Promise<void> {
    await eventually(20_000, async () => {
      await lab.ask(relay, { kind: 'apply', table: lab.table(relay) })
      return (await passVxlan(relay)) === expected || `frames pass weave-vx: ${!expected}`
    })
  }

  /** Whether pings of others, all of which are answered, pass the relay by its device `weave-vx`. */
  async function passVxlan(relay: number): Promise<boolean> {
    const received = async () => {
      const path = '/sys/class/net/weave-vx/statistics/rx_packets'
      return Number((await lab.in(lab.host(relay), 'cat', path)).stdout)
    }
    const ping = () => lab.in(lab.container(1), 'ping', '-q', '-c', '50', '-i', '0.01', '10.2.0.4')
    // So that all hosts know their neighbours.
    await ping()
    const before = await received()
    expect((await ping()).stdout).toContain('50 received, 0% packet loss')
    return (await received()) - before >= 100
  }

  async function exchange(wish: {
    seed: number
    to: string
    receivers: readonly number[]
  }): Promise<readonly string[]> {
    // So that no one learns of the receiver, or forgets it, in the midst.
    await lab.in(lab.container(1), 'ping', '-c', '1', '-W', '2', `10.2.0.${wish.receivers[0]}`)
    const args = [String(wish.seed), String(FRAMES), wish.to, macOf(1)]
    const receivers = wish.receivers.map(host => {
      return lab.spawnIn(lab.container(host), 'python3', '-c', RECEIVE_FRAMES, ...args)
    })
    const outcomes = receivers.map(child => runToEnd(child))
    await Promise.all(receivers.map(child => new Promise(ready => child.stdout?.once('data', ready))))
    await lab.in(lab.container(1), 'python3', '-c', SEND_FRAMES, ...args)
    return (await Promise.all(outcomes)).map(text => text.trim().split('\n').pop() ?? '')
  }
})

function runToEnd(child: ChildProcess): Promise<string> {
  let text = ''
  child.stdout?.on('data', part => {
    text += String(part)
  })
  return new Promise(resolve => child.once('close', () => resolve(text)))
}

/** What has changed, but for what hosts say of themselves. */
function gained(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Record<string, number> {
  const noise = ['sent', 'delivered', 'relayed', 'flooded', 'punted', 'macsMoved']
  const changes = Object.keys(after).map(name => [name, Number(after[name]) - Number(before[name])] as const)
  const kept = changes.filter(([name, by]) => by !== 0 && (!noise.includes(name) || name === 'punted'))
  return Object.fromEntries(kept)
}
