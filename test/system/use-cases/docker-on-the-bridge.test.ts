import { symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DockerLab, type HostName } from '../containers/docker-lab.ts'
import { eventually } from '../eventually.ts'
import { unpackedProgram } from '../unpacked-program.ts'

/** By package. */
const PROGRAMS = { 'bridge-utils': '/sbin/brctl', ifupdown: '/sbin/ifup', 'net-tools': '/sbin/ifconfig' }

const stanza = (host: number) => `auto weave
iface weave inet manual
    pre-up weave create-bridge
    post-up ip addr add dev weave 10.2.0.${host}/16
    pre-down ifconfig weave down
    post-down brctl delbr weave
`

/** The commands of the write-ups on Mesos and Marathon (2015): the bridge of Weave as Docker's own, a slice of addresses a host. */
describe('Docker on the weave bridge', () => {
  let lab: DockerLab
  const number = { a: 1, b: 2, c: 3 } as const

  beforeAll(async () => {
    lab = await DockerLab.create({ byHand: ['a', 'b'] })
  })

  afterAll(async () => lab.dispose())

  async function reaches(host: HostName, from: string, to: string): Promise<boolean> {
    return (await lab.on(host, ['docker', 'exec', from, 'ping', '-c', '2', '-w', '15', to])).exitCode === 0
  }

  async function look(host: HostName, name: string): Promise<string> {
    return (await lab.on(host, ['weave', 'dns-lookup', name])).stdout.trim()
  }

  async function addressOf(host: HostName, container: string): Promise<string> {
    return lab.docker(host, 'inspect', '-f', '{{.NetworkSettings.IPAddress}}', container)
  }

  /** The files of the write-up, and the programs that they call. */
  async function prepare(host: HostName): Promise<void> {
    await lab.ownFolder(host, 'etc')
    // ifupdown looks there for what a stanza calls, and nowhere else.
    await lab.ownFolder(host, 'usr/local/bin')
    await lab.must(host, 'sh', '-c', `ln -sf ${lab.programs}/* /usr/local/bin/`)
    const hooks = ['if-pre-up.d', 'if-up.d', 'if-down.d', 'if-post-down.d'].map(name => `/etc/network/${name}`)
    await lab.must(host, 'mkdir', '-p', '/run/network', '/etc/default', ...hooks)
    await lab.on(host, ['tee', '/etc/network/interfaces'], stanza(number[host]))
    const options = `--bridge=weave --fixed-cidr=10.2.${number[host]}.0/24`
    await lab.on(host, ['tee', '/etc/default/docker'], `DOCKER_OPTS="${options}"\n`)
  }

  it('the stanza brings the bridge up and down without Docker and the router, and Docker hands out its slice of addresses (OLD-03, OLD-11)', async () => {
    for (const [name, path] of Object.entries(PROGRAMS))
      symlinkSync(unpackedProgram(name, path), join(lab.programs, basename(path)))
    symlinkSync(unpackedProgram('ifupdown', '/sbin/ifdown'), join(lab.programs, 'ifdown'))
    for (const host of ['a', 'b'] as const) {
      await lab.stopDocker(host)
      await prepare(host)
      await lab.type(host, 'ifup weave')
      await lab.type(host, 'ifdown weave')
      expect((await lab.on(host, ['ip', 'link', 'show', 'weave'])).stderr).toContain('does not exist')
      await lab.type(host, 'ifup weave')
      const options = await lab.type(host, '. /etc/default/docker; echo $DOCKER_OPTS')
      await lab.startDocker(host, ...options.split(' '))
      await lab.docker(host, 'run', '-d', '--name', `app-${host}`, 'ubuntu', 'sleep', '86400')
      expect(await addressOf(host, `app-${host}`)).toMatch(new RegExp(`^10\\.2\\.${number[host]}\\.\\d+$`))
    }
  })

  it('launch and connect make one network of them, for Docker as for its containers (ENV-14, CLI-27)', async () => {
    expect(await lab.type('a', 'weave docker-bridge-ip')).toBe('10.2.0.1')
    await lab.type('a', 'weave launch')
    // Docker's bridge is the overlay's: no rule may come between its containers.
    await lab.type('b', 'DOCKER_BRIDGE=weave weave launch')
    expect(await lab.must('b', 'iptables', '-S')).not.toMatch(/-i weave .*DROP/)
    await lab.type('a', `weave connect ${lab.addressOf('b')}`)
    const far = await addressOf('b', 'app-b')
    await eventually(30_000, async () => (await reaches('a', 'app-a', far)) || 'not reached')
    expect(await reaches('b', 'app-b', await addressOf('a', 'app-a'))).toBe(true)
  })

  it('names come from what Docker tells: of containers, labels, Compose services and Marathon apps; the answer is the overlay’s (DNS-09)', async () => {
    await lab.docker(
      'b',
      'run',
      '-d',
      '--name',
      'site',
      '-e',
      'MARATHON_APP_ID=/web/customer1/site1',
      'ubuntu',
      'sleep',
      '86400',
    )
    await lab.docker(
      'b',
      'run',
      '-d',
      '--label',
      'com.docker.compose.service=shop',
      '--name',
      'x_shop_1',
      'ubuntu',
      'sleep',
      '86400',
    )
    await lab.docker('b', 'run', '-d', '-h', 'named.weave.local', '--name', 'other', 'ubuntu', 'sleep', '86400')
    const wanted = [
      ['app-b', 'app-b'],
      ['site1.customer1.web', 'site'],
      ['shop', 'x_shop_1'],
      ['named', 'other'],
    ] as const
    for (const [name, container] of wanted) {
      const address = await addressOf('b', container)
      await eventually(20_000, async () => {
        const found = await look('a', `${name}.weave.local`)
        return found === address || `${name} is '${found}', not ${address}`
      })
    }
    await lab.docker('b', 'kill', 'site')
    await eventually(20_000, async () => (await look('a', 'site1.customer1.web.weave.local')) === '' || 'still there')
  })

  it('an app that is scaled has two containers on one host, both on one port, and all answer in turn', async () => {
    const app = ['-e', 'MARATHON_APP_ID=/rest-api', 'ubuntu', 'nc', '-ll', '-p', '8080', '-e', 'hostname']
    for (const host of ['a', 'a', 'b', 'b'] as const) await lab.docker(host, 'run', '-d', ...app)
    await eventually(20_000, async () => {
      const found = (await look('a', 'rest-api.weave.local')).split('\n')
      return found.length === 4 || `${found}`
    })
    const seen = new Set<string>()
    for (const address of (await look('b', 'rest-api.weave.local')).split('\n')) {
      seen.add(await lab.docker('a', 'exec', 'app-a', 'nc', '-w', '30', address, '8080'))
    }
    expect(seen.size).toBe(4)
  })

  it('expose masquerades what leaves the overlay, and nothing that stays in it (CLI-08, FW-01)', async () => {
    await lab.type('a', 'weave expose 10.2.0.101/16')
    const far = await addressOf('b', 'app-b')
    await lab.docker('b', 'exec', '-d', 'app-b', 'nc', '-ll', '-p', '5001', '-e', 'netstat', '-tn')
    const near = await addressOf('a', 'app-a')
    await eventually(20_000, async () => {
      const { stdout } = await lab.on('a', ['docker', 'exec', 'app-a', 'nc', '-w', '10', far, '5001'])
      return stdout.includes(`${near}:`) || stdout
    })
    expect(await reaches('b', 'app-b', '10.2.0.101')).toBe(true)
    const masquerades = async () =>
      (await lab.on('a', ['iptables-save', '-t', 'nat'])).stdout.match(/^-A WEAVE.*MASQUERADE$/gm)?.length ?? 0
    expect(await masquerades()).toBeGreaterThan(0)
    await lab.type('a', 'weave hide 10.2.0.101/16')
    await lab.type('a', 'weave expose --without-masquerade 10.2.0.102/16')
    expect(await reaches('b', 'app-b', '10.2.0.102')).toBe(true)
    expect(await masquerades()).toBe(0)
    await lab.type('a', 'weave hide 10.2.0.102/16')
  })
})
