import { endOf } from '../agent/agent-lab.ts'
import { eventually } from '../eventually.ts'
import { DockerLab, type HostName, readIfThere } from './docker-lab.ts'

const RANGES = ['--ipalloc-range', 'fd00:1::/64', '--ipalloc-default-subnet', '10.2.0.0/16']

describe('containers on the overlay, by command', () => {
  let lab: DockerLab

  beforeAll(async () => {
    lab = await DockerLab.createJoined(...RANGES)
  })

  afterAll(async () => lab.dispose())

  const sleeper = ['-t', '-i', 'busybox:test', 'sleep', '86400']

  async function reaches(host: HostName, container: string, address: string, waitSeconds = 10): Promise<boolean> {
    const ping = ['docker', 'exec', container, 'ping', '-c', '3', '-w', '30', '-W', `${waitSeconds}`, address]
    return (await lab.on(host, ping)).exitCode === 0
  }

  async function strays(host: HostName): Promise<readonly string[]> {
    const shown = await lab.must(host, 'ip', '-brief', 'link', 'show', 'type', 'veth')
    return shown.split('\n').flatMap(line => /^vethwepl\w+/.exec(line)?.[0] ?? [])
  }

  it('run gives a container its address and prints its id, and containers of two hosts reach each other (U1, OLD-06)', async () => {
    const c1 = await lab.mustWeave('a', 'run', '10.0.1.1/24', '--name', 'c1', ...sleeper)
    expect(c1).toMatch(/^[0-9a-f]{64}$/)
    const c2 = await lab.mustWeave('b', 'run', '10.0.1.2/24', '--name', 'c2', ...sleeper)
    expect(await reaches('a', c1, '10.0.1.2')).toBe(true)
    expect(await reaches('b', c2, '10.0.1.1')).toBe(true)
    expect(await lab.mustWeave('a', 'ps', 'c1')).toMatch(
      new RegExp(`^${c1.slice(0, 12)} ([0-9a-f]{2}:){5}[0-9a-f]{2} 10.0.1.1/24$`),
    )
  })

  it('attach adds addresses of several subnets, detach takes each away, and the interface with the last (CLI-06, CLI-07, ARG-02, LAN-04, LAN-06)', async () => {
    await lab.docker('a', 'run', '-d', '--name', 'c3', 'busybox:test', 'sleep', '86400')
    expect(await lab.mustWeave('a', 'attach', '10.0.1.3/24', 'ip:10.0.2.3/24', '--add-host', 'db:10.0.0.9', 'c3')).toBe(
      '10.0.1.3 10.0.2.3',
    )
    expect(await reaches('a', 'c3', '10.0.1.2')).toBe(true)
    expect(await lab.docker('a', 'exec', 'c3', 'ip', 'route')).toContain('224.0.0.0/4 dev ethwe')
    const neighbours = '/proc/sys/net/ipv4/neigh/ethwe/ucast_solicit'
    expect(await lab.docker('a', 'exec', 'c3', 'cat', neighbours)).toBe('1')
    expect(await lab.must('a', 'cat', neighbours.replace('ethwe', 'weave'))).toBe('1')
    expect(await lab.must('a', 'cat', '/proc/sys/net/ipv6/conf/weave/accept_ra')).toBe('0')
    expect(await lab.docker('a', 'exec', 'c3', 'cat', '/etc/hosts')).toMatch(/^10\.0\.2\.3\t[\s\S]*^10\.0\.0\.9\tdb\t/m)
    expect(await lab.mustWeave('a', 'detach', '10.0.1.3/24', 'c3')).toBe('10.0.1.3')
    expect(await lab.mustWeave('a', 'ps', 'c3')).toMatch(/ 10\.0\.2\.3\/24$/)
    expect(await lab.mustWeave('a', 'detach', '10.0.2.3/24', 'c3')).toBe('10.0.2.3')
    expect(await lab.mustWeave('a', 'ps', 'c3')).toBe('')
    expect(await lab.docker('a', 'exec', 'c3', 'cat', '/etc/hosts')).not.toContain('weave')
    expect(await strays('a')).toHaveLength(1)
  })

  it('restart and start keep the addresses (OLD-07)', async () => {
    await lab.mustWeave('a', 'restart', '-t', '0', 'c1')
    expect(await reaches('a', 'c1', '10.0.1.2')).toBe(true)
    await lab.docker('a', 'stop', '-t', '0', 'c1')
    expect(await lab.mustWeave('a', 'start', 'c1')).toBe('c1')
    expect(await lab.mustWeave('a', 'ps', 'c1')).toMatch(/ 10\.0\.1\.1\/24$/)
  })

  it('expose brings the host onto the subnet, hide takes it off again (CLI-08, CLI-09, CLI-16, ARG-06)', async () => {
    expect(await lab.mustWeave('a', 'expose', '10.0.1.100/24')).toBe('10.0.1.100')
    expect(await lab.mustWeave('a', 'expose', '10.0.1.100/24')).toBe('10.0.1.100')
    expect(await reaches('b', 'c2', '10.0.1.100')).toBe(true)
    expect(await lab.mustWeave('a', 'ps', 'weave:expose')).toMatch(/^weave:expose \S+ .*10\.0\.1\.100\/24/)
    expect(await lab.mustWeave('a', 'hide', '10.0.1.100/24')).toBe('10.0.1.100')
    expect(await lab.must('a', 'iptables-save')).not.toContain('10.0.1.0/24')
    expect(await lab.must('a', 'ip', 'address', 'show', 'weave')).not.toContain('10.0.1.100')
  })

  it('refuses what cannot be, with the exit codes of the original, and leaves nothing behind (ARG-05, ARG-07, IPM-06, IPM-07)', async () => {
    await lab.docker('a', 'create', '--name', 'stopped', 'busybox:test', 'sleep', '1')
    await lab.docker('a', 'run', '-d', '--name', 'on-host', '--network', 'host', 'busybox:test', 'sleep', '86400')
    for (const name of ['c6', 'c7', 'c8']) await lab.docker('a', 'run', '-d', '--name', name, ...sleeper)
    await lab.mustWeave('a', 'attach', '10.2.1.200/24', 'net:10.2.1.240/30', 'c6')
    await lab.mustWeave('a', 'attach', 'net:10.2.1.240/30', 'c7')
    const before = await strays('a')
    const leases = await lab.leases('a')
    const outcomes = [
      [['attach', '10.2.1.200/24', 'c8'], 1, 'already owned by'],
      [['attach', 'net:10.99.0.0/24', 'c8'], 1, 'out of bounds'],
      [['attach', 'net:10.2.1.240/30', 'c8'], 1, 'all are in use'],
      [['dns-add', 'c6', '-h', 'c6.example.com'], 1, "is not in the domain 'weave.local'"],
      [['attach', '10.0.1.9/24', 'nobody'], 1, "there is no container 'nobody'"],
      [['attach', '10.0.1.9/24', 'stopped'], 2, 'is not running'],
      [['attach', '10.0.1.9/24', 'on-host'], 1, 'in the network of the host'],
      [['attach', '10.0.1.0/24', 'c1'], 1, 'the address of the network'],
      [['attach', '10.0.1.9/24'], 1, 'no container is named'],
      [['run', '10.0.1.9/24', 'no/such/image:at-all'], 1, "'docker run' failed"],
      [['detach', 'nobody'], 1, "there is no container 'nobody'"],
      [['dns-add', 'nobody', '-h', 'x.weave.local'], 1, "there is no container 'nobody'"],
      [['dns-add', 'stopped', '-h', 'x.weave.local'], 2, 'is not running'],
      [['dns-remove'], 1, 'it is not said which names'],
      [['expose', '10.2.1.150/24', '10.2.1.200/24'], 1, 'already owned by'],
      [['expose', '10.2.1.150/24', '-h', 'a.example.com'], 1, "is not in the domain 'weave.local'"],
      [['run', '10.2.1.200/24', '--name', 'clash', ...sleeper], 1, 'already owned by'],
    ] as const
    for (const [words, exitCode, said] of outcomes) {
      const outcome = await lab.weave('a', ...words)
      expect([words, outcome.exitCode, outcome.stderr]).toEqual([words, exitCode, expect.stringContaining(said)])
      expect(outcome.stderr).toContain('remedy: ')
    }
    const far = await lab.weave('b', 'attach', '10.2.1.200/24', 'c2')
    expect(far).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('already in use by') })
    expect(await strays('a')).toEqual(before)
    expect(await lab.leases('a')).toEqual(leases)
    expect(await lab.must('a', 'ip', 'address', 'show', 'weave')).not.toContain('10.2.1.150')
    expect(await lab.docker('a', 'inspect', '-f', '{{.State.Running}}', 'clash')).toBe('false')
  })

  it('commands for scripts print one line, and attach does without names or the route when told to (CLI-13, CLI-15, CLI-25, CLI-26, CLI-27)', async () => {
    const name = await lab.mustWeave('a', 'launch', '--print-peer-name')
    expect(await lab.mustWeave('a', 'status')).toContain(`Name: ${name}(a)`)
    const lines: readonly (readonly [string, RegExp])[] = [
      ['dns-args', /^--dns=[\d.]+ --dns-search=weave\.local\.$/],
      ['config', /^-H=unix:\/\/\/.*weave\.sock$/],
      ['bridge-type', /^bridge$/],
      ['docker-bridge-ip', /^172\.\d+\.0\.1$/],
      ['prime', /^$/],
    ]
    for (const [command, line] of lines) expect(await lab.mustWeave('a', command)).toMatch(line)
    await lab.docker('a', 'run', '-d', '--name', 'quiet', '-h', 'quiet.weave.local', 'busybox:test', 'sleep', '86400')
    await lab.mustWeave('a', 'attach', '10.0.4.1/24', '--without-dns', '--no-multicast-route', 'quiet')
    expect(await lab.mustWeave('a', 'status', 'dns')).not.toContain('10.0.4.1')
    expect(await lab.docker('a', 'exec', 'quiet', 'ip', 'route')).not.toContain('224.0.0.0/4')
    expect(await lab.docker('a', 'exec', 'quiet', 'cat', '/etc/hosts')).not.toContain('10.0.4.1')
    await lab.mustWeave('a', 'attach-bridge', 'docker0')
    expect(await lab.must('a', 'ip', '-brief', 'link', 'show', 'master', 'weave')).toContain('vethwebldocker0@')
    await lab.must('a', 'ip', 'link', 'delete', 'vethwebldocker0')
  })

  it('gives addresses of IPv6 as well, which reach their own subnet and no other (IPM-15)', async () => {
    expect(await lab.mustWeave('a', 'attach', 'net:fd00:1::/64', 'c6')).toMatch(/^fd00:1::/)
    const far = await lab.mustWeave('b', 'attach', 'net:fd00:1::/64', 'c2')
    await eventually(20_000, async () => (await reaches('a', 'c6', far, 2)) || 'not reached')
    expect(await lab.mustWeave('b', 'ps', 'c2')).toContain(` ${far}/64`)
    await lab.mustWeave('a', 'attach', 'fd00:2::7/64', 'c7')
    const enter = 'nsenter -n -t $(docker inspect -f {{.State.Pid}} c7)'
    await lab.must('a', 'sh', '-c', `${enter} ip -6 route add fd00:1::/64 dev ethwe`)
    expect(await reaches('a', 'c7', far, 2)).toBe(false)
    await lab.mustWeave('a', 'restart', '-t', '0', 'c6')
    await eventually(20_000, async () => (await reaches('a', 'c6', far, 2)) || 'not after a restart')
    await lab.mustWeave('a', 'detach', 'net:fd00:1::/64', 'c6')
    expect(await lab.mustWeave('a', 'ps', 'c6')).not.toContain('fd00:1::')
  })

  it('what is left of containers that ended while the agent did not run is free again', async () => {
    const gone = await lab.docker('a', 'inspect', '-f', '{{.Id}}', 'c6')
    expect((await lab.leases('a')).get(gone)).not.toBeUndefined()
    await lab.stopAgent('a')
    await lab.docker('a', 'rm', '-f', 'c6')
    await lab.launch('a')
    await eventually(10_000, async () => !(await lab.leases('a')).has(gone) || 'not freed')
    expect(await lab.mustWeave('a', 'attach', '10.2.1.200/24', 'c8')).toBe('10.2.1.200')
  })

  it('a range that is added on one host is handed out by all, also after a restart (FLAG-12, IPM-13)', async () => {
    await lab.mustWeave('a', 'add-range', '10.77.0.0/24')
    const again = await lab.weave('a', 'add-range', '10.77.0.128/25')
    expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('overlaps 10.77.0.0/24') })
    const near = await lab.mustWeave('a', 'attach', 'net:10.77.0.0/24', 'c8')
    const look = () => lab.mustWeave('b', 'status', 'ipam', '--json')
    await eventually(20_000, async () => (await look()).includes('10.77.0.0/24') || 'not heard of')
    await lab.stopAgent('b')
    await lab.launch('b')
    await lab.mustWeave('b', 'status', '--wait', '60')
    const far = await lab.mustWeave('b', 'attach', 'net:10.77.0.0/24', 'c2')
    expect(far).not.toBe(near)
    await eventually(20_000, async () => (await reaches('a', 'c8', far, 2)) || 'not reached')
  })

  it('of two attaches at once both count, unless they want the same address', async () => {
    await lab.docker('b', 'run', '-d', '--name', 'c4', 'busybox:test', 'sleep', '86400')
    const both = ['10.0.1.41/24', '10.0.1.42/24'].map(address => lab.weave('b', 'attach', address, 'c4'))
    expect((await Promise.all(both)).map(({ exitCode }) => exitCode)).toEqual([0, 0])
    const shown = await lab.mustWeave('b', 'ps', 'c4')
    expect(shown).toContain('10.0.1.41/24')
    expect(shown).toContain('10.0.1.42/24')
    await lab.docker('b', 'run', '-d', '--name', 'c9', 'busybox:test', 'sleep', '86400')
    const same = await Promise.all(['c4', 'c9'].map(name => lab.weave('b', 'attach', '10.2.2.201/24', name)))
    expect(same.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1])
  })

  it('a restart by Docker, of Docker and of the agent leaves a container its addresses and names (CLI-10, LAN-10)', async () => {
    await lab.mustWeave('a', 'dns-add', 'c1', '-h', 'db.weave.local')
    await lab.docker('a', 'restart', '-t', '0', 'c1')
    await eventually(10_000, async () => (await reaches('a', 'c1', '10.0.1.2', 2)) || 'not attached again')
    await lab.stopDocker('a')
    await lab.startDocker('a')
    await lab.docker('a', 'start', 'c1')
    await eventually(20_000, async () => (await reaches('a', 'c1', '10.0.1.2', 2)) || 'not after Docker')
    await lab.stopAgent('a')
    await lab.docker('a', 'restart', '-t', '0', 'c1')
    await lab.launch('a')
    await eventually(20_000, async () => (await reaches('a', 'c1', '10.0.1.2', 2)) || 'not after the agent')
    const found = (name: string) => lab.mustWeave('b', 'dns-lookup', `${name}.weave.local`)
    for (const name of ['c1', 'db'])
      await eventually(20_000, async () => (await found(name)) === '10.0.1.1' || `not found: ${name}`)
  })

  it('an attach that is killed, at whatever moment, leaves no device, address, name or rule after the agent has looked', async () => {
    await lab.docker('b', 'run', '-d', '--name', 'c5', 'busybox:test', 'sleep', '86400')
    const before = await strays('b')
    for (const ms of [120, 160, 200, 240, 280]) {
      const command = lab.spawn('b', [...lab.program, 'attach', '10.0.1.55/24', 'c5'], 'killed')
      await new Promise(wake => setTimeout(wake, ms))
      command.kill('SIGKILL')
      await endOf(command)
    }
    await lab.must('b', 'ip', 'link', 'add', 'vethwepl0000000', 'type', 'veth', 'peer', 'name', 'left-over')
    await lab.stopAgent('b')
    await lab.launch('b')
    const id = await lab.docker('b', 'inspect', '-f', '{{.Id}}', 'c5')
    const isRecorded = readIfThere(`${lab.rootOf('b')}/var/lib/weave/containers/${id}.json`) !== ''
    const most = before.length + Number(isRecorded)
    await eventually(10_000, async () => (await strays('b')).length === most || 'a device is left')
    const hostEnd = `vethwepl${id.slice(0, 7)}`
    await eventually(20_000, async () => {
      const rules = await lab.must('b', 'nft', 'list', 'table', 'bridge', 'weave')
      const names = await lab.mustWeave('b', 'status', 'dns')
      const left = [(await lab.leases('b')).has(id), rules.includes(hostEnd), names.includes(id.slice(0, 12))]
      return left.every(isThere => isThere === isRecorded) || `address, rule, name: ${left}`
    })
    await lab.mustWeave('b', 'attach', '10.0.1.55/24', 'c5')
    expect(await lab.mustWeave('b', 'ps', 'c5')).toMatch(/ 10\.0\.1\.55\/24$/)
    // As one leaves it that is killed before the device is on the bridge.
    await lab.must('b', 'ip', 'link', 'set', hostEnd, 'nomaster')
    await lab.mustWeave('b', 'attach', '10.0.1.55/24', 'c5')
    expect(await lab.mustWeave('b', 'ps', 'c5')).toMatch(/ 10\.0\.1\.55\/24$/)
  })

  it('without Docker, commands say so, and the rest goes on', async () => {
    await lab.stopDocker('b')
    const outcome = await lab.weave('b', 'attach', '10.0.1.60/24', 'c4')
    expect(outcome).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Docker does not answer on') })
    expect(await lab.mustWeave('b', 'expose', '10.0.1.101/24')).toBe('10.0.1.101')
    expect(await reaches('a', 'c1', '10.0.1.101')).toBe(true)
    await lab.startDocker('b')
  })
})
