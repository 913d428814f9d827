import { AgentLab, type LabPlan } from '../agent/agent-lab.ts'
import { eventually } from '../eventually.ts'

const HOSTS = ['a', 'b', 'x', 'y'] as const
const PINGS = 20

/** Two relays between `x` and `y`. The operator of `a`, which would be taken as its number is lower, has its lines cost 500. */
const PLAN: LabPlan = {
  hosts: [
    { name: 'a', shortId: 1, address: '10.91.1.1', targets: [] },
    { name: 'b', shortId: 2, address: '10.91.3.2', targets: [] },
    { name: 'x', shortId: 3, address: '10.91.1.3', targets: ['10.91.1.1', '10.91.3.2'] },
    { name: 'y', shortId: 4, address: '10.91.2.4', targets: ['10.91.2.1:6783', '10.91.4.2:6783'] },
  ],
  wires: [
    ['a 10.91.1.1/24', 'x 10.91.1.3/24'],
    ['a 10.91.2.1/24', 'y 10.91.2.4/24'],
    ['b 10.91.3.2/24', 'x 10.91.3.3/24'],
    ['b 10.91.4.2/24', 'y 10.91.4.4/24'],
  ],
  configure: config => ({
    ...config,
    trustedSubnets: ['10.91.0.0/16'],
    ...(config.shortId === 1 ? { linkCosts: { x: 500, y: 500 } } : {}),
  }),
}

describe('agents with the fast path, of which one relay is behind lines that an operator has cost more', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.create(PLAN)
    for (const host of HOSTS) await lab.launch(host)
    for (const host of ['x', 'y']) lab.addContainer(host)
    await eventually(30_000, () => relaysAll('b'))
  })

  afterAll(() => lab?.dispose())

  it('relay by way of the other, and by that one while there is no other', async () => {
    const before = await relayedBy('a')
    expect(await relaysAll('b')).toBe(true)
    expect((await relayedBy('a')) - before).toBe(0)
    const rule = ['INPUT', '-p', 'udp', '--dport', '6784', '-j', 'DROP']
    await lab.on('b', 'iptables', '-I', ...rule)
    await eventually(30_000, () => relaysAll('a'))
    await lab.on('b', 'iptables', '-D', ...rule)
    await eventually(60_000, () => relaysAll('b'))
  })

  async function relaysAll(relay: string): Promise<true | string> {
    const before = await relayedBy(relay)
    const { stdout } = await lab.on('cx', 'ping', '-q', '-i', '0.05', '-c', String(PINGS), '-W', '5', '10.2.4.1')
    const passed = (await relayedBy(relay)) - before
    const isAll = stdout.includes(`${PINGS} received`) && passed >= 2 * PINGS
    return isAll || `${passed} by way of ${relay}: ${stdout}${lab.log('x')}`
  }

  async function relayedBy(host: string): Promise<number> {
    return JSON.parse((await lab.weave(host, 'status', '--json')).stdout).fastPath.counters.relayed
  }
})
