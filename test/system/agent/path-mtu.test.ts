import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'
import { eventually } from '../eventually.ts'
import { AgentLab, endOf } from './agent-lab.ts'

const PROGRAM = join(PROJECT_ROOT, 'test', 'system', 'agent', 'transfer-program.mjs')
const HOSTS = ['a', 'b', 'c'] as const
/** IPv4 (20) and UDP (8), then what is around a frame in its datagram (40), then Ethernet (14). */
const AROUND = 82

/** Containers have the MTU that agents are shipped with, 1,376, whatever the networks between take. */
describe('a chain of which the second wire takes less than the bridge', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await startChain({ ab: 1500, bc: 1280 })
  })

  afterAll(() => lab?.dispose())

  it('measures the path of each link, and shows it', async () => {
    await eventually(20_000, async () => {
      const { stdout } = await lab.weave('b', 'status', 'connections')
      const found = [...stdout.matchAll(/\((a|c)\) mtu=(\S+)/g)].map(([, name, mtu]) => `${name} ${mtu}`).sort()
      return found.join() === `a ${1500 - AROUND},c ${1280 - AROUND}` || stdout
    })
    const { stdout: events } = await lab.weave('b', 'events', '--last', '1000')
    expect(events).toMatch(new RegExp(`info {2}path MTU measured peer=3 nickname=c mtu=${1280 - AROUND}$`, 'm'))
  })

  it('measures the path through the relay once there are frames for it', async () => {
    await lab.on('ca', 'ping', '-c', '3', '-i', '0.2', '-W', '2', '10.2.3.1')
    await eventually(20_000, () => shows(lab, 'a', 'c', 1280 - AROUND))
  })

  it('carries what a container sends, and counts what it did for it', async () => {
    await transfer(lab)
    const { forwarder, pump } = await dataPathOf(lab, 'a')
    // Clamped at both ends, segments of TCP fit; datagrams of UDP do not, until the container has been told.
    expect(forwarder).toMatchObject({ clamped: expect.any(Number), droppedOversize: 0 })
    expect(forwarder.clamped).toBeGreaterThan(0)
    expect(forwarder.sentInParts).toBeGreaterThan(0)
    expect(pump.framesRefused).toBe(0)
  })

  it('tells a container what the path takes, in IPv4 and in IPv6', async () => {
    await forgetRoutes(lab)
    const ping = await lab.on('ca', 'ping', '-M', 'do', '-c', '2', '-i', '0.3', '-W', '2', '-s', '1300', '10.2.3.1')
    expect(ping.stdout + ping.stderr).toMatch(new RegExp(`mtu ?= ?${1280 - AROUND}`))
    await lab.on('ca', 'ping', '-6', '-M', 'do', '-c', '2', '-i', '0.3', '-W', '2', '-s', '1300', 'fd02::3')
    const { stdout: route } = await lab.on('ca', 'ip', '-6', 'route', 'get', 'fd02::3')
    expect(route).toMatch(/mtu 1280/)
    expect((await dataPathOf(lab, 'a')).forwarder.toldTooBig).toBeGreaterThan(1)
  })

  it('makes TCP fit without that', async () => {
    const server = await serve(lab, '10.2.3.1')
    const { stdout, stderr } = await lab.on('ca', 'python3', '-c', segmentSizeTo('10.2.3.1'))
    server.kill()
    await endOf(server)
    expect(stderr).toBe('')
    expect(Number(stdout)).toBeLessThanOrEqual(1280 - AROUND - 40)
    expect(Number(stdout)).toBeGreaterThan(1000)
  })
})

describe('a chain whose wire comes to take less while traffic flows', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await startChain({ ab: 1500, bc: 1500 })
  })

  afterAll(() => lab?.dispose())

  it('goes on, notices, and says so', async () => {
    await transfer(lab)
    await eventually(20_000, () => shows(lab, 'a', 'c', 1500 - AROUND))
    for (const [host, device] of [
      ['b', 'bc'],
      ['c', 'cb'],
    ] as const) {
      await lab.on(host, 'ip', 'link', 'set', device, 'mtu', '1300')
    }
    await transfer(lab)
    await eventually(30_000, async () => {
      await lab.on('ca', 'ping', '-c', '1', '-W', '1', '-s', '1300', '10.2.3.1')
      return shows(lab, 'a', 'c', 1300 - AROUND)
    })
    const { stdout } = await lab.weave('a', 'events', '--last', '1000')
    expect(stdout).toMatch(
      new RegExp(`path MTU measured peer=3 nickname=c mtu=${1300 - AROUND} was=${1500 - AROUND}$`, 'm'),
    )
    await transfer(lab)
  })
})

describe('a chain of jumbo frames', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await startChain({ ab: 9000, bc: 9000 })
  })

  afterAll(() => lab?.dispose())

  it('makes use of them, though containers stay with their MTU', async () => {
    await lab.on('ca', 'ping', '-c', '3', '-i', '0.2', '-W', '2', '10.2.3.1')
    await eventually(20_000, () => shows(lab, 'a', 'c', 9000 - AROUND))
    const before = await dataPathOf(lab, 'a')
    await transfer(lab)
    const after = await dataPathOf(lab, 'a')
    // 48 MB in pieces of six segments, where it would be 36,000 segments.
    const cut = after.forwarder.cut - before.forwarder.cut
    expect(cut).toBeGreaterThan(1_000)
    expect(cut).toBeLessThan(20_000)
    expect(after.pump.framesRefused).toBe(0)
    expect((await dataPathOf(lab, 'c')).pump.framesRefused).toBe(0)
  })
})

async function startChain({ ab, bc }: { ab: number; bc: number }): Promise<AgentLab> {
  const lab = await AgentLab.createChain()
  const mtus = { ab, ba: ab, bc, cb: bc }
  for (const [device, mtu] of Object.entries(mtus)) {
    await lab.on(device[0] ?? '', 'ip', 'link', 'set', device, 'mtu', String(mtu))
  }
  for (const host of HOSTS) await lab.launch(host)
  for (const host of HOSTS) await lab.awaitReachable(host)
  for (const host of ['a', 'c']) lab.addContainer(host)
  return lab
}

async function shows(lab: AgentLab, host: string, peer: string, mtu: number): Promise<true | string> {
  const { stdout } = await lab.weave(host, 'status', 'peers', '--json')
  const found = JSON.parse(stdout).find(({ nickname }: { nickname: string }) => nickname === peer)
  return found?.path?.mtu === mtu || JSON.stringify(found)
}

async function dataPathOf(lab: AgentLab, host: string) {
  return JSON.parse((await lab.weave(host, 'status', '--json')).stdout).dataPath
}

async function serve(lab: AgentLab, address: string): Promise<ChildProcess> {
  const name = `serve ${address} ${performance.now()}`
  const server = lab.spawn('cc', [process.execPath, PROGRAM, 'serve', address], { name })
  await eventually(10_000, async () => lab.log(name).includes('listening') || `not listening: ${lab.log(name)}`)
  return server
}

async function transfer(lab: AgentLab): Promise<void> {
  for (const address of ['10.2.3.1', 'fd02::3']) {
    const server = await serve(lab, address)
    const { stdout, stderr } = await lab.on('ca', process.execPath, PROGRAM, 'send', address)
    server.kill()
    await endOf(server)
    expect({ address, stdout, stderr }).toEqual({ address, stdout: 'tcp equal\ndone\n', stderr: '' })
  }
}

/** What containers have been told before. */
async function forgetRoutes(lab: AgentLab): Promise<void> {
  for (const family of ['-4', '-6']) await lab.on('ca', 'ip', family, 'route', 'flush', 'cache')
}

/** What the segments of a connection may hold, options aside. */
function segmentSizeTo(address: string): string {
  return `import socket
s = socket.socket(); s.settimeout(60); s.connect(('${address}', 7001))
print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG))`
}
