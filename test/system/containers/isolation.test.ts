import { eventually } from '../eventually.ts'
import { DockerLab, type HostName } from './docker-lab.ts'

/** From an address, to another: says that a third one is at a MAC (RFC 4861, section 4.4). */
const ADVERTISE = `
import socket, struct, sys
source, to, target, mac = sys.argv[1:]
raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 255)
raw.bind((source, 0))
told = struct.pack('!BBHI', 136, 0, 0, 0x60000000) + socket.inet_pton(socket.AF_INET6, target)
raw.sendto(told + b'\\x02\\x01' + bytes.fromhex(mac.replace(':', '')), (to, 0))
`

/** Each container may set its own addresses and routes: it has CAP_NET_ADMIN, and uses it. */
describe('containers of different subnets', () => {
  let lab: DockerLab

  beforeAll(async () => {
    lab = await DockerLab.createJoined()
    await Promise.all([
      put('a', 'hostile', '10.2.1.1/24'),
      put('a', 'friend', '10.2.1.2/24'),
      put('a', 'victim', '10.2.2.1/24'),
      put('b', 'far-friend', '10.2.1.3/24'),
      put('b', 'far-victim', '10.2.2.2/24'),
    ])
    // Everybody helps: what keeps them apart is not that a route is missing.
    await inside('a', 'hostile', 'ip', 'route', 'add', '10.2.2.0/24', 'dev', 'ethwe')
    await inside('b', 'far-friend', 'ip', 'route', 'add', '10.2.2.0/24', 'dev', 'ethwe')
    await inside('a', 'victim', 'ip', 'route', 'add', '10.2.1.0/24', 'dev', 'ethwe')
    await inside('b', 'far-victim', 'ip', 'route', 'add', '10.2.1.0/24', 'dev', 'ethwe')
  })

  afterAll(async () => lab.dispose())

  async function put(host: HostName, name: string, address: string): Promise<void> {
    const options = ['--name', name, '--cap-add', 'NET_ADMIN', '--sysctl', 'net.ipv6.conf.default.disable_ipv6=0']
    await lab.mustWeave(host, 'run', '--no-rewrite-hosts', address, ...options, 'busybox:test', 'sleep', '86400')
  }

  function inside(host: HostName, container: string, ...argv: readonly string[]): Promise<string> {
    return lab.docker(host, 'exec', container, ...argv)
  }

  async function reaches(host: HostName, container: string, ...to: readonly string[]): Promise<boolean> {
    const ping = ['docker', 'exec', container, 'ping', '-c', '2', '-w', '15', ...to]
    return (await lab.on(host, ping)).exitCode === 0
  }

  /** Where no answer is awaited, which busybox waits ten seconds for. */
  function reachesSoon(host: HostName, container: string, ...to: readonly string[]): Promise<boolean> {
    return reaches(host, container, '-W', '2', ...to)
  }

  async function dropped(host: HostName, counter: string): Promise<number> {
    const shown = await lab.must(host, 'nft', 'list', 'counter', 'bridge', 'weave', counter)
    return Number(/packets (\d+)/.exec(shown)?.[1])
  }

  it('do not reach each other by a route that they set, on one host as between hosts, while their own subnet does', async () => {
    const own = ['10.2.1.2', '10.2.1.3'].map(to => reaches('a', 'hostile', to))
    expect(await Promise.all(own)).toEqual([true, true])
    const others = ['10.2.2.1', '10.2.2.2'].map(to => reachesSoon('a', 'hostile', to))
    expect(await Promise.all([...others, reachesSoon('b', 'far-friend', '10.2.2.1')])).toEqual([false, false, false])
    expect(await dropped('a', 'foreign')).toBeGreaterThan(0)
  })

  it('do not reach each other by an address that one sets for itself, nor by IPv6, nor by a broadcast', async () => {
    await inside('a', 'hostile', 'ip', 'address', 'add', '10.2.2.66/24', 'dev', 'ethwe')
    const before = await dropped('a', 'spoofed')
    const targets = ['10.2.2.1', '10.2.2.2', '10.2.2.255']
    const spoofed = await Promise.all(targets.map(to => reachesSoon('a', 'hostile', '-I', '10.2.2.66', to)))
    expect(spoofed).toEqual([false, false, false])
    expect(await dropped('a', 'spoofed')).toBeGreaterThan(before)
    await inside('a', 'hostile', 'ip', 'address', 'delete', '10.2.2.66/24', 'dev', 'ethwe')
    const shown = await inside('a', 'victim', 'ip', '-6', 'address', 'show', 'dev', 'ethwe')
    const local = /inet6 (fe80::[\da-f:]+)/.exec(shown)?.[1] ?? 'no address'
    expect(await reachesSoon('a', 'hostile', '-6', '-I', 'ethwe', local)).toBe(false)
  })

  it('have no use of an address of the host as a router between them', async () => {
    await lab.mustWeave('a', 'expose', '10.2.1.100/24', '10.2.2.100/24')
    await inside('a', 'hostile', 'ip', 'route', 'replace', '10.2.2.0/24', 'via', '10.2.1.100')
    expect(await reaches('a', 'hostile', '10.2.1.100')).toBe(true)
    expect(await reachesSoon('a', 'hostile', '10.2.2.1')).toBe(false)
    await inside('a', 'hostile', 'ip', 'route', 'replace', '10.2.2.0/24', 'dev', 'ethwe')
    await lab.mustWeave('a', 'hide', '10.2.1.100/24', '10.2.2.100/24')
  })

  it('a container that claims the address of another gets none of its traffic', async () => {
    await inside('a', 'hostile', 'ip', 'address', 'add', '10.2.1.3/32', 'dev', 'ethwe')
    await inside('a', 'hostile', 'arping', '-U', '-c', '3', '-I', 'ethwe', '10.2.1.3')
    expect(await reaches('a', 'friend', '10.2.1.3')).toBe(true)
    const seen = await inside('a', 'friend', 'ip', 'neigh', 'show', 'to', '10.2.1.3')
    const own = await inside('a', 'hostile', 'cat', '/sys/class/net/ethwe/address')
    expect(seen).not.toContain(own)
    await inside('a', 'hostile', 'ip', 'address', 'delete', '10.2.1.3/32', 'dev', 'ethwe')
  })

  it('a container that says to be the neighbour that another is, by IPv6, is not believed', async () => {
    await Promise.all([
      lab.mustWeave('a', 'attach', 'fd00:7::1/64', 'hostile'),
      lab.mustWeave('a', 'attach', 'fd00:7::2/64', 'friend'),
      lab.mustWeave('b', 'attach', 'fd00:7::3/64', 'far-friend'),
    ])
    await eventually(15_000, async () => (await reachesSoon('a', 'hostile', '-6', 'fd00:7::3')) || 'not reached')
    await eventually(15_000, async () => (await reachesSoon('a', 'friend', '-6', 'fd00:7::3')) || 'not reached')
    const before = await dropped('a', 'spoofed')
    const own = await inside('a', 'hostile', 'cat', '/sys/class/net/ethwe/address')
    const enter = ['nsenter', '-n', '-t', await lab.docker('a', 'inspect', '-f', '{{.State.Pid}}', 'hostile')]
    await lab.must('a', ...enter, 'python3', '-c', ADVERTISE, 'fd00:7::1', 'fd00:7::2', 'fd00:7::3', own)
    expect(await dropped('a', 'spoofed')).toBeGreaterThan(before)
    expect(await inside('a', 'friend', 'ip', '-6', 'neigh', 'show', 'to', 'fd00:7::3')).not.toContain(own)
    expect(await reaches('a', 'friend', '-6', 'fd00:7::3')).toBe(true)
  })

  it('are kept apart on arrival too, when the other host does nothing about it, and again after a flush', async () => {
    await lab.stopAgent('b')
    await lab.launch('b')
    await lab.mustWeave('a', 'status', '--wait', '60')
    // Named last of all: from then on the agent only looks whether the rules are there.
    await eventually(30_000, async () => {
      const names = await lab.mustWeave('b', 'status', 'dns')
      return (names.includes('far-friend') && names.includes('far-victim')) || names
    })
    await eventually(20_000, async () => {
      await lab.must('b', 'nft', 'flush', 'ruleset')
      return (await reachesSoon('b', 'far-friend', '10.2.2.2')) || 'not reached without rules'
    })
    expect(await reachesSoon('b', 'far-friend', '10.2.2.1')).toBe(false)
    await eventually(45_000, async () => !(await reachesSoon('b', 'far-friend', '10.2.2.2')) || 'not put back')
    expect(lab.log('agent-b')).toContain('isolation of subnets put back')
    expect(await reaches('b', 'far-friend', '10.2.1.1')).toBe(true)
  })

  it('one container may be of both, and no longer is when it is detached from one', async () => {
    expect(await lab.mustWeave('a', 'attach', '10.2.2.9/24', 'friend')).toBe('10.2.2.9')
    expect(await reaches('a', 'friend', '10.2.2.1')).toBe(true)
    expect(await reaches('a', 'friend', '10.2.1.3')).toBe(true)
    await lab.mustWeave('a', 'detach', '10.2.2.9/24', 'friend')
    await inside('a', 'friend', 'ip', 'address', 'add', '10.2.2.9/24', 'dev', 'ethwe')
    expect(await reachesSoon('a', 'friend', '-I', '10.2.2.9', '10.2.2.1')).toBe(false)
  })
})
