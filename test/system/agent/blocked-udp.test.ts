import { join } from 'node:path'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'
import { eventually } from '../eventually.ts'
import { macOf, takeAnyFrame, troubleExchanging } from '../fastpath/exchange-frames.ts'
import { AgentLab } from './agent-lab.ts'

const PROGRAM = join(PROJECT_ROOT, 'test', 'system', 'agent', 'transfer-program.mjs')
/** Below what is taken for granted of a path that cannot be measured: IP of more would be answered, not carried. */
const PATH_MTU = 1100
/** Of containers that are not told what the path takes: what is not of IP goes in parts. */
const JUMBO_MTU = 8900
const BLOCKED = ['INPUT', '-p', 'udp', '--dport', '6783', '-j', 'DROP']
const PING = ['ping', '-c', '3', '-i', '0.2', '-W', '5', '10.2.3.1']

/** `a` reaches `c` through `b`; a firewall in front of `c` lets TCP pass, and no UDP. */
describe('a host whose UDP is blocked', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.createChain()
    for (const host of ['a', 'b', 'c']) await lab.launch(host)
    for (const host of ['a', 'b', 'c']) await lab.awaitReachable(host)
    for (const host of ['a', 'c']) lab.addContainer(host)
  })

  afterAll(() => lab?.dispose())

  it('is reached over the control link once no datagram comes through, and says so', async () => {
    expect(await lab.on('c', 'iptables', '-A', ...BLOCKED)).toMatchObject({ exitCode: 0 })
    await eventually(20_000, async () => {
      const { stdout } = await lab.weave('b', 'status', 'connections')
      return /established .*sleeve over tls: no datagram comes through/.test(stdout) || stdout
    })
    await lab.awaitReachable('a')
    expect(await lab.on('ca', ...PING)).toMatchObject({ exitCode: 0 })
    const { pump } = JSON.parse((await lab.weave('b', 'status', '--json')).stdout).dataPath
    expect(pump.runsCarried).toBeGreaterThan(0)
  })

  it('gets what is sent as it was sent, in streams, datagrams of all sizes and frames of all kinds', async () => {
    const server = lab.spawn('cc', [process.execPath, PROGRAM, 'serve', '10.2.3.1'], { name: 'server' })
    await eventually(5000, async () => lab.log('server').includes('listening') || 'not listening')
    const { stdout, stderr } = await lab.on('ca', process.execPath, PROGRAM, 'send', '10.2.3.1')
    server.kill()
    expect({ stdout, stderr }).toEqual({ stdout: 'tcp equal\ndone\n', stderr: '' })
    await takeAnyFrame(lab, ['a', 'b', 'c'])
    for (const [sender, receiver] of [
      ['ca', 'cc'],
      ['cc', 'ca'],
    ] as const) {
      const wish = { frames: 60, sender, receivers: [receiver], to: await macOf(lab, receiver) }
      expect(await troubleExchanging(lab, { ...wish, mtu: PATH_MTU })).toBe('')
    }
    await takeJumbo()
    const wish = { frames: 60, sender: 'ca', receivers: ['cc'], to: await macOf(lab, 'cc') }
    expect(await troubleExchanging(lab, { ...wish, mtu: JUMBO_MTU, isOpaque: true })).toBe('')
  })

  it('is reached over UDP again as soon as that passes', async () => {
    expect(await lab.on('c', 'iptables', '-D', ...BLOCKED)).toMatchObject({ exitCode: 0 })
    await eventually(10_000, async () => {
      const { stdout } = await lab.weave('b', 'status', 'connections')
      return !stdout.includes('over tls') || stdout
    })
    expect(await lab.on('ca', ...PING)).toMatchObject({ exitCode: 0 })
  })

  async function takeJumbo(): Promise<void> {
    for (const host of ['a', 'c']) {
      for (const [place, device] of [
        [host, 'weave-tap'],
        [host, `ve${host}`],
        [`c${host}`, 'eth0'],
      ] as const) {
        expect(await lab.on(place, 'ip', 'link', 'set', device, 'mtu', String(JUMBO_MTU))).toMatchObject({
          exitCode: 0,
        })
      }
    }
  }
})
