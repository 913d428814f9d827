import { execFileSync } from 'node:child_process'
import { mkdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'
import { DockerLab, type HostName, readIfThere } from './docker-lab.ts'

const PORTMAP = '/usr/lib/cni/portmap'
const BRIDGE = '/usr/lib/cni/bridge'
/** What the plugins of distributions speak. */
const OLDER = { cniVersion: '1.0.0' }

const CTR = ['ctr', '--address', '/run/docker/containerd/containerd.sock', '--namespace', 'pods']

interface Call {
  readonly command: string
  readonly plugin?: string
  readonly container?: string
  readonly config?: object
  readonly address?: string
}

/** A runtime as libcni is one: environment, configuration on standard input, result on standard output. */
describe('the CNI plugins', () => {
  let lab: DockerLab

  beforeAll(async () => {
    lab = await DockerLab.createJoined()
    const release = join(lab.folder, 'release')
    mkdirSync(release)
    execFileSync('tar', ['-xzf', join(PROJECT_ROOT, 'dist', 'ship', 'agent-linux-x64.tar.gz'), '-C', release])
    for (const host of ['a', 'b'] as const) {
      for (const folder of ['opt/cni/bin', 'etc/cni/net.d', 'usr/local/bin']) {
        mkdirSync(join(lab.rootOf(host), folder), { recursive: true })
      }
      symlinkSync(join(release, 'bin', 'weave'), join(lab.rootOf(host), 'usr/local/bin/weave'))
    }
  })

  afterAll(async () => lab.dispose())

  const network = { cniVersion: '1.1.0', name: 'weave', type: 'weave-net', hairpinMode: true }

  async function call(
    host: HostName,
    { command, plugin = 'weave-net', container = 'pod1', config = {}, address }: Call,
  ) {
    const folder = join(lab.rootOf(host), 'opt/cni/bin')
    const environment = [
      `CNI_COMMAND=${command}`,
      `CNI_CONTAINERID=${container}`,
      `CNI_NETNS=/run/netns/${container}`,
      'CNI_IFNAME=eth0',
      `CNI_PATH=${folder}:/usr/lib/cni`,
      `CNI_ARGS=IgnoreUnknown=1${address === undefined ? '' : `;IP=${address}`}`,
    ]
    const program = plugin.startsWith('/') ? plugin : join(folder, plugin)
    const outcome = await lab.on(host, ['env', ...environment, program], JSON.stringify({ ...network, ...config }))
    return { ...outcome, json: outcome.stdout.trim() === '' ? undefined : JSON.parse(outcome.stdout) }
  }

  /** Where runtimes look: over the machine's own folders, for this host alone. */
  async function placeConfiguration(host: HostName): Promise<void> {
    for (const folder of ['etc', 'opt']) await lab.ownFolder(host, folder)
    const links = ['etc/cni', 'opt/cni'].map(path => `ln -sfn ${join(lab.rootOf(host), path)} /${path}`)
    await lab.must(host, 'sh', '-c', [...links, `ln -s ${PORTMAP} /opt/cni/bin/portmap`].join(' && '))
  }

  async function ports(host: HostName): Promise<readonly string[]> {
    const shown = await lab.must(host, 'ip', '-brief', 'link', 'show', 'type', 'veth')
    return shown.split('\n').flatMap(line => /^vethwec\w+/.exec(line)?.[0] ?? [])
  }

  it('are installed by setup-cni, more than once, or by setup, and a configuration that is there stays (CLI-02)', async () => {
    for (let again = 0; again < 2; again++) await lab.mustWeave('a', 'setup-cni')
    expect(await lab.mustWeave('b', 'setup', '--json')).toBe('{}')
    const root = lab.rootOf('a')
    expect(readlinkSync(join(root, 'opt/cni/bin/weave-ipam'))).toBe(join(root, 'usr/local/bin/weave'))
    const config = JSON.parse(readIfThere(join(root, 'etc/cni/net.d/10-weave.conflist')))
    expect(config.plugins.map(({ type }: { type: string }) => type)).toEqual(['weave-net', 'portmap'])
  })

  it('say which versions they speak, and whether they are ready (CNI-05)', async () => {
    const { json } = await call('a', { command: 'VERSION' })
    expect(json.supportedVersions).toContain('1.1.0')
    expect(await call('a', { command: 'STATUS' })).toMatchObject({ exitCode: 0, stdout: '' })
    expect(await call('a', { command: 'STATUS', config: { bridge: 'nowhere' } })).toMatchObject({
      exitCode: 1,
      json: { code: 50 },
    })
  })

  it('bring pods of two hosts together, by the way out that the host is, and take all away again (CNI-01, CNI-02, LAN-08)', async () => {
    await lab.mustWeave('a', 'expose', '10.9.0.100/16')
    await lab.mustWeave('b', 'expose', '10.9.0.101/16')
    for (const [host, address] of [
      ['a', '10.9.0.1/16'],
      ['b', '10.9.0.2/16'],
    ] as const) {
      await lab.must(host, 'ip', 'netns', 'add', 'pod1')
      const gateway = host === 'a' ? '10.9.0.100' : '10.9.0.101'
      const added = await call(host, { command: 'ADD', address, config: { ipam: { gateway } } })
      expect([added.exitCode, added.stdout, added.stderr]).toEqual([0, expect.stringContaining(address), ''])
      expect(added.json).toMatchObject({
        cniVersion: '1.1.0',
        ips: [{ address, gateway, interface: 1 }],
        routes: [{ dst: '0.0.0.0/0', gw: gateway }],
        interfaces: [{ name: expect.stringMatching(/^vethwec/) }, { name: 'eth0', sandbox: '/run/netns/pod1' }],
      })
      expect(await call(host, { command: 'CHECK', config: { prevResult: added.json } })).toMatchObject({
        exitCode: 0,
      })
    }
    const [port = ''] = await ports('a')
    expect(await lab.must('a', 'cat', `/sys/class/net/${port}/brport/hairpin_mode`)).toBe('1')
    await lab.must('a', 'ip', 'netns', 'exec', 'pod1', 'ping', '-c', '3', '-w', '30', '10.9.0.2')
    expect(await lab.must('a', 'ip', '-n', 'pod1', 'route')).toContain('default via 10.9.0.100')
    expect(await call('a', { command: 'ADD', address: '10.9.0.3/16' })).toMatchObject({
      exitCode: 1,
      json: { code: 4 },
    })
    for (let again = 0; again < 2; again++) expect(await call('a', { command: 'DEL' })).toMatchObject({ exitCode: 0 })
    expect(await ports('a')).toEqual([])
    expect(await call('a', { command: 'CHECK' })).toMatchObject({ exitCode: 1, json: { code: 3 } })
  })

  it('publish a port of a pod with portmap behind them (CNI-06)', async () => {
    await lab.must('a', 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward')
    await lab.must('a', 'ip', 'netns', 'add', 'pod2')
    const gateway = '10.9.0.100'
    const added = await call('a', {
      command: 'ADD',
      container: 'pod2',
      address: '10.9.0.5/16',
      config: { ipam: { gateway } },
    })
    const runtimeConfig = { portMappings: [{ hostPort: 8088, containerPort: 80, protocol: 'tcp' }] }
    const config = { cniVersion: '1.0.0', type: 'portmap', snat: true, runtimeConfig }
    const prevResult = { ...added.json, cniVersion: '1.0.0' }
    const mapped = await call('a', {
      command: 'ADD',
      plugin: PORTMAP,
      container: 'pod2',
      config: { ...config, prevResult },
    })
    expect([mapped.exitCode, mapped.stdout]).toEqual([0, expect.stringContaining('10.9.0.5')])
    const server = lab.spawn(
      'a',
      ['ip', 'netns', 'exec', 'pod2', 'busybox', 'nc', '-l', '-p', '80', '-e', 'echo', 'served'],
      'pod2',
    )
    const asked = await lab.must(
      'b',
      'sh',
      '-c',
      'for i in $(seq 100); do busybox nc -w 10 10.93.1.1 8088 && break; sleep 0.3; done',
    )
    expect(asked).toBe('served')
    server.kill()
    await call('a', { command: 'DEL', plugin: PORTMAP, container: 'pod2', config: { ...config, prevResult } })
    await call('a', { command: 'DEL', container: 'pod2' })
  })

  it('lend addresses to other plugins, and take theirs (CNI-03, CNI-04)', async () => {
    await lab.must('a', 'ip', 'netns', 'add', 'pod5')
    const pod = { container: 'pod5', config: { ...OLDER, bridge: 'weave', ipam: { type: 'weave-ipam' } } }
    const lent = await call('a', { ...pod, command: 'ADD', plugin: BRIDGE, address: '10.9.0.6/16' })
    expect([lent.exitCode, lent.stdout]).toEqual([0, expect.stringContaining('10.9.0.6/16')])
    await lab.must('a', 'ip', 'netns', 'exec', 'pod5', 'ping', '-c', '3', '-w', '30', '10.9.0.2')
    expect((await lab.leases('a')).get('pod5')).toEqual(['10.9.0.6/16'])
    expect(await call('a', { ...pod, command: 'DEL', plugin: BRIDGE })).toMatchObject({ exitCode: 0 })
    expect((await lab.leases('a')).has('pod5')).toBe(false)

    const ranges = [[{ subnet: '10.9.200.0/24' }]]
    const config = { ...OLDER, ipam: { type: 'host-local', dataDir: join(lab.folder, 'host-local'), ranges } }
    const taken = await call('a', { command: 'ADD', container: 'pod5', config })
    expect([taken.exitCode, taken.json]).toEqual([
      0,
      expect.objectContaining({ ips: [expect.objectContaining({ address: '10.9.200.2/24' })] }),
    ])
    expect(await call('a', { command: 'DEL', container: 'pod5', config })).toMatchObject({ exitCode: 0 })
    expect(readIfThere(join(lab.folder, 'host-local', 'weave', '10.9.200.2'))).toBe('')
  })

  it('are called by containerd, through the library that runtimes have in common (CNI-01, CNI-02)', async () => {
    await placeConfiguration('b')
    const exposed = await lab.mustWeave('a', 'expose')
    const [before, image] = [await ports('b'), 'docker.io/library/busybox:test']
    await lab.must('b', 'sh', '-c', `docker save busybox:test | ${CTR.join(' ')} images import -`)
    const script = `ip -4 -o address show eth0; ping -c 3 -w 30 ${exposed}`
    const said = await lab.must('b', ...CTR, 'run', '--cni', '--rm', image, 'pod6', 'sh', '-c', script)
    expect(said).toMatch(/inet 10\.2\.2\.\d+\/16 .*eth0/)
    expect(said).toContain('3 packets received')
    expect(await ports('b')).toEqual(before)
    expect([...(await lab.leases('b')).keys()].filter(id => id.includes('pod6'))).toEqual([])
  })

  it('collect what pods that are gone have left, and nothing of others', async () => {
    await lab.must('a', 'ip', 'netns', 'add', 'pod3')
    await lab.must('a', 'ip', 'netns', 'add', 'pod4')
    for (const [container, address] of [
      ['pod3', '10.9.0.13/16'],
      ['pod4', '10.9.0.14/16'],
    ] as const) {
      expect(await call('a', { command: 'ADD', container, address })).toMatchObject({ exitCode: 0 })
    }
    const valid = { 'cni.dev/valid-attachments': [{ containerID: 'pod4', ifname: 'eth0' }] }
    expect(await call('a', { command: 'GC', config: { ...valid, name: 'another' } })).toMatchObject({ exitCode: 0 })
    expect(await ports('a')).toHaveLength(2)
    expect(await call('a', { command: 'GC', config: valid })).toMatchObject({ exitCode: 0 })
    expect(await ports('a')).toHaveLength(1)
    await lab.must('a', 'ip', 'netns', 'exec', 'pod4', 'ping', '-c', '3', '-w', '30', '10.9.0.2')
  })

  it('refuse what they cannot do, in the form that runtimes read', async () => {
    const refusals = [
      [{ command: 'ADD', config: { cniVersion: '9.0.0' } }, 1],
      [{ command: 'ADD', config: { isGateway: true } }, 7],
      [{ command: 'ADD', config: { ipam: { type: 'no-such-plugin' } } }, 7],
      [{ command: 'ADD', container: '' }, 4],
      [{ command: 'FLY' }, 4],
    ] as const
    await lab.must('b', 'ip', 'netns', 'add', 'pod9')
    const before = await ports('b')
    for (const [wish, code] of refusals) {
      const outcome = await call('b', { container: 'pod9', ...wish })
      expect([wish, outcome.exitCode, outcome.json]).toEqual([
        wish,
        1,
        expect.objectContaining({ code, msg: expect.any(String) }),
      ])
    }
    await lab.stopAgent('b')
    const down = await call('b', { command: 'ADD', container: 'pod9', address: '10.9.0.9/16' })
    expect(down).toMatchObject({ exitCode: 1, json: { code: 11 } })
    expect(await ports('b')).toEqual(before)
  })
})
