import { macOf, takeAnyFrame, troubleExchanging } from '../fastpath/exchange-frames.ts'
import { AgentLab } from './agent-lab.ts'
import { lookAtSegments, switchOffload, troubleTransferring } from './transfers.ts'

/** `b` is a neighbour of `a`, `c` is behind it. */
describe.each(['b', 'c'])('between containers of host a and host %s', far => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.createChain()
    // As an agent leaves it that knows of no offload.
    await lab.on('a', 'ip', 'tuntap', 'add', 'dev', 'weave-tap', 'mode', 'tap')
    for (const host of ['a', 'b', 'c']) await lab.launch(host)
    for (const host of ['a', 'b', 'c']) await lab.awaitReachable(host)
    for (const host of ['a', far]) lab.addContainer(host)
  })

  afterAll(() => lab?.dispose())

  it('the bridge’s port takes offload, whoever made it', async () => {
    const { dataPath } = JSON.parse((await lab.weave('a', 'status', '--json')).stdout)
    expect(dataPath.offload).toMatchObject({ hasHeader: true })
  })

  it.each([
    ['with the offload that devices have by themselves', []],
    ['to a container whose devices compute and cut nothing', [far]],
    ['from one such container to another', ['a', far]],
  ])('bytes arrive as they were sent, %s', async (_, hostsWithout) => {
    for (const host of hostsWithout) await switchOffload(lab, host, 'off')
    const look = hostsWithout.length === 0 ? undefined : await lookAtSegments(lab, far)
    await transfer()
    const { right, ...trouble } = (await look?.()) ?? { right: Number.POSITIVE_INFINITY, wrong: 0, long: 0 }
    expect(trouble).toEqual({ wrong: 0, long: 0 })
    expect(right).toBeGreaterThan(1000)
  })

  it('frames of every kind and size arrive as they were sent, in both directions', async () => {
    await takeAnyFrame(lab, ['a', 'b', 'c'])
    for (const [sender, receiver] of [
      ['ca', `c${far}`],
      [`c${far}`, 'ca'],
    ] as const) {
      for (const to of ['ff:ff:ff:ff:ff:ff', await macOf(lab, receiver)]) {
        expect(await troubleExchanging(lab, { to, frames: 120, sender, receivers: [receiver] })).toBe('')
      }
    }
  })

  it('bytes arrive as they were sent over a network that is suddenly too narrow for the datagrams', async () => {
    await lab.on('a', 'ip', 'link', 'set', 'ab', 'mtu', '1400')
    await lab.on('b', 'ip', 'link', 'set', 'ba', 'mtu', '1400')
    await transfer()
    const { pump, forwarder } = await reportOf('a')
    expect(pump.runsSplit + forwarder.cutSmaller).toBeGreaterThan(10)
  })

  it('large frames were cut and joined on the way, and no bridge refused one', async () => {
    const [sent, received] = await Promise.all(['a', far].map(host => reportOf(host)))
    expect(sent.forwarder.cut).toBeGreaterThan(10_000)
    // Datagrams may have been: probes for a direct path go to addresses that cannot be reached.
    expect(sent.pump.framesRefused).toBe(0)
    expect(received.forwarder.joined).toBeGreaterThan(1000)
    expect(received.pump.framesRefused).toBe(0)
  })

  async function transfer(): Promise<void> {
    expect(await troubleTransferring(lab, { from: 'a', to: far })).toBe('')
  }

  async function reportOf(host: string) {
    return JSON.parse((await lab.weave(host, 'status', '--json')).stdout).dataPath
  }
})
