import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'
import { macOf, takeAnyFrame, troubleExchanging } from '../fastpath/exchange-frames.ts'
import { AgentLab, endOf, eventually } from './agent-lab.ts'
import { CHECK_SEGMENTS } from './capture-script.ts'

const PROGRAM = join(PROJECT_ROOT, 'test', 'system', 'agent', 'transfer-program.mjs')

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
  }, 60_000)

  afterAll(() => lab?.dispose(), 30_000)

  it('the bridge’s port takes offload, whoever made it', async () => {
    const { dataPath } = JSON.parse((await lab.weave('a', 'status', '--json')).stdout)
    expect(dataPath.offload).toMatchObject({ hasHeader: true })
  })

  it.each([
    ['with the offload that devices have by themselves', []],
    ['to a container whose devices compute and cut nothing', [far]],
    ['from one such container to another', ['a', far]],
  ])(
    'bytes arrive as they were sent, %s',
    async (_, hostsWithout) => {
      for (const host of hostsWithout) await switchOffloadOff(lab, host)
      const look = hostsWithout.length === 0 ? undefined : await lookAtSegments(lab, far)
      await transfer()
      const { right, ...trouble } = (await look?.()) ?? { right: Number.POSITIVE_INFINITY, wrong: 0, long: 0 }
      expect(trouble).toEqual({ wrong: 0, long: 0 })
      expect(right).toBeGreaterThan(1000)
    },
    120_000,
  )

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
  }, 60_000)

  it('bytes arrive as they were sent over a network that is suddenly too narrow for the datagrams', async () => {
    await lab.on('a', 'ip', 'link', 'set', 'ab', 'mtu', '1400')
    await lab.on('b', 'ip', 'link', 'set', 'ba', 'mtu', '1400')
    await transfer()
    const { pump, forwarder } = await reportOf('a')
    expect(pump.runsSplit + forwarder.cutSmaller).toBeGreaterThan(10)
  }, 60_000)

  it('large frames were cut and joined on the way, and no bridge refused one', async () => {
    const [sent, received] = await Promise.all(['a', far].map(host => reportOf(host)))
    expect(sent.forwarder.cut).toBeGreaterThan(10_000)
    // Datagrams may have been: probes for a direct path go to addresses that cannot be reached.
    expect(sent.pump.framesRefused).toBe(0)
    expect(received.forwarder.joined).toBeGreaterThan(1000)
    expect(received.pump.framesRefused).toBe(0)
  })

  async function transfer(): Promise<void> {
    const { shortId } = lab.cluster.host(far)
    for (const address of [`10.2.${shortId}.1`, `fd02::${shortId}`]) {
      const server = await serve(lab, far, address)
      const { stdout, stderr } = await lab.on('ca', process.execPath, PROGRAM, 'send', address)
      server.kill()
      await endOf(server)
      expect({ address, stdout, stderr }).toEqual({ address, stdout: 'tcp equal\ndone\n', stderr: '' })
    }
  }

  async function reportOf(host: string) {
    return JSON.parse((await lab.weave(host, 'status', '--json')).stdout).dataPath
  }
})

async function serve(lab: AgentLab, host: string, address: string): Promise<ChildProcess> {
  const name = `serve ${address} ${performance.now()}`
  const server = lab.spawn(`c${host}`, [process.execPath, PROGRAM, 'serve', address], { name })
  await eventually(10_000, async () => lab.log(name).includes('listening') || `not listening: ${lab.log(name)}`)
  return server
}

interface Segments {
  readonly right: number
  readonly wrong: number
  readonly long: number
}

/** Looks at what comes in at the container, until it is asked what it has seen. */
async function lookAtSegments(lab: AgentLab, host: string): Promise<() => Promise<Segments>> {
  const name = `look ${performance.now()}`
  const capture = lab.spawn(`c${host}`, ['python3', '-c', CHECK_SEGMENTS, '1376'], { name })
  await eventually(10_000, async () => lab.log(name).includes('listening') || `not listening: ${lab.log(name)}`)
  return async () => {
    capture.kill()
    await endOf(capture)
    await eventually(5000, async () => lab.log(name).includes('}') || lab.log(name))
    return JSON.parse(lab.log(name).trim().split('\n').pop() ?? '')
  }
}

/** On both ends of the container's cable. */
async function switchOffloadOff(lab: AgentLab, host: string): Promise<void> {
  for (const [where, device] of [
    [host, `ve${host}`],
    [`c${host}`, 'eth0'],
  ] as const) {
    const { exitCode, stderr } = await lab.on(where, 'python3', '-c', offloadOff(device))
    if (exitCode !== 0) throw new Error(stderr)
  }
}

/** ETHTOOL_SRXCSUM, _STXCSUM, _SSG, _STSO, _SGSO, _SGRO of SIOCETHTOOL: what `ethtool -K` does, and it may be missing. */
function offloadOff(device: string): string {
  return `import ctypes, fcntl, socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for command in (0x15, 0x17, 0x19, 0x1f, 0x24, 0x2c):
    value = ctypes.create_string_buffer(struct.pack('II', command, 0))
    try: fcntl.ioctl(s, 0x8946, struct.pack('16sQ16x', b'${device}', ctypes.addressof(value)))
    except OSError as error:
        if error.errno != 95: raise`
}
