import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AGENT_VERSION } from '../../../../src/agent/version.ts'
import { useTemporaryFolder } from '../../agent/temporary-folder.ts'
import { FakeRouter } from './fake-router.ts'

describe('commands that ask the router', () => {
  const folder = useTemporaryFolder()
  let host: FakeRouter

  beforeEach(async () => {
    host = new FakeRouter(folder())
    await host.router(question => ANSWERS[question] ?? '')
  })

  afterEach(() => host.close())

  it('shows the versions of the program and of the router, which may be another (CLI-23)', async () => {
    await host.weave('version')
    expect(host.printed).toBe(`weave script ${AGENT_VERSION}\nweave 0.0.9\n`)
    host.printed = ''
    await host.weave('version', '--json')
    expect(JSON.parse(host.printed)).toEqual({ version: AGENT_VERSION, router: '0.0.9' })
    host.close()
    const without = new FakeRouter(join(folder(), 'elsewhere'))
    await without.weave('version')
    expect(without.printed).toBe(`weave script ${AGENT_VERSION}\nweave ${AGENT_VERSION}\n`)
  })

  it('sets the whole status between empty lines, as the original did (STAT-01)', async () => {
    await host.weave('status')
    expect(host.printed).toBe('\nall\n\n')
    host.printed = ''
    await host.weave('status', 'targets')
    expect(host.printed).toBe('192.0.2.7:6783\n')
  })

  it('asks for what is measured of connections, and of nothing else', async () => {
    await host.weave('status', 'connections', '-v')
    expect(host.printed).toBe('measured\n')
    await expect(host.weave('status', 'peers', '--verbose')).rejects.toMatchObject({ exitCode: 2 })
    await expect(host.weave('status', 'connections', '--verbose', '--json')).rejects.toThrow()
  })

  it('takes --json for the report, which is JSON, but not with a template', async () => {
    await host.weave('report', '--json')
    expect(host.printed).toBe('{}\n')
    await expect(host.weave('report', '--json', '-f', '{{.Version}}')).rejects.toThrow()
  })

  it('prints what it took over from lost peers, one list as JSON (CLI-20)', async () => {
    await host.weave('rmpeer', 'gone', 'lost')
    expect(host.printed).toBe('7 IPs taken over from gone\n0 IPs taken over from lost\n')
    host.printed = ''
    await host.weave('rmpeer', '--json', 'gone', 'lost')
    expect(JSON.parse(host.printed)).toEqual([
      { peer: 'gone', addresses: 7 },
      { peer: 'lost', addresses: 0 },
    ])
  })

  it('password says how many are valid, as JSON too', async () => {
    const file = join(folder(), 'password')
    writeFileSync(file, 'kw93-tessellate-orchard-pq71\n', { mode: 0o600 })
    await host.weave('password', '--file', file)
    await host.weave('password', '--file', file, '--json')
    await host.weave('password', '--generate', '--json')
    expect(host.printed).toMatch(/^two are valid\n\{"valid":2\}\n[a-z2-9-]+\n\{"valid":2\}\n$/)
    expect(host.asked[0]).toBe('POST /password password=kw93-tessellate-orchard-pq71')
  })

  it('launch takes the levels of the original, and refuses others (FLAG-33)', async () => {
    // Behind the words, the router that runs already stands in the way.
    await expect(host.weave('launch', '--log-level', 'warning')).rejects.toMatchObject({ condition: 'alreadyRunning' })
    await expect(host.weave('launch', '--log-level', 'loud')).rejects.toMatchObject({ exitCode: 2 })
  })

  it('launch says its version and its name, and starts nothing (FLAG-48)', async () => {
    await host.weave('launch', '--version')
    await host.weave('launch', '--print-peer-name')
    await host.weave('launch', '--print-peer-name', '--json')
    const [version, name = '', json = ''] = host.printed.split('\n')
    expect(version).toBe(`weave ${AGENT_VERSION}`)
    expect(name).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)
    expect(JSON.parse(json)).toEqual({ name })
    expect(host.asked).toEqual([])
  })

  it.each(['connect', 'forget'])(
    '%s means the port of this router where none is given (ARG-01, FLAG-04)',
    async name => {
      await host.weave(name, '192.0.2.7', '192.0.2.8:6783')
      expect(host.asked.at(-1)).toBe(`POST /${name} peer=192.0.2.7%3A7000&peer=192.0.2.8%3A6783`)
    },
  )

  it('connect --replace forgets all other targets (CLI-04)', async () => {
    await host.weave('connect', '--replace', '192.0.2.7')
    expect(host.asked.at(-1)).toBe('POST /connect peer=192.0.2.7%3A7000&replace=true')
  })
})

const report = (template: string) => `GET /report?${new URLSearchParams({ format: template })}`

const ANSWERS: Readonly<Record<string, string>> = {
  'GET /status': 'all\n',
  'GET /status/connections?verbose=true': 'measured\n',
  'GET /status/targets': '192.0.2.7:6783\n',
  'GET /report': '{}',
  [report('{{.Router.Port}}')]: '7000',
  [report('{{.Version}}')]: '0.0.9',
  'POST /password': 'two are valid\n',
  'POST /password?format=json': '{"valid":2}\n',
  'DELETE /peer/gone': '7 IPs taken over from gone\n',
  'DELETE /peer/lost': '0 IPs taken over from lost\n',
}
