import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { askRouter } from '../../../src/agent/http/control-client.ts'
import { HOST_PATHS } from '../../../src/contract/host-paths.ts'
import { eventually } from '../eventually.ts'
import { promtool } from '../unpacked-program.ts'
import { AgentLab, closeOf, endOf } from './agent-lab.ts'
import { residentBytes } from './resident-bytes.ts'

const MARKER = 'MARKER-of-the-chain-that-no-link-may-show'
const HOSTS = ['a', 'b', 'c'] as const

describe('three routers in a chain', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.createChain()
    for (const host of HOSTS) await lab.launch(host)
    for (const host of HOSTS) await lab.awaitReachable(host)
  })

  afterAll(() => lab?.dispose())

  it('reach each other, through the one between', async () => {
    const ping = await lab.on('a', 'ping', '-c', '3', '-i', '0.2', '-W', '2', '10.2.0.3')
    expect(ping).toMatchObject({ exitCode: 0 })
  })

  it('take questions and answers before all else, and so does the relay', async () => {
    const before = await Promise.all(HOSTS.map(host => hurriedOf(host)))
    await lab.on('a', 'ping', '-c', '20', '-i', '0.01', '10.2.0.3')
    const after = await Promise.all(HOSTS.map(host => hurriedOf(host)))
    for (const [i, host] of HOSTS.entries()) {
      const passing = host === 'b' ? 40 : 20
      expect((after[i] ?? 0) - (before[i] ?? 0)).toBeGreaterThanOrEqual(passing)
    }
  })

  it('carry frames of any protocol, to all', async () => {
    const receiver = lab.spawn('c', ['python3', '-c', rawReceive()], { name: 'raw-c' })
    await eventually(5000, async () => lab.log('raw-c').includes('listening') || 'not listening')
    await lab.on('a', 'python3', '-c', rawSend())
    await closeOf(receiver)
    expect(lab.log('raw-c')).toContain('a frame of an unknown protocol')
  })

  it('show nothing of what they carry to who listens on a link, or on the relay', async () => {
    const outside = capture(lab, 'b', 'any', 'not port 22')
    const inside = capture(lab, 'a', 'weave', 'icmp')
    await eventually(5000, async () => [outside, inside].every(one => one.isListening()) || 'not listening')
    const pattern = Buffer.from(MARKER).subarray(0, 16).toString('hex')
    await lab.on('a', 'ping', '-c', '5', '-i', '0.2', '-s', '400', '-p', pattern, '10.2.0.3')
    const [seenOutside, seenInside] = [await outside.stop(), await inside.stop()]
    expect(seenInside.includes(MARKER.slice(0, 16))).toBe(true)
    expect(seenOutside.length).toBeGreaterThan(5000)
    expect(seenOutside.includes(MARKER.slice(0, 16))).toBe(false)
  })

  it('tell their state in the texts that Weave made known (CLI-17, STAT-01, STAT-05, STAT-06)', async () => {
    const wanted = `
        Version: 0.1.0 (version check update disabled)

        Service: router
       Protocol: weave-provision 2
           Name: NAME(a)
     Encryption: enabled
  PeerDiscovery: enabled
        Targets: 1
    Connections: 2 (1 established, 1 failed)
          Peers: 3 (with 4 established connections)
 TrustedSubnets: none
`
    // An attempt to reach c has to have failed, and the path to b to be measured.
    await eventually(10_000, async () => {
      const { stdout } = await lab.weave('a', 'status')
      const router = stdout.split(/\n *Service: ipam\n/)[0]?.replace(/[0-9a-f:]{17}/g, 'NAME')
      return router === wanted || stdout
    })
    await eventually(10_000, async () => {
      const { stdout } = await lab.weave('a', 'status', 'connections')
      const line = /^(->|<-) 10\.91\.1\.2:\d+ +established encrypted +sleeve [0-9a-f:]{17}\(b\) mtu=1418$/m
      return line.test(stdout) || stdout
    })
    const { stdout: peers } = await lab.weave('a', 'status', 'peers')
    expect(peers).toMatch(/^[0-9a-f:]{17}\(c\)\n {3}(->|<-) 10\.91\.2\.2:\d+ +[0-9a-f:]{17}\(b\) {17} established$/m)
    await eventually(10_000, async () => {
      const { stdout } = await lab.weave('a', 'status', 'paths')
      return PATHS.every(line => line.test(stdout)) || stdout
    })
    expect((await lab.weave('a', 'status', 'targets')).stdout).toBe('10.91.1.2:6783\n')
  })

  it('tell their state as JSON', async () => {
    const peers = JSON.parse((await lab.weave('a', 'status', 'peers', '--json')).stdout)
    expect(peers).toHaveLength(3)
    expect(peers.find((peer: { nickname: string }) => peer.nickname === 'c')).toMatchObject({
      isReachable: true,
      hops: 2,
    })
    const whole = JSON.parse((await lab.weave('a', 'status', '--json')).stdout)
    expect(whole).toMatchObject({ version: '0.1.0', dataPath: { cipher: 'openssl' } })
  })

  it('tell what happened, and what happens', async () => {
    const { stdout } = await lab.weave('a', 'events', '--last', '1000')
    expect(stdout).toMatch(/^\d{4}-\S+Z info {2}link up peer=2 nickname=b remote=10\.91\.1\.2$/m)
    const follower = lab.follow('a', 'events-a', 'events', '--follow', '--last', '1', '--json')
    await eventually(10_000, async () => lab.log('events-a') !== '' || 'nothing told')
    lab.signal('a', 'SIGHUP')
    await eventually(10_000, async () => lab.log('events-a').includes('"configuration read again"') || 'not told')
    follower.kill()
    await endOf(follower)
    const wrong = await lab.weave('a', 'events', '--since', 'yesterday')
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("'yesterday' is not a time") })
  })

  it('report their whole state, as JSON or in the shape of a Go template (CLI-18)', async () => {
    const { Router, Config } = JSON.parse((await lab.weave('a', 'report')).stdout)
    expect(Router.Peers.map((peer: { NickName: string }) => peer.NickName)).toEqual(['a', 'b', 'c'])
    expect(Config).toMatchObject({ host: 'a' })
    const format = '{{range .Router.UnicastRoutes}}{{.Hops}} {{end}}{{.Router.NickName}}'
    expect((await lab.weave('a', 'report', '-f', format)).stdout).toBe('1 2 a\n')
    const wrong = await lab.weave('a', 'report', '-f', '{{.Nothing}}')
    expect(wrong).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("can't evaluate field Nothing") })
  })

  it('give metrics that Prometheus has nothing to say against (API-04, MET-02)', async () => {
    const socket = join(lab.rootOf('a'), HOST_PATHS.controlSocket)
    const metrics = await askRouter(socket, { path: '/metrics' })
    expect(metrics).toMatch(/^weave_connections\{state="established",type="sleeve",encryption="yes"\} 1$/m)
    expect(metrics).toMatch(/^weave_frames_total\{action="captured"\} [1-9]/m)
    expect(metrics).toMatch(/^weave_events_total\{event="link up",level="info"\} [1-9]/m)
    expect(execFileSync(promtool(), ['check', 'metrics'], { input: metrics, encoding: 'utf8' })).toBe('')
  })

  it('find their way again when the one between is killed and started anew', async () => {
    await lab.kill('b')
    const port = await lab.on('b', 'ip', '-json', 'link', 'show', 'weave-tap')
    expect(JSON.parse(port.stdout)).toMatchObject([{ master: 'weave' }])
    await eventually(10_000, async () => {
      const { stdout } = await lab.weave('a', 'status', 'peers')
      return /\(c\) - unreachable!/.test(stdout) || `c is still reachable: ${stdout}`
    })
    await lab.launch('b')
    await eventually(10_000, async () => {
      const ping = await lab.on('a', 'ping', '-c', '1', '-W', '1', '10.2.0.3')
      return ping.exitCode === 0 || `no answer\n${lab.log('a')}`
    })
  })

  it('put their port back when the bridge was taken down and made again', async () => {
    await lab.on('c', 'ip', 'link', 'delete', 'weave')
    await lab.weave('c', 'create-bridge')
    await lab.on('c', 'ip', 'address', 'replace', '10.2.0.3/16', 'dev', 'weave')
    await eventually(10_000, async () => {
      const ping = await lab.on('a', 'ping', '-c', '1', '-W', '1', '10.2.0.3')
      return ping.exitCode === 0 || 'no answer'
    })
  })

  it('keep the bridge’s address when the bridge is made again (LAN-03)', async () => {
    const { name } = JSON.parse((await lab.weave('c', 'status', '--json')).stdout).router
    const [bridge] = JSON.parse((await lab.on('c', 'ip', '-json', 'link', 'show', 'weave')).stdout)
    expect(bridge.address).toBe(name)
  })

  it('take up a manifest that was put there while they ran', async () => {
    await lab.provide('a', HOST_PATHS.manifest, await lab.cluster.signedManifest(2))
    lab.signal('a', 'SIGHUP')
    await eventually(10_000, async () => {
      const versions = await Promise.all(HOSTS.map(async host => (await statusOf(host)).manifestVersion))
      return versions.every(version => version === 2) || `manifest versions ${versions}`
    })
    const learnt = readFileSync(join(lab.rootOf('c'), HOST_PATHS.learntManifest), 'utf8')
    expect(JSON.parse(JSON.parse(learnt).manifest)).toMatchObject({ version: 2 })
  })

  it('remember targets that were added and forgotten (CLI-04, CLI-05, API-06, API-07)', async () => {
    await lab.weave('a', 'connect', '10.91.2.3')
    await lab.weave('a', 'forget', '10.91.1.2')
    expect((await lab.weave('a', 'status', 'targets')).stdout).toBe('10.91.2.3:6783\n')
    await lab.stop('a')
    await lab.launch('a')
    expect((await lab.weave('a', 'status', 'targets')).stdout).toBe('10.91.2.3:6783\n')
    await lab.awaitReachable('a')
  })

  it('end with a reason, to be started anew, when their port is deleted', async () => {
    const agent = lab.agent('a')
    await lab.on('a', 'ip', 'link', 'delete', 'weave-tap')
    await endOf(agent)
    expect(agent.exitCode).toBe(1)
    expect(lab.log('a')).toMatch(/level=error msg="router stops" reason="the TAP device is gone"/)
    await lab.launch('a')
    await lab.awaitReachable('a')
  })

  it('are small and quiet when nothing happens', async () => {
    const pid = lab.agent('b').pid ?? -1
    const before = cpuTicks(pid)
    await new Promise(wake => setTimeout(wake, 5000))
    expect(cpuTicks(pid) - before).toBeLessThan(50)
    // On a host where others have much to do, what the start has left is given back after a minute.
    await eventually(60_000, async () => residentBytes(pid) < 90e6 || `${residentBytes(pid)} bytes`)
  })

  async function hurriedOf(host: string): Promise<number> {
    return JSON.parse((await lab.weave(host, 'status', '--json')).stdout).dataPath.pump.datagramsHurried
  }

  async function statusOf(host: string): Promise<{ manifestVersion: number }> {
    return JSON.parse((await lab.weave(host, 'status', '--json')).stdout).router
  }
})

/** To b, and to c. */
const PATHS = [
  /^[0-9a-f:]{17}\(b\) +direct +for \d+ \w+ +[\d.]+ ms +loss \d+ % +sent \d+ k?B +received \d+ k?B/m,
  /^[0-9a-f:]{17}\(c\) +relayed via b +for \d+ \w+ .* (no answer|there have been|\d+ addresses)/m,
]

interface Capture {
  isListening(): boolean
  /** Ends it and gives what was seen. */
  stop(): Promise<Buffer>
}

function capture(lab: AgentLab, host: string, device: string, filter: string): Capture {
  const file = join(lab.folder, `${host}-${device}.pcap`)
  const name = `capture-${host}-${device}`
  const argv = ['tcpdump', '--immediate-mode', '-i', device, '-s', '0', '-U', '-w', file, '-Z', 'root', filter]
  const child = lab.spawn(host, argv, { name })
  return {
    isListening: () => lab.log(name).includes('listening on'),
    async stop() {
      child.kill('SIGINT')
      await endOf(child)
      return readFileSync(file)
    },
  }
}

function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return Number(fields[11]) + Number(fields[12])
}

function rawSend(): string {
  return `import socket, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(('weave', 0))
for _ in range(5):
    s.send(b'\\xff' * 6 + s.getsockname()[4] + b'\\x88\\xb5' + b'a frame of an unknown protocol'.ljust(60)); time.sleep(0.1)`
}

function rawReceive(): string {
  return `import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88b5)); s.bind(('weave', 0x88b5)); s.settimeout(60)
print('listening', flush=True)
print(s.recv(2000)[14:].decode().strip())`
}
