import { eventually } from '../eventually.ts'
import { FastPathLab, gained, macOf, runToEnd } from './fast-path-lab.ts'
import { FLOOD_MACS, RECEIVE_FRAMES, SEND_FRAMES, SEND_VXLAN } from './frame-scripts.ts'
import { hostileOnwards, hostileTo } from './hostile-datagrams.ts'

const HOSTS = 5
/** The links of hosts 1, 2 and 3 are of IPv4, those of 3, 4 and 5 of IPv6. */
const IPV6_FROM = 3
const RELAYS = [2, 3, 4]
const FRAMES = 300
/** More than ENDPOINTS_MAX of bpf/fast-path.h. */
const ENDPOINTS_TOO_MANY = 17_000

describe('the programs of the fast path, on five hosts in a row', () => {
  let lab: FastPathLab

  beforeAll(async () => {
    lab = await FastPathLab.create(HOSTS, IPV6_FROM)
    await lab.applyAll()
  })

  afterAll(async () => {
    await lab?.dispose()
  })

  it.each([2, 3, 4, 5])('carry frames of every kind and size to host %i as they are, each once', async host => {
    const outcome = await exchange({ seed: host, to: macOf(host), receivers: [host] })
    expect(outcome).toEqual([`same=${FRAMES} twice=0 other=0`])
  })

  it.each([
    ['broadcast', 'ff:ff:ff:ff:ff:ff'],
    ['multicast', '01:00:5e:00:00:fb'],
    ['an unknown address', '02:00:00:00:99:99'],
  ])('carry frames for %s to each host once, and to nobody back', async (_, to) => {
    const outcome = await exchange({ seed: 100 + to.length + to.charCodeAt(1), to, receivers: [2, 3, 4, 5] })
    expect(outcome).toEqual(Array(4).fill(`same=${FRAMES} twice=0 other=0`))
  })

  it('tell behind which host each address was seen', async () => {
    const { count, seen } = await lab.ask(1, { kind: 'macs' })
    expect(count).toBeGreaterThanOrEqual(HOSTS)
    expect(`${seen}`.split('\n')).toEqual(
      expect.arrayContaining([1, 2, 5].map(host => `${macOf(host)} behind ${host}`)),
    )
  })

  it('lose no frame while the agents of relays are killed and started anew', async () => {
    const ping = await beginPing('-i', '0.01', '-c', '300', '10.2.0.5')
    await Promise.all(RELAYS.map(relay => lab.kill(relay)))
    await new Promise(wake => setTimeout(wake, 500))
    const started = await Promise.all(RELAYS.map(relay => lab.start(relay)))
    expect(started).toMatchObject(RELAYS.map(() => ({ adopted: HOSTS - 1 })))
    for (const relay of RELAYS) await lab.ask(relay, { kind: 'apply', table: lab.table(relay) })
    expect(await ping.said).toContain('300 packets transmitted, 300 received, 0% packet loss')
  })

  it.each([
    [1, 2],
    [5, 4],
  ])('let host %i have answers of host %i while no agent runs there', async (host, peer) => {
    await lab.kill(peer)
    const probe = { kind: 'probe', peer, to: lab.address(host, peer) } as const
    expect(await lab.ask(host, probe)).toEqual({ isAnswered: true })
    await lab.start(peer)
    await lab.ask(peer, { kind: 'apply', table: lab.table(peer) })
  })

  it.each([
    ...hostileTo({ host: 1, by: 2, stranger: '192.0.2.1' }),
    ...hostileTo({ host: 5, by: 4, stranger: '2001:db8::1' }),
  ])('drop at host %i a datagram of host %i %s, and count it as %s', async (host, by, _, counter, from, wish) => {
    if (from !== undefined) await lend(from, by, host)
    const before = await lab.ask(host, { kind: 'counters' })
    const ends = [from ?? lab.address(host, by), lab.address(by, host)]
    const sent = await lab.in(lab.host(by), 'python3', '-c', SEND_VXLAN, ...ends, ...Array(5).fill(wish))
    expect(sent.exitCode).toBe(0)
    const after = await lab.ask(host, { kind: 'counters' })
    expect(gained(before, after)).toEqual(counter === 'nothing' ? {} : { [counter]: 5 })
  })

  it('take the number that stands for an IPv6 address from nobody', async () => {
    const before = await lab.ask(5, { kind: 'counters' })
    // As a program on the host itself can: it is the first number that is given.
    const wish = `${(4 << 12) | 5}/64/frame`
    await lab.in(lab.host(5), 'python3', '-c', SEND_VXLAN, '127.0.0.1', '127.0.0.1', wish)
    expect(gained(before, await lab.settledCounters(5))).toEqual({ droppedEndpoint: 1 })
  })

  it('drop a flood that comes from elsewhere than the tree says', async () => {
    const before = await lab.ask(2, { kind: 'counters' })
    // Of host 4, which host 2 hears by way of host 3 only.
    await lab.in(lab.host(1), 'python3', '-c', SEND_VXLAN, lab.address(2, 1), lab.address(1, 2), `${4 << 12}/64/frame`)
    expect(gained(before, await lab.settledCounters(2))).toMatchObject({ droppedTree: 1 })
  })

  it.each([
    [1, 2, 5, 1, 2],
    [1, 2, 5, 2, 3],
    [1, 2, 5, 3, 4],
    [5, 4, 1, 1, 4],
    [5, 4, 1, 2, 3],
    [5, 4, 1, 3, 2],
  ])(
    'pass nothing of host %i by way of %i to %i on when its %i hops are used up, as at %i',
    async (host, next, to, hops, at) => {
      const before = await lab.ask(at, { kind: 'counters' })
      const wish = `${(host << 12) | to}/${hops}/frame`
      await lab.in(lab.host(host), 'python3', '-c', SEND_VXLAN, lab.address(next, host), lab.address(host, next), wish)
      expect(gained(before, await lab.settledCounters(at))).toMatchObject({ droppedTtl: 1 })
    },
  )

  it.each([
    ...hostileOnwards({ host: 1, relay: 2, to: 4, stranger: '192.0.2.2' }),
    ...hostileOnwards({ host: 5, relay: 4, to: 2, stranger: '2001:db8::2' }),
  ])('relay no datagram of host %i at host %i %s, and count it as %s', async (host, relay, _, counter, from, wish) => {
    if (from !== undefined) await lend(from, host, relay)
    const before = await lab.ask(relay, { kind: 'counters' })
    const ends = [from ?? lab.address(relay, host), lab.address(host, relay)]
    await lab.in(lab.host(host), 'python3', '-c', SEND_VXLAN, ...ends, wish)
    expect(gained(before, await lab.settledCounters(relay))).toEqual({ [counter]: 1 })
  })

  it('relay without the IP stack, but by it to the other family, where the host has IPsec, or no agent', async () => {
    await relaysByStack(4, false)
    await relaysByStack(3, true)
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
  })

  it('take a datagram far larger than a frame without harm', async () => {
    const wish = `${(2 << 12) | 1}/64/huge`
    await lab.in(lab.host(2), 'python3', '-c', SEND_VXLAN, lab.address(1, 2), lab.address(2, 1), wish)
    const { exitCode } = await lab.in(lab.container(1), 'ping', '-c', '1', '-W', '2', '10.2.0.2')
    expect(exitCode).toBe(0)
  })

  it('bear a flood of addresses', async () => {
    expect((await lab.in(lab.container(1), 'python3', '-c', FLOOD_MACS, '80000')).exitCode).toBe(0)
    const ping = await lab.in(lab.container(1), 'ping', '-q', '-c', '20', '-i', '0.05', '10.2.0.4')
    expect(ping.stdout).toContain('20 received, 0% packet loss')
  })

  it('keep frames for a container that speaks from whoever borrows its address', async () => {
    const ping = await beginPing('-i', '0.02', '-c', '150', '10.2.0.2')
    const before = await lab.ask(1, { kind: 'counters' })
    await lab.in(lab.container(3), 'python3', '-c', SEND_FRAMES, '7', '200', macOf(1), macOf(2))
    expect(await ping.said).toContain('150 received, 0% packet loss')
    expect(gained(before, await lab.settledCounters(1)).macsHeld).toBeGreaterThan(150)
  })

  it('let nobody elsewhere take the address of a container of this host', async () => {
    const ping = await beginPing('-i', '0.02', '-c', '150', '10.2.0.2')
    const before = await lab.ask(1, { kind: 'counters' })
    await lab.in(lab.container(3), 'python3', '-c', SEND_FRAMES, '8', '200', 'ff:ff:ff:ff:ff:ff', macOf(1))
    expect(await ping.said).toContain('150 received, 0% packet loss')
    expect(gained(before, await lab.settledCounters(1)).droppedSpoofed).toBe(200)
  })

  it('hand what is for a peer without a fast path to the sleeve', async () => {
    const { 4: _, ...hops } = lab.table(1).hops
    await lab.ask(1, { kind: 'apply', table: lab.table(1, { hops }) })
    const before = await lab.ask(1, { kind: 'counters' })
    await lab.in(lab.container(1), 'ping', '-c', '3', '-i', '0.1', '-W', '1', '10.2.0.4')
    expect(gained(before, await lab.ask(1, { kind: 'counters' })).punted).toBeGreaterThanOrEqual(3)
    await lab.ask(1, { kind: 'apply', table: lab.table(1) })
  })

  it.each([
    ['IPv4', 1, (i: number) => `10.77.${i >> 8}.${i & 255}`, '10.2.0.2'],
    ['IPv6', 5, (i: number) => `2001:db8::${i.toString(16)}`, '10.2.0.4'],
  ])(
    'leave all to the sleeve while the kernel has no room for what they should know of %s, and take it back afterwards',
    async (_, host, stranger, to) => {
      // So that the containers know each other, and pings are no floods.
      await lab.in(lab.container(host), 'ping', '-c', '1', '-W', '2', to)
      const before = await lab.ask(host, { kind: 'counters' })
      const strangers = Array.from({ length: ENDPOINTS_TOO_MANY }, (_, i) => [stranger(i), 3])
      const endpoints = { ...lab.table(host).endpoints, ...Object.fromEntries(strangers) }
      const tooMuch = { kind: 'apply', table: lab.table(host, { endpoints }) } as const
      expect(await lab.ask(host, tooMuch)).toEqual({ refusal: 'E2BIG' })
      await lab.in(lab.container(host), 'ping', '-c', '3', '-i', '0.1', '-W', '1', to)
      const during = gained(before, await lab.ask(host, { kind: 'counters' }))
      expect(during.punted).toBeGreaterThanOrEqual(3)
      expect(await lab.ask(host, { kind: 'apply', table: lab.table(host) })).toEqual({})
      const { stdout } = await lab.in(lab.container(host), 'ping', '-q', '-c', '20', '-i', '0.05', to)
      expect(stdout).toContain('20 received, 0% packet loss')
    },
  )

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
  })

  /** From the container of host 1; it has begun. */
  async function beginPing(...wish: readonly string[]): Promise<{ readonly said: Promise<string> }> {
    const child = lab.spawnIn(lab.container(1), 'ping', '-q', ...wish)
    const said = runToEnd(child)
    await new Promise(begun => child.stdout?.once('data', begun))
    return { said }
  }

  /** Gives host `by` an address that host `to` answers to. */
  async function lend(address: string, by: number, to: number): Promise<void> {
    await lab.in(lab.host(by), 'ip', 'address', 'replace', address, 'dev', 'lo')
    await lab.in(lab.host(to), 'ip', 'route', 'replace', address, 'via', lab.address(to, by))
  }

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
    const ping = () => lab.in(lab.container(1), 'ping', '-q', '-c', '50', '-i', '0.01', '10.2.0.5')
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
