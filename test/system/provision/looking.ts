import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import type { LabDriver } from '../acceptance/lab-driver.ts'
import { eventually } from '../eventually.ts'
import { calmTroubles, SEEDED, seedTroubles } from './troubles.ts'

const MINUTE = 60_000

interface Findings {
  readonly repairs: readonly { readonly host: string; readonly deeds: readonly string[] }[]
  readonly findings: readonly { readonly host: string; readonly about: string; readonly remedy: string }[]
}

/** What is to be seen of a cluster that is up, and how it is told when something is wrong. The last case ends the cluster. */
export function lookingAtCluster(lab: LabDriver): void {
  lookAtWhatIsWell(lab)
  lookAtWhatIsWrong(lab)
  gatherForSupport(lab)
  cloneMachine(lab)
}

async function doctor(lab: LabDriver, args: readonly string[] = []) {
  const outcome = await lab.provision(['doctor', '--json', ...args])
  return { exitCode: outcome.exitCode, ...(JSON.parse(outcome.stdout) as Findings) }
}

function lookAtWhatIsWell(lab: LabDriver): void {
  it('status, doctor and test find nothing wrong in a cluster that is well, and every pair works by its path', async () => {
    const status = await lab.provision(['status', '--json', '--wait', '180'])
    expect([status.exitCode, JSON.parse(status.stdout)]).toMatchObject([0, { isWell: true }])
    const { exitCode, findings } = await doctor(lab)
    expect([exitCode, findings]).toEqual([0, []])
    const test = await lab.provision(['test', '--json'])
    const { ways } = JSON.parse(test.stdout) as { ways: { from: string; to: string; mtu: number; path: string }[] }
    expect([test.exitCode, ways.length]).toEqual([0, 12])
    expect(new Set(ways.map(({ mtu }) => mtu))).toEqual(new Set([1376]))
    // Over bravo and relay while the relay answers alpha late, as it may beside the measuring of throughput.
    expect(ways.find(({ from, to }) => from === 'alpha' && to === 'delta')?.path).toMatch(/^relayed by (relay|bravo)$/)
  })
}

function lookAtWhatIsWrong(lab: LabDriver): void {
  it('what is wrong on several hosts is found at once, and what hurts nobody is mended', async () => {
    const watch = await watchStatus(lab)
    await seedTroubles(lab)
    const sick = await doctor(lab)
    expect(await watch.end()).toEqual({ exitCode: 130, seen: expect.arrayContaining([true, false]) })
    const told = sick.findings.map(({ host, about }) => `${host} ${about}`)
    expect(sick.exitCode).toBe(1)
    expect(SEEDED.filter(one => !told.includes(one))).toEqual([])
    const opening = { bravo: 'ufw allow 6783/tcp', delta: 'firewall-cmd --permanent --add-port=6783/tcp' }
    for (const [host, remedy] of Object.entries(opening))
      expect(sick.findings).toContainEqual(
        expect.objectContaining({ host, about: 'blocked-6783-tcp', remedy: expect.stringContaining(remedy) }),
      )
    const status = await lab.provision(['status'])
    expect([status.exitCode, status.stdout]).toEqual([1, expect.stringContaining('a file half written')])
    const { ways } = JSON.parse((await lab.provision(['test', '--json', '--seconds', '0'])).stdout) as {
      ways: { from: string; to: string; works: boolean; reason: string | null }[]
    }
    const way = ways.find(({ from, to }) => from === 'relay' && to === 'alpha')
    expect(way).toMatchObject({ works: false, reason: expect.stringContaining('its router does not run') })
    const mended = await doctor(lab, ['--fix'])
    expect(mended.repairs.map(({ host, deeds }) => `${host} ${deeds.join(' ')}`)).toEqual([
      'alpha close-secrets start-router',
      'bravo address-bridge',
      'relay resize-bridge',
    ])
    const remaining = mended.findings.map(({ about }) => about)
    for (const gone of ['router-down', 'secrets-readable', 'bridge-address', 'bridge-mtu'])
      expect(remaining).not.toContain(gone)
    await calmTroubles(lab)
    expect((await lab.provision(['status', '--wait', '180'])).exitCode).toBe(0)
  })
}

interface Watch {
  /** Ends it by Ctrl-C; whether all was well, each time it was shown. */
  end(): Promise<{ readonly exitCode: number | null; readonly seen: readonly boolean[] }>
}

/** Has shown the status once. */
async function watchStatus(lab: LabDriver): Promise<Watch> {
  const run = lab.start(['status', '--watch', '--json'])
  let text = ''
  run.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const seen = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map(line => (JSON.parse(line) as { isWell: boolean }).isWell)
  const shows = (isWell: boolean) =>
    eventually(MINUTE, async () => seen().includes(isWell) || `status --watch shows ${text}`)
  await shows(true)
  return {
    end: async () => {
      await shows(false)
      const end = once(run, 'exit')
      run.kill('SIGINT')
      const [exitCode] = (await end) as [number | null]
      return { exitCode, seen: seen() }
    },
  }
}

function gatherForSupport(lab: LabDriver): void {
  it('a support bundle has what is needed to help, and no secret', async () => {
    const output = join(lab.directory, 'bundle.tar.gz')
    const secret = await lab.on('alpha', ['cat', '/etc/weave/admission.key'])
    await lab.shell('alpha', `logger -t weave "password=MarkerOfASecret ${secret}"`)
    expect((await lab.provision(['support-bundle', '-o', output])).exitCode).toBe(0)
    const { stdout: text } = await execa('tar', ['-xzOf', output])
    for (const told of ['host-alpha.json', 'relay', '10.2.0.1/16']) {
      const listing = (await execa('tar', ['-tzf', output])).stdout
      expect(`${listing}${text}`).toContain(told)
    }
    for (const kept of [secret, 'MarkerOfASecret', 'PRIVATE KEY']) expect(text).not.toContain(kept)
    expect(readFileSync(output).includes(secret)).toBe(false)
    const logs = await lab.provision(['logs', 'alpha', '--tail', '5', '--json'])
    expect(JSON.parse(logs.stdout)).toEqual({ host: 'alpha', lines: expect.arrayContaining([expect.any(String)]) })
    expect((await lab.provision(['shell', 'delta', '--', 'hostname'])).stdout.trim()).toBe('delta')
  })
}

function cloneMachine(lab: LabDriver): void {
  it('a machine that was cloned with its identity is found', async () => {
    const archive = join(lab.directory, 'alpha.tar')
    const own = await lab.shell('alpha', 'tar -C / -c etc/weave var/lib/weave | base64 -w0')
    writeFileSync(archive, Buffer.from(own, 'base64'))
    await lab.feed('bravo', ['tar', '-C', '/', '-x'], archive)
    await lab.on('bravo', ['service', 'weave', 'restart'])
    await eventually(MINUTE, async () => {
      const { findings } = await doctor(lab)
      return findings.some(({ about }) => about === 'duplicate-peer') || JSON.stringify(findings)
    })
  })
}
