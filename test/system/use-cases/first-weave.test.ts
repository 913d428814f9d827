import { DockerLab, type HostName } from '../containers/docker-lab.ts'
import { eventually } from '../eventually.ts'

/** The commands of Weave's first README (2014), on three hosts. */
describe('the first Weave', () => {
  let lab: DockerLab
  const containers = new Map<string, string>()

  beforeAll(async () => {
    lab = await DockerLab.create({ byHand: ['a', 'b', 'c'] })
    for (const host of ['a', 'b', 'c'] as const) await openOnePort(host)
  })

  afterAll(async () => lab.dispose())

  /** `C=$(weave run …)`: the id is what was printed. */
  async function run(host: HostName, name: string, command: string): Promise<void> {
    containers.set(name, await lab.type(host, `C=$(${command}); echo $C`))
  }

  async function inside(host: HostName, name: string, command: string): Promise<boolean> {
    const id = containers.get(name) ?? ''
    return (await lab.on(host, ['docker', 'exec', id, 'sh', '-c', command])).exitCode === 0
  }

  async function eventuallyInside(host: HostName, name: string, command: string): Promise<void> {
    await eventually(30_000, async () => (await inside(host, name, command)) || `${name}: ${command}`)
  }

  /** The firewall lets in what the write-up names, and answers. */
  async function openOnePort(host: HostName): Promise<void> {
    const rule = (...words: readonly string[]) => lab.must(host, 'iptables', '-A', 'INPUT', '-i', 'eth0', ...words)
    for (const protocol of ['tcp', 'udp']) await rule('-p', protocol, '--dport', '6783', '-j', 'ACCEPT')
    await rule('-m', 'conntrack', '--ctstate', 'ESTABLISHED,RELATED', '-j', 'ACCEPT')
    await rule('-j', 'DROP')
  }

  /** Between two hosts, or from one to all others. */
  async function cut(host: HostName, other?: HostName): Promise<void> {
    const from = other === undefined ? [] : ['-s', lab.addressOf(other)]
    await lab.must(host, 'iptables', '-I', 'INPUT', '-i', 'eth0', ...from, '-j', 'DROP')
  }

  async function heal(host: HostName, other?: HostName): Promise<void> {
    const from = other === undefined ? [] : ['-s', lab.addressOf(other)]
    await lab.must(host, 'iptables', '-D', 'INPUT', '-i', 'eth0', ...from, '-j', 'DROP')
  }

  it('two hosts are launched with addresses of their own, and containers run with theirs find each other (OLD-01, OLD-02, OLD-06)', async () => {
    expect(await lab.type('a', 'weave launch 10.0.0.1/16 -password wEaVe')).not.toBe('')
    await run('a', 'one', 'weave run 10.0.1.1/24 -t -i debian /bin/bash')
    expect(containers.get('one')).toMatch(/^[0-9a-f]{64}$/)
    await lab.type('b', `weave launch 10.0.0.2/16 ${lab.addressOf('a')} -password wEaVe`)
    await run('b', 'two', 'weave run 10.0.1.2/24 -t -i debian /bin/bash')
    await eventuallyInside('a', 'one', 'ping -c 1 -W 2 10.0.1.2')
    await eventuallyInside('b', 'two', 'ping -c 1 -W 2 10.0.1.1')
  })

  it('any protocol passes: UDP, and ARP, which is no IP at all', async () => {
    const id = containers.get('two') ?? ''
    await lab.docker('b', 'exec', '-d', id, 'bash', '-c', 'PATH=/opt:$PATH; nc -lu -p 5000 > /tmp/heard')
    await eventually(10_000, async () => {
      await inside('a', 'one', "bash -c 'PATH=/opt:$PATH; echo hello | nc -u -w 1 10.0.1.2 5000'")
      return (await lab.docker('b', 'exec', id, 'cat', '/tmp/heard')).includes('hello') || 'nothing came'
    })
    expect(await inside('a', 'one', 'arping -c 2 -w 30 -I ethwe 10.0.1.2')).toBe(true)
  })

  it('applications in other subnets of the overlay are apart', async () => {
    await run('b', 'other', 'weave run 10.0.2.1/24 -t -i debian /bin/bash')
    await run('a', 'fellow', 'weave run 10.0.2.2/24 -t -i debian /bin/bash')
    await eventuallyInside('a', 'fellow', 'ping -c 1 -W 2 10.0.2.1')
    expect(await inside('a', 'one', 'ping -c 1 -W 3 10.0.2.1')).toBe(false)
    expect(await inside('a', 'one', 'ping -c 1 -W 3 10.0.2.2')).toBe(false)
  })

  it('a third host that names one member and one that is not there finds all; one without the password finds none', async () => {
    await lab.type('c', `weave launch 10.0.0.3/16 ${lab.addressOf('b')} 10.93.1.99 -password wrong`)
    await run('c', 'three', 'weave run 10.0.1.3/24 -t -i debian /bin/bash')
    expect(await inside('c', 'three', 'ping -c 3 -W 2 10.0.1.1')).toBe(false)
    await lab.type('c', 'weave stop')
    await lab.type('c', `weave launch 10.0.0.3/16 ${lab.addressOf('b')} 10.93.1.99 -password wEaVe`)
    await eventuallyInside('c', 'three', 'ping -c 1 -W 2 10.0.1.1')
    await eventually(20_000, async () => {
      const shown = await lab.type('c', 'weave status connections')
      return /established.*\(a\)/.test(shown) || shown
    })
  })

  it('hosts with only a path between them are served through the one in the middle', async () => {
    await cut('a', 'c')
    await cut('c', 'a')
    await eventuallyInside('c', 'three', 'ping -c 3 -W 2 10.0.1.1')
    await heal('a', 'c')
    await heal('c', 'a')
  })

  it('a partition leaves both sides at work, and they join again when it heals', async () => {
    await run('a', 'local', 'weave run 10.0.1.4/24 -t -i debian /bin/bash')
    await cut('a')
    await eventually(20_000, async () => !(await inside('a', 'one', 'ping -c 1 -W 2 10.0.1.2')) || 'not cut')
    expect(await inside('a', 'one', 'ping -c 1 -w 30 10.0.1.4')).toBe(true)
    expect(await inside('b', 'two', 'ping -c 3 -w 30 10.0.1.3')).toBe(true)
    await heal('a')
    await eventuallyInside('a', 'one', 'ping -c 1 -W 2 10.0.1.2')
  })

  it('a router that is stopped and launched again costs containers nothing', async () => {
    await lab.type('a', 'weave stop')
    expect(await inside('a', 'one', 'ping -c 1 -w 30 10.0.1.4')).toBe(true)
    await lab.type('a', `weave launch ${lab.addressOf('b')}`)
    await eventuallyInside('a', 'one', 'ping -c 1 -W 2 10.0.1.2')
    expect(await lab.type('a', 'weave ps')).toContain('10.0.1.1/24')
  })
})
