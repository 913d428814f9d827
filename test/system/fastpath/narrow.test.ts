import { AgentLab, type LabPlan } from '../agent/agent-lab.ts'
import { troubleAt } from '../agent/transfers.ts'
import { eventually } from '../eventually.ts'

const WIDE = 1500
/** Too little for frames of 1,376 bytes and what VXLAN puts around them. */
const NARROW = 1400
/** What the sleeve puts around a frame. */
const AROUND = 82
/** Before what a ping holds: IPv4 and ICMP. */
const ECHO_BYTES = 28
const JUMBO_MTU = 8900
/** Of which the next question, as large as frames may be, is up to two, and the one after it, that the kernel refuses, half of one more. Machines are busy. */
const LEFT_MS = 6_000
const NOTICED_MS = 8_000

interface Neighbour {
  readonly peer: string
  readonly address: string
}

/** A row, of which `g` only routes: no agent runs there. `b` relays between the others. */
const PLAN: LabPlan = {
  hosts: [
    { name: 'a', shortId: 1, address: '10.91.1.1', targets: [] },
    { name: 'b', shortId: 2, address: '10.91.2.2', targets: ['10.91.1.1:6783'] },
    { name: 'c', shortId: 3, address: '10.91.3.3', targets: ['10.91.3.2:6783'] },
    { name: 'g', shortId: 9, address: '10.91.1.9', targets: [] },
  ],
  wires: [
    ['a 10.91.1.1/24', 'g 10.91.1.9/24'],
    ['g 10.91.2.9/24', 'b 10.91.2.2/24'],
    ['b 10.91.3.2/24', 'c 10.91.3.3/24'],
  ],
  configure: config => ({ ...config, trustedSubnets: ['10.91.0.0/16'] }),
}

const JUMBO_PLAN: LabPlan = {
  name: '2',
  hosts: [
    { name: 'a', shortId: 1, address: '10.91.1.1', targets: [] },
    { name: 'b', shortId: 2, address: '10.91.1.2', targets: ['10.91.1.1'] },
  ],
  wires: [['a 10.91.1.1/24', 'b 10.91.1.2/24']],
  underlayMtu: WIDE,
  configure: config => ({
    ...config,
    bridge: { ...config.bridge, mtu: JUMBO_MTU },
    trustedSubnets: ['10.91.1.0/24'],
  }),
}

describe('agents with the fast path over wires that take less than the bridge', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.create(PLAN)
    for (const host of ['g', 'b']) await lab.on(host, 'sysctl', '-qw', 'net.ipv4.ip_forward=1')
    await lab.on('a', 'ip', 'route', 'add', '10.91.2.0/24', 'via', '10.91.1.9')
    await lab.on('b', 'ip', 'route', 'add', '10.91.1.0/24', 'via', '10.91.2.9')
    await setWire(lab, 'gb', NARROW)
    for (const host of ['a', 'b', 'c']) await lab.launch(host)
    for (const host of ['a', 'b', 'c']) lab.addContainer(host)
    for (const address of ['10.2.2.1', '10.2.3.1']) await eventually(30_000, () => pings(lab, address))
  })

  afterAll(() => lab?.dispose())

  it('take the sleeve from the start where a router between takes less, and say why', async () => {
    await onFastPath(lab, 'b', ['c'])
    await eventually(NOTICED_MS, () => saysNarrow(lab, 'a', { peer: 'b', address: '10.91.2.2' }))
    await carriesAll(lab, 'b')
    await carriesAll(lab, 'c')
    await tellsTheContainer(lab, '10.2.3.1', NARROW - AROUND)
  })

  it('take the fast path once it takes enough, and carry over it, and over the relay, what was sent', async () => {
    await setWire(lab, 'gb', WIDE)
    await forgetPathMtus(lab)
    await onFastPath(lab, 'a', ['b', 'c'])
    expect((await lab.on('a', 'ip', 'route', 'get', '10.91.2.2')).stdout).not.toContain('mtu')
    await onFastPath(lab, 'c', ['a', 'b'])
    await carriesAll(lab, 'b')
    await carriesAll(lab, 'c')
    expect((await lab.on('ca', 'ping', '-M', 'do', '-c', '2', '-W', '10', '-s', '1348', '10.2.3.1')).stdout).toContain(
      ' 0% packet loss',
    )
  })

  it.each([
    ['a device of the relay’s', 'bc', ['b', { peer: 'c', address: '10.91.3.3' }], ['b']],
    ['a router between', 'gb', ['a', { peer: 'b', address: '10.91.2.2' }], []],
  ] as const)('go on by the sleeve within seconds when %s comes to take less', async (_, wire, [host, to], left) => {
    await onFastPath(lab, 'a', ['b', 'c'])
    await carriesAll(lab, 'c')
    const [before, narrowedAt] = [new Date(), await setWire(lab, wire, NARROW)]
    await onFastPath(lab, 'a', left)
    expect((await leftAt(lab, 'a', before)) - narrowedAt).toBeLessThan(LEFT_MS)
    await eventually(NOTICED_MS, () => saysNarrow(lab, host, to))
    await carriesAll(lab, 'c')
    await tellsTheContainer(lab, '10.2.3.1', NARROW - AROUND)
    await setWire(lab, wire, WIDE)
    await forgetPathMtus(lab)
  })
})

describe('agents with the fast path and a bridge of jumbo frames over wires without', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.create(JUMBO_PLAN)
    for (const host of ['a', 'b']) await lab.launch(host)
    for (const host of ['a', 'b']) await lab.awaitReachable(host)
    for (const host of ['a', 'b']) lab.addContainer(host, JUMBO_MTU)
  })

  afterAll(() => lab?.dispose())

  it('take the sleeve, and say why', async () => {
    await eventually(NOTICED_MS, () => saysNarrow(lab, 'a', { peer: 'b', address: '10.91.1.2' }))
    await carriesAll(lab, 'b')
    await tellsTheContainer(lab, '10.2.2.1', WIDE - AROUND)
  })
})

/** Of the wire between two hosts, at both its ends. Gives the time at which it was done. */
async function setWire(lab: AgentLab, [one = '', other = '']: string, mtu: number): Promise<number> {
  await lab.on(one, 'ip', 'link', 'set', one + other, 'mtu', String(mtu))
  await lab.on(other, 'ip', 'link', 'set', other + one, 'mtu', String(mtu))
  return Date.now()
}

/** When the host left the fast path to its last peer, as it has written down: who asks may be slow. */
async function leftAt(lab: AgentLab, host: string, since: Date): Promise<number> {
  const { stdout } = await lab.weave(host, 'events', '--json', '--since', since.toISOString())
  const entries = stdout.split('\n').flatMap(line => (line.includes('"path changed"') ? [JSON.parse(line)] : []))
  return Date.parse(entries.filter(({ fields }) => fields.path === 'sleeve').at(-1)?.at)
}

/** What kernels of containers have been told; else it holds for ten minutes. Those of hosts are not helped. */
async function forgetPathMtus(lab: AgentLab): Promise<void> {
  for (const container of ['ca', 'cb', 'cc']) await lab.on(container, 'ip', 'route', 'flush', 'cache')
}

async function pings(lab: AgentLab, address: string): Promise<true | string> {
  const { stdout } = await lab.on('ca', 'ping', '-c', '1', '-W', '1', address)
  return stdout.includes('1 received') || stdout
}

/** What the path takes, when a frame may not be cut; and as much passes. */
async function tellsTheContainer(lab: AgentLab, address: string, mtu: number): Promise<void> {
  const ping = async (bytes: number) => {
    const size = String(bytes - ECHO_BYTES)
    const { stdout, stderr } = await lab.on('ca', 'ping', '-M', 'do', '-c', '2', '-W', '5', '-s', size, address)
    return stdout + stderr
  }
  await eventually(20_000, async () => {
    const said = await ping(mtu + 1)
    return new RegExp(`mtu ?= ?${mtu}\\b`).test(said) || said
  })
  expect(await ping(mtu)).toContain(' 0% packet loss')
}

async function saysNarrow(lab: AgentLab, host: string, { peer, address }: Neighbour): Promise<true | string> {
  const { stdout } = await lab.weave(host, 'status', 'connections')
  const line = stdout.split('\n').find(text => text.includes(`(${peer})`)) ?? stdout
  const reason = `frames as large as the bridge takes get no answer on UDP 6784 of ${address}, smaller ones do`
  return (/ sleeve /.test(line) && line.includes(reason)) || line
}

async function onFastPath(lab: AgentLab, host: string, peers: readonly string[]): Promise<void> {
  await eventually(30_000, async () => {
    const { router } = JSON.parse((await lab.weave(host, 'status', '--json')).stdout)
    const found = router.fastPath.peers.map(({ peer }: { peer: number }) => ['', 'a', 'b', 'c'][peer]).sort()
    return found.join() === peers.join() || `${host} has ${found} on the fast path\n${lab.log(host)}`
  })
}

/** By TCP and UDP in pieces of every size, compared. */
async function carriesAll(lab: AgentLab, host: string): Promise<void> {
  const address = `10.2.${lab.cluster.host(host).shortId}.1`
  expect(await troubleAt(lab, { from: 'a', to: host, address })).toBe('')
}
