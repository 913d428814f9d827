import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePreface } from '../../../src/agent/transport/preface.ts'
import { HOST_PATHS } from '../../../src/contract/host-paths.ts'
import { eventually } from '../eventually.ts'
import { AgentLab } from './agent-lab.ts'
import { ClusterFixture, exportPem, newKeyPair } from './cluster-fixture.ts'

const STRANGER = new URL('./stranger-program.mjs', import.meta.url).pathname

interface Told {
  readonly bytesRead: number
  readonly isLetIn: boolean
  readonly error: string
  readonly ms: number
}

describe('a router', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.createChain()
    await lab.launch('b')
  })

  afterAll(() => lab?.dispose())

  it.each([
    ['silence', '', 4500],
    ['a TLS hello', '16030100c8010000c40303', 0],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.padEnd(64)).toString('hex'), 0],
    ['a preface of another cluster', Buffer.from(makePreface(Buffer.alloc(32, 7))).toString('hex'), 0],
  ])('sends no byte in answer to %s', async (_, hex, msMin) => {
    const told = await comeAsStranger(hex)
    expect(told.bytesRead).toBe(0)
    expect(told.isLetIn).toBe(false)
    expect(told.ms).toBeGreaterThanOrEqual(msMin)
  })

  it('refuses who knows the admission key but is certified by another cluster', async () => {
    const foreign = await ClusterFixture.create([])
    const keys = await newKeyPair()
    const files = { key: join(lab.folder, 'foreign.key'), certificate: join(lab.folder, 'foreign.pem') }
    writeFileSync(files.key, await exportPem(keys))
    writeFileSync(files.certificate, await foreign.certify(keys))
    const preface = Buffer.from(makePreface(lab.cluster.admissionKey)).toString('hex')
    const told = await comeAsStranger(preface, files.key, files.certificate)
    expect(told.isLetIn).toBe(false)
    await eventually(5000, async () => /connection refused.*TLS|connection refused/.test(lab.log('b')) || lab.log('b'))
    expect((await lab.weave('b', 'status', 'connections')).stdout).not.toContain('<- 10.91.1.1')
  })

  it('lets no flood of strangers keep members out for long', async () => {
    await lab.on('a', 'python3', '-c', FLOOD)
    await lab.launch('a')
    await eventually(10_000, async () => {
      const { stdout } = await lab.weave('a', 'status', 'connections')
      return stdout.includes('established') || stdout
    })
    await lab.stop('a')
  })

  it('is not started twice', async () => {
    const second = await lab.weave('b', 'launch', '--foreground')
    expect(second).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('already running') })
  })

  it('takes the place of one that died and left its socket', async () => {
    await lab.kill('b')
    expect(existsSync(join(lab.rootOf('b'), HOST_PATHS.controlSocket))).toBe(true)
    expect(await lab.weave('b', 'status')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('not running'),
    })
    await lab.launch('b')
    expect(await lab.weave('b', 'status')).toMatchObject({ exitCode: 0 })
  })

  it('leaves nothing but its bridge and its port when it stops', async () => {
    expect(await lab.weave('b', 'stop')).toMatchObject({ exitCode: 0, stderr: '' })
    expect(existsSync(join(lab.rootOf('b'), HOST_PATHS.controlSocket))).toBe(false)
    expect(existsSync(join(lab.rootOf('b'), HOST_PATHS.pidFile))).toBe(false)
    expect(await lab.weave('b', 'stop')).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('not running') })
    const [port] = JSON.parse((await lab.on('b', 'ip', '-json', 'link', 'show', 'weave-tap')).stdout)
    expect(port.master).toBe('weave')
  })

  it.each(['tcp', 'udp'] as const)('says who holds its port, when it is a %s port', async protocol => {
    const holder = lab.spawn('c', ['python3', '-c', holdPort(protocol)], { name: `holder-${protocol}` })
    await eventually(5000, async () => lab.log(`holder-${protocol}`).includes('holding') || 'not holding')
    const launched = await lab.weave('c', 'launch', '--foreground')
    holder.kill('SIGKILL')
    expect(launched.exitCode).toBe(1)
    const name = protocol.toUpperCase()
    expect(launched.stderr).toMatch(
      new RegExp(`^error: ${name} port 6783 is in use by python3 \\(pid \\d+\\)\nremedy: `),
    )
  })

  it('refuses a secret that others can read', async () => {
    const path = join(lab.rootOf('c'), HOST_PATHS.admissionKey)
    chmodSync(path, 0o644)
    const launched = await lab.weave('c', 'launch', '--foreground')
    chmodSync(path, 0o600)
    expect(launched).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`${path} holds a secret`) })
  })

  it('refuses a manifest that the cluster has not signed', async () => {
    const path = join(lab.rootOf('c'), HOST_PATHS.manifest)
    const original = readFileSync(path, 'utf8')
    writeFileSync(path, original.replace('10.91.2.3', '10.91.2.4'))
    const launched = await lab.weave('c', 'launch', '--foreground')
    writeFileSync(path, original)
    expect(launched).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('not signed by the cluster key') })
  })

  it('refuses a certificate for another key', async () => {
    const path = join(lab.rootOf('c'), HOST_PATHS.certificate)
    const original = readFileSync(path, 'utf8')
    writeFileSync(path, await lab.cluster.certify(await newKeyPair()))
    const launched = await lab.weave('c', 'launch', '--foreground')
    writeFileSync(path, original)
    expect(launched).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('certifies another key') })
  })

  it('refuses a device of the bridge’s name that is no bridge', async () => {
    await lab.on('c', 'ip', 'link', 'delete', 'weave')
    await lab.on('c', 'ip', 'link', 'add', 'weave', 'type', 'veth', 'peer', 'name', 'weave-other')
    const made = await lab.weave('c', 'create-bridge')
    await lab.on('c', 'ip', 'link', 'delete', 'weave')
    expect(made).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is not a bridge') })
  })

  async function comeAsStranger(hex: string, ...credentials: string[]): Promise<Told> {
    const outcome = await lab.on('a', process.execPath, STRANGER, '10.91.1.2', '6783', hex, ...credentials)
    return JSON.parse(outcome.stdout)
  }
})

/** 200 connections that say nothing, held for two seconds. */
const FLOOD = `import socket, time
held = []
for _ in range(200):
    s = socket.socket(); s.settimeout(1)
    try: s.connect(('10.91.1.2', 6783)); held.append(s)
    except OSError: pass
time.sleep(2)`

function holdPort(protocol: 'tcp' | 'udp'): string {
  const kind = protocol === 'tcp' ? 'SOCK_STREAM' : 'SOCK_DGRAM'
  return `import socket, time
s = socket.socket(socket.AF_INET, socket.${kind}); s.bind(('0.0.0.0', 6783))
${protocol === 'tcp' ? 's.listen()' : ''}
print('holding', flush=True); time.sleep(600)`
}
