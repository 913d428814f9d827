import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'
import { eventually } from '../eventually.ts'
import { promtool } from '../unpacked-program.ts'
import { AgentLab } from './agent-lab.ts'

const FULL = '127.0.0.1:6784'
const STATUS = '127.0.0.1:6782'
const CONTAINER = 'c'.repeat(64)

/** The API as programs written for Weave ask for it, on a host that serves it on TCP. */
describe('the API on TCP', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.create({
      hosts: [{ name: 'a', shortId: 1, address: '10.91.1.1', targets: [] }],
      wires: [],
    })
    await lab.launch('a', { WEAVE_HTTP_ADDR: FULL, WEAVE_STATUS_ADDR: STATUS })
  })

  afterAll(() => lab?.dispose())

  it('has the pages of status, block by block and line by line (API-01, STAT-01, STAT-03)', async () => {
    const { code, text } = await ask('GET', `${FULL}/status`)
    expect(code).toBe(200)
    const blocks = text.replace(/[0-9a-f:]{17}/g, 'NAME').replace(/Upstream: .*/, 'Upstream: …')
    expect(blocks).toBe(`        Version: 0.1.0 (version check update disabled)

        Service: router
       Protocol: weave-provision 2
           Name: NAME(a)
     Encryption: enabled
  PeerDiscovery: enabled
        Targets: 0
    Connections: 0
          Peers: 1
 TrustedSubnets: none

        Service: ipam
         Status: ready
          Range: 10.2.0.0/16
  DefaultSubnet: 10.2.0.0/16

        Service: dns
         Domain: weave.local.
       Upstream: …
            TTL: 1
        Entries: 0

        Service: proxy
        Address: unix://${lab.rootOf('a')}/run/weave/weave.sock

        Service: plugin (legacy)
     DriverName: weavemesh
`)
    for (const page of ['targets', 'connections', 'peers', 'dns', 'ipam']) {
      expect(await ask('GET', `${FULL}/status/${page}`)).toMatchObject({ code: 200 })
    }
  })

  it('has the report, with the fields that were known, whole or by a template (API-02, API-03)', async () => {
    const report = JSON.parse((await ask('GET', `${FULL}/report`)).text)
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining(['Ready', 'Version', 'VersionCheck', 'Router', 'IPAM', 'DNS', 'Proxy', 'Plugin']),
    )
    expect(report).toMatchObject({
      Ready: true,
      IPAM: { Range: '10.2.0.0/16', DefaultSubnet: '10.2.0.0/16' },
      DNS: { Domain: 'weave.local.', TTL: 1 },
      Plugin: { DriverName: 'weavemesh' },
      Router: {
        RefusedConnections: {},
        MACCounts: { sleeve: expect.any(Number) },
        Sizes: { links: expect.any(Number) },
      },
    })
    const template = encodeURIComponent('{{.DNS.Domain}} {{.IPAM.DefaultSubnet}} {{json .Proxy.Addresses}}')
    expect((await ask('GET', `${FULL}/report?format=${template}`)).text).toMatch(
      /^weave\.local\. 10\.2\.0\.0\/16 \["unix:/,
    )
    expect(await ask('GET', `${FULL}/report?format=a&format=b`)).toMatchObject({ code: 400 })
  })

  it('hands out addresses, takes claims, and takes them back (API-09, API-11, API-12, API-13, API-14, API-15, API-17)', async () => {
    const { code, text } = await ask('POST', `${FULL}/ip/${CONTAINER}`)
    expect({ code, text }).toEqual({ code: 200, text: expect.stringMatching(/^10\.2\.\d+\.\d+\/16\n?$/) })
    expect((await ask('POST', `${FULL}/ip/${CONTAINER}`)).text).toBe(text)
    expect((await ask('GET', `${FULL}/ip/${CONTAINER}`)).text).toBe(text)
    expect((await ask('GET', `${FULL}/ip`)).text).toContain(CONTAINER)
    const address = text.trim().replace(/\/.*/, '')
    expect(await ask('PUT', `${FULL}/ip/other/${address}/16`)).toMatchObject({ code: 400 })
    expect(await ask('DELETE', `${FULL}/ip/${CONTAINER}/${address}`)).toMatchObject({ code: 204 })
    expect(await ask('DELETE', `${FULL}/ip/${CONTAINER}`)).toMatchObject({ code: 400 })
    expect(await ask('GET', `${FULL}/ring`)).toMatchObject({ code: 204 })
    expect((await ask('GET', `${FULL}/ipinfo/defaultsubnet`)).text.trim()).toBe('10.2.0.0/16')
    expect(await ask('GET', `${FULL}/ipinfo/tracker`)).toMatchObject({ code: 200 })
    expect((await ask('DELETE', `${FULL}/peer/nobody`)).text).toContain('0 IPs taken over from nobody')
    // To nobody: this router is alone.
    expect(await ask('DELETE', `${FULL}/peer`)).toMatchObject({ code: 204 })
  })

  it('hands out addresses of a subnet that is named, and gives the host one (API-08, API-10)', async () => {
    const [, home = ''] = /^(10\.2\.\d+)\./.exec((await ask('POST', `${FULL}/ip/${CONTAINER}`)).text) ?? []
    const { text } = await ask('POST', `${FULL}/ip/${CONTAINER}/${home}.0/24`)
    expect(text).toMatch(new RegExp(`^${home}\\.\\d+/24$`, 'm'))
    expect((await ask('GET', `${FULL}/ip/${CONTAINER}/${home}.0/24`)).text).toBe(text)
    expect(await ask('DELETE', `${FULL}/ip/${CONTAINER}`)).toMatchObject({ code: 204 })
    expect(await ask('POST', `${FULL}/expose/10.2.7.100/24?skipNAT=true`)).toMatchObject({ code: 204 })
    expect((await lab.on('a', 'ip', 'address', 'show', 'weave')).stdout).toContain('10.2.7.100/24')
    expect((await lab.on('a', 'iptables-save', '-t', 'nat')).stdout).not.toContain('10.2.7.0/24')
    expect(await lab.weave('a', 'hide', '10.2.7.100/24')).toMatchObject({ exitCode: 0, stderr: '' })
    const nothing = await lab.weave('a', 'hide', '10.2.7.100/24')
    expect(nothing).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('no such address was exposed') })
  })

  it('knows names (API-19, API-20, API-21, API-22, MET-04)', async () => {
    const at = `${FULL}/name/${CONTAINER}/10.2.0.9`
    expect(await ask('PUT', at, 'fqdn=web.weave.local')).toMatchObject({ code: 204 })
    expect((await ask('GET', `${FULL}/name`)).text).toContain('10.2.0.9')
    expect((await ask('GET', `${FULL}/metrics`)).text).toMatch(/^weave_dns_entries 1$/m)
    expect(await ask('DELETE', at)).toMatchObject({ code: 204 })
    expect((await ask('GET', `${FULL}/name`)).text).not.toContain('10.2.0.9')
    for (const name of ['one', 'two']) {
      expect(await ask('PUT', at, `fqdn=${name}.weave.local`)).toMatchObject({ code: 204 })
    }
    expect(await ask('DELETE', `${FULL}/name?fqdn=one.weave.local`)).toMatchObject({ code: 204 })
    expect((await ask('GET', `${FULL}/name`)).text).toMatch(/^two +10\.2\.0\.9 /)
    expect(await ask('DELETE', `${FULL}/name`)).toMatchObject({ code: 204 })
    expect((await ask('GET', `${FULL}/domain`)).text.trim()).toBe('weave.local.')
    // The name server looks every few seconds whether the bridge has its address.
    await eventually(10_000, async () => {
      const { text } = await ask('GET', `${FULL}/dns-address-port`)
      return text.trim() === '10.2.0.1:53' || text
    })
  })

  it('takes targets, and refuses what is none (ARG-01, API-06, API-07, API-23)', async () => {
    expect(await ask('POST', `${FULL}/connect`, 'peer=10.91.1.9&replace=true')).toMatchObject({ code: 200 })
    expect((await ask('GET', `${FULL}/status/targets`)).text).toBe('10.91.1.9:6783\n')
    expect(await ask('POST', `${FULL}/forget`, 'peer=10.91.1.9')).toMatchObject({ code: 200 })
    expect(await ask('POST', `${FULL}/connect`, 'peer=999.1.1.1')).toMatchObject({ code: 400 })
    const look = async () => (await ask('GET', `${FULL}/status/targets`)).text
    expect(await lab.weave('a', 'connect', 'localhost:7999')).toMatchObject({ exitCode: 0, stderr: '' })
    await eventually(10_000, async () => (await look()).includes('127.0.0.1:7999') || 'not looked up')
    expect(await lab.weave('a', 'forget', 'localhost:7999')).toMatchObject({ exitCode: 0 })
    expect(await look()).not.toContain('7999')
    expect((await ask('GET', `${FULL}/proxyaddrs`)).text).toMatch(/^unix:\/\//)
  })

  it('changes nothing where it is for status', async () => {
    expect(await ask('GET', `${STATUS}/status`)).toMatchObject({ code: 200 })
    for (const [method, path] of [
      ['POST', '/connect'],
      ['DELETE', '/peer'],
      ['PUT', `/name/${CONTAINER}/10.2.0.9`],
      ['POST', `/ip/${CONTAINER}`],
    ] as const) {
      expect(await ask(method, `${STATUS}${path}`)).toMatchObject({ code: 404 })
    }
  })

  it('has metrics under the names that dashboards know (MET-02, MET-03, MET-06, MET-07, ENV-05)', async () => {
    const metrics = (await ask('GET', `${STATUS}/metrics`)).text
    for (const name of [
      'ips{state="local-used"}',
      'max_ips',
      'ipam_unreachable_count',
      'ipam_unreachable_percentage',
    ]) {
      expect(metrics).toContain(`\nweave_${name} `)
    }
    for (const name of ['ipam_pending_allocates', 'ipam_pending_claims', 'connection_terminations_total']) {
      expect(metrics).toContain(`\nweave_${name} 0\n`)
    }
    expect(execFileSync(promtool(), ['check', 'metrics'], { input: metrics, encoding: 'utf8' })).toBe('')
  })

  it('has the metrics that the documented alerts ask for, and promtool takes the alerts', async () => {
    const page = readFileSync(join(PROJECT_ROOT, 'docs', 'monitoring.md'), 'utf8')
    const [, rules = ''] = /```yaml\n(.*?)```/s.exec(page) ?? []
    const file = join(lab.folder, 'rules.yml')
    writeFileSync(file, rules)
    const count = rules.match(/- alert: /g)?.length ?? 0
    expect(count).toBeGreaterThan(5)
    expect(execFileSync(promtool(), ['check', 'rules', file], { encoding: 'utf8' })).toContain(`${count} rules found`)
    const names = new Set([...rules.matchAll(/weave_[a-z_]+/g)].map(([name]) => name))
    const metrics = (await ask('GET', `${STATUS}/metrics`)).text
    expect([...names].filter(name => !metrics.includes(`# TYPE ${name} `))).toEqual([])
  })

  it('comes with a router that is not launched twice, and pages of status that are known', async () => {
    const second = await lab.weave('a', 'launch', '--http-addr', '127.0.0.1:80')
    expect(second).toMatchObject({ exitCode: 3 })
    const unknown = await lab.weave('a', 'status', 'weather')
    expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Allowed choices are peers') })
  })

  async function ask(method: string, url: string, form?: string): Promise<{ code: number; text: string }> {
    const program = `const [method, url, body] = process.argv.slice(1)
const headers = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
fetch('http://' + url, { method, body, headers }).then(async reply => console.log(JSON.stringify({ code: reply.status, text: await reply.text() })))`
    const words = form === undefined ? [method, url] : [method, url, form]
    const { stdout, stderr } = await lab.on('a', process.execPath, '-e', program, ...words)
    if (stdout === '') throw new Error(`${method} ${url}: ${stderr}\n${lab.log('a')}`)
    return JSON.parse(stdout)
  }
})
