import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { requestOverUnix } from '../../../src/agent/http/unix-request.ts'
import { HOST_PATHS } from '../../../src/contract/host-paths.ts'
import { eventually } from '../eventually.ts'
import { AgentLab, endOf } from './agent-lab.ts'

const CONTAINER = 'c0ffee'.repeat(11).slice(0, 64)

describe('a router', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.createChain()
    await lab.launch('b')
  })

  afterAll(() => lab?.dispose())

  it.each([
    ['its log is on a full disk', '2>/dev/full'],
    ['nobody takes its log any more', '2> >(true)'],
  ])('goes on while %s', async (_, redirection) => {
    const router = await lab.launch('c', {}, ['bash', '-c', `exec "$@" ${redirection}`, 'bash'])
    for (const peer of ['10.91.2.77', '10.91.2.78']) {
      expect(await lab.weave('c', 'connect', peer)).toMatchObject({ exitCode: 0 })
    }
    expect((await lab.weave('c', 'events')).stdout).toContain('router is ready')
    expect([router.exitCode, router.signalCode]).toEqual([null, null])
    await lab.stop('c')
    expect(router.exitCode).toBe(0)
  })

  it('goes on while its disks are full, and remembers afterwards what happened meanwhile', async () => {
    const state = join(lab.rootOf('c'), HOST_PATHS.state)
    const run = join(lab.rootOf('c'), dirname(HOST_PATHS.pidFile))
    const disks: (() => void)[] = []
    try {
      for (const folder of [state, run]) disks.push(smallDiskAt(folder))
      // As after an upgrade that brings another one.
      rmSync(join(state, 'wait'), { recursive: true, force: true })
      const filler = join(state, 'filler')
      for (const file of [filler, join(run, 'filler')]) {
        execFileSync('sh', ['-c', 'cat /dev/zero >"$0" 2>/dev/null || true', file])
      }
      await lab.launch('c')
      expect(await lab.weave('c', 'connect', '10.91.2.99')).toMatchObject({ exitCode: 0 })
      // Of two of three hosts.
      const address = await askForAddress('POST')
      expect(lab.log('c')).toMatch(/pid file not written.*ENOSPC/)
      expect(lab.log('c')).toMatch(/proxy for Docker not started.*ENOSPC/)
      const unsaved = whats(/state not saved.* what=(\w+)/g)
      expect(unsaved).toEqual(expect.arrayContaining(['targets', 'addresses']))
      rmSync(filler)
      await eventually(20_000, async () => {
        const isSaved = whats(/state saved after all.* what=(\w+)/g).length === new Set(unsaved).size
        return isSaved || lab.log('c')
      })
      await lab.kill('c')
      // Of a journal whose last line the full disk has cut short.
      const { stdout } = await lab.weave('c', 'events', '--last', '100')
      for (const what of unsaved) expect(stdout).toContain(`state saved after all what=${what}`)
      await lab.launch('c')
      expect((await lab.weave('c', 'status', 'targets')).stdout).toContain('10.91.2.99:6783')
      expect(await askForAddress('GET')).toBe(address)
      await lab.stop('c')
    } finally {
      for (const takeAway of disks) takeAway()
    }
  })

  it('takes nothing up of a configuration that is broken, and all of it once it is mended', async () => {
    await lab.launch('a')
    const [config, certificate] = [HOST_PATHS.agentConfig, HOST_PATHS.clusterCertificate].map(path =>
      join(lab.rootOf('a'), path),
    ) as [string, string]
    const before = readFileSync(certificate)
    const settings = JSON.parse(readFileSync(config, 'utf8'))
    expect((await lab.weave('a', 'status', 'targets')).stdout).toBe('10.91.1.2:6783\n')
    writeFileSync(config, JSON.stringify({ ...settings, targets: [] }))
    writeFileSync(certificate, 'half a certificate')
    lab.signal('a', 'SIGHUP')
    await eventually(5000, async () => lab.log('a').includes('configuration not read again') || lab.log('a'))
    expect((await lab.weave('a', 'status', 'targets')).stdout).toBe('10.91.1.2:6783\n')
    writeFileSync(certificate, before)
    lab.signal('a', 'SIGHUP')
    await eventually(5000, async () => lab.log('a').includes('configuration read again') || lab.log('a'))
    expect((await lab.weave('a', 'status', 'targets')).stdout).toBe('')
    writeFileSync(config, JSON.stringify(settings))
    await lab.stop('a')
  })

  it('leaves to another what that has put in place of its socket and its pid file by then', async () => {
    const router = await lab.launch('a')
    await eventually(10_000, async () => {
      const { stdout } = await lab.weave('a', 'status', 'connections')
      return stdout.includes('established') || stdout
    })
    const [socket, pidFile] = [HOST_PATHS.controlSocket, HOST_PATHS.pidFile].map(path => join(lab.rootOf('a'), path))
    // Its last words to a neighbour that takes none have a second to leave.
    lab.signal('b', 'SIGSTOP')
    router.kill()
    while (existsSync(socket ?? '')) await setImmediate()
    for (const path of [socket, pidFile]) writeFileSync(path ?? '', '1\n')
    await endOf(router)
    lab.signal('b', 'SIGCONT')
    expect([socket, pidFile].map(path => readFileSync(path ?? '', 'utf8'))).toEqual(['1\n', '1\n'])
  })

  it('starts as soon as it was stopped, though its neighbour has not heard of that', async () => {
    const former = await lab.launch('a')
    await eventually(10_000, async () => {
      const { stdout } = await lab.weave('a', 'status', 'connections')
      return stdout.includes('established') || stdout
    })
    // Its last words to a neighbour that takes none have a second to leave.
    lab.signal('b', 'SIGSTOP')
    expect(await lab.weave('a', 'stop')).toMatchObject({ exitCode: 0, stderr: '' })
    const router = await lab.launch('a')
    await endOf(former)
    expect(await lab.weave('a', 'status')).toMatchObject({ exitCode: 0 })
    expect(readFileSync(join(lab.rootOf('a'), HOST_PATHS.pidFile), 'utf8')).toBe(`${router.pid}\n`)
  })

  /** What there is of the folder is on it. Gives what takes it away. */
  function smallDiskAt(folder: string): () => void {
    mkdirSync(folder, { recursive: true })
    execFileSync('cp', ['-a', folder, `${folder}.copy`])
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'weave', folder])
    execFileSync('cp', ['-a', `${folder}.copy/.`, folder])
    return () => execFileSync('umount', ['--lazy', folder])
  }

  function whats(pattern: RegExp): readonly string[] {
    return [...lab.log('c').matchAll(pattern)].map(([, what = '']) => what)
  }

  async function askForAddress(method: 'GET' | 'POST'): Promise<string> {
    const socketPath = join(lab.rootOf('c'), HOST_PATHS.controlSocket)
    const { code, text } = await requestOverUnix({ socketPath, method, path: `/ip/${CONTAINER}`, timeoutMs: 60_000 })
    expect(code).toBe(200)
    return text
  }
})
