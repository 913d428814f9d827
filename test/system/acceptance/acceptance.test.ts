import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, within } from '../eventually.ts'
import { Containers, HOSTS } from './containers.ts'
import { LabDriver, retried } from './lab-driver.ts'
import { fetchBytes, rawReceive, rawSend, serveBytes, stranger, udpAsk, udpEcho, watchBridge } from './traffic.ts'

const MARKER = 'MARKER-5f1c-the-quick-brown-fox-jumps-over-the-lazy-dog'
const CONTROL_PORT = 6783
const MINUTE = 60_000
/** The relay has one on either side. */
const WIRES = HOSTS.length + 1

/** What `down` must bring back: every file under /etc but those that any start of Docker or ld.so makes, and no trace of ours. */
const FINGERPRINT = `find /etc -type f -o -type l | grep -vE '^/etc/(mtab|ld.so.cache|resolv.conf|docker/key.json)' | sort | xargs -d '\\n' sha256sum 2>/dev/null
ls /opt/weave /var/lib/weave /usr/local/bin/weave /run/weave 2>/dev/null; ip -br link | awk '{print $1}' | grep -E '^(weave|vx)'
ls /etc/rc?.d /etc/systemd/system/*.wants 2>/dev/null; (iptables-save; nft list ruleset) 2>/dev/null | grep -E 'WEAVE|table bridge weave'; true`

describe('the main job, on the lab', () => {
  const lab = new LabDriver()
  const containers = new Containers(lab)
  const before = new Map<string, string>()
  let isUp = false

  beforeAll(async () => {
    const up = await lab.provision(['lab', 'up'])
    if (up.exitCode !== 0) throw new Error(`lab up: ${up.stderr}${up.stdout}`)
    for (const host of HOSTS) before.set(host, await lab.shell(host, FINGERPRINT))
  })

  beforeEach(() => {
    const isFirst = expect.getState().currentTestName?.includes(' up: ') === true
    if (!isUp && !isFirst) throw new Error('not tried, because up failed')
  })

  afterAll(async () => {
    await lab.dispose()
  })

  it('up: from bare hosts to a verified overlay', async () => {
    const up = await lab.provision(['up', '--json'])
    expect({ exitCode: up.exitCode, stderr: up.exitCode === 0 ? '' : up.stderr }).toEqual({ exitCode: 0, stderr: '' })
    for (const host of HOSTS) {
      const peers = JSON.parse(await lab.on(host, ['weave', 'status', 'peers', '--json']))
      expect(peers.filter((peer: { isReachable: boolean }) => peer.isReachable)).toHaveLength(HOSTS.length)
    }
    isUp = true
  })

  it('gives each container an address of its host, unique in the cluster', async () => {
    const { containerImage } = JSON.parse((await lab.provision(['lab', 'status', '--json'])).stdout)
    for (const host of HOSTS) {
      const { address } = await containers.start(host, containerImage)
      const config = JSON.parse(await lab.on(host, ['cat', '/etc/weave/agent-config.json']))
      expect(address.split('.').slice(0, 3).join('.')).toBe(config.containerRange.split('.').slice(0, 3).join('.'))
    }
    expect(new Set(containers.all.map(container => container.address)).size).toBe(HOSTS.length)
  })

  it('lets every container reach every other by ICMP and TCP', async () => {
    const seen = HOSTS.map(async from => {
      const others = containers.all.filter(container => container.host !== from)
      const asking = others.map(({ address }) => `ping -c 1 -W 5 ${address} && wget -qO- http://${address}/`)
      const said = await containers.exec(from, ['sh', '-ec', asking.join('\n')])
      expect(said.match(/ 0% packet loss/g)).toHaveLength(others.length)
      expect(said.match(/^c-.*$/gm)).toEqual(others.map(({ host }) => `c-${host}`))
    })
    await Promise.all(seen)
  })

  it('carries UDP across the relay', async () => {
    const echo = containers.python('delta', udpEcho(5353))
    expect(await containers.python('alpha', udpAsk(containers.on('delta').address, 5353, 'over and back'))).toBe(
      'over and back',
    )
    expect(await echo).toBe('over and back')
  })

  it('is a switch: IPv6 link-local multicast reaches all, and frames of an unknown EtherType too', async () => {
    for (const host of HOSTS) {
      await containers.inNetwork(host, ['sh', '-c', 'echo 0 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6'])
    }
    await eventually(20_000, async () => {
      const output = await containers.inNetwork('alpha', ['sh', '-c', 'ping -6 -c 3 -W 2 -I eth0 ff02::1 || true'])
      const answering = new Set([...output.matchAll(/from (fe80:[0-9a-f:]+)/g)].map(match => match[1]))
      return answering.size >= HOSTS.length ? true : `${answering.size} answer`
    })
    const receivers = ['bravo', 'relay', 'delta'].map(host => containers.python(host, rawReceive()))
    await containers.python('alpha', rawSend('not IP at all', receivers.length))
    expect(await Promise.all(receivers)).toEqual(['not IP at all', 'not IP at all', 'not IP at all'])
  })

  it('brings 100 MB unharmed, next door and across the relay', async () => {
    for (const to of ['bravo', 'delta']) {
      const served = containers.python('alpha', serveBytes(7000, 100))
      const [bytes, digest] = (
        await retried(() => containers.python(to, fetchBytes(containers.on('alpha').address, 7000)))
      ).split(' ')
      expect(Number(bytes)).toBe(100 * 1024 * 1024)
      expect(digest).toBe(await served)
    }
  })

  it('shows nobody on the underlay what is said, and the relay cannot read it', async () => {
    const captures = HOSTS.map(host =>
      lab.start(['lab', 'capture', host, '-w', join(lab.directory, `${host}.pcap`), '--seconds', '600']),
    )
    const overlay = lab.on('relay', ['python3', '-c', watchBridge(MARKER.slice(0, 16))])
    const captured = () => readdirSync(lab.directory).filter(name => name.endsWith('.pcap'))
    await eventually(MINUTE, async () => captured().length === WIRES || `captured: ${captured()}`)
    await awaitFile('relay', '/run/watching')
    for (const [from, to] of [
      ['alpha', 'delta'],
      ['delta', 'alpha'],
      ['alpha', 'bravo'],
    ] as const) {
      await containers.exec(to, ['sh', '-c', `for i in $(seq 300); do echo ${MARKER}; done > /www/marker`])
      expect(await containers.exec(from, ['wget', '-qO-', `http://${containers.on(to).address}/marker`])).toContain(
        MARKER,
      )
    }
    const ends = captures.map(capture => once(capture, 'exit'))
    for (const capture of captures) capture.kill('SIGINT')
    expect(await Promise.all(ends)).toEqual(HOSTS.map(() => [0, null]))
    for (const file of captured()) {
      const bytes = readFileSync(join(lab.directory, file))
      expect(bytes.length).toBeGreaterThan(10_000)
      expect(bytes.includes(MARKER.slice(0, 16))).toBe(false)
    }
    await lab.on('relay', ['touch', '/run/watched'])
    expect(await overlay).toBe('no marker on the bridge of the relay')
  })

  it.each([
    ['nothing it expects', '16030100'.repeat(20)],
    ['an HTTP request', Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\n\r\n${' '.repeat(40)}`).toString('hex')],
    ['a preface made with another key', 'ab'.repeat(48)],
  ])('tells a stranger nothing who sends %s', async (_, hex) => {
    expect(await lab.on('bravo', ['python3', '-c', stranger('10.77.1.11', CONTROL_PORT, hex)])).toBe('0 closed')
  })

  it('shows peers behind a cut as unreachable within 10 s, and carries traffic within 10 s of the heal', async () => {
    await lab.provision(['lab', 'cut', 'relay', 'right'])
    await within(
      10_000,
      async () => (await reachable('alpha')).join() === 'alpha,bravo,relay' || 'delta is still called reachable',
    )
    await lab.provision(['lab', 'heal', 'relay', 'right'])
    await within(10_000, async () => {
      const { exitCode } = await lab.tryOn('alpha', [
        'docker',
        'exec',
        'web',
        'ping',
        '-c',
        '1',
        '-W',
        '1',
        containers.on('delta').address,
      ])
      return exitCode === 0 || 'no answer'
    })
  })

  it.each(['relay', 'bravo'])(
    'restarts an agent that is killed (%s), and containers keep their connections',
    async host => {
      const served = containers.python('delta', serveBytes(7001, 20))
      const slowness = { bytesPerSecond: 1024 * 1024, until: `/run/restarted-${host}` }
      const fetched = retried(() =>
        containers.python('bravo', fetchBytes(containers.on('delta').address, 7001, slowness)),
      )
      await awaitFile('bravo', `${slowness.until}.begun`)
      const pid = await lab.on(host, ['cat', '/run/weave/weave.pid'])
      await lab.on(host, ['kill', '-9', pid])
      await eventually(MINUTE, async () => {
        const { exitCode, stdout } = await lab.tryOn(host, ['cat', '/run/weave/weave.pid'])
        return (exitCode === 0 && stdout.trim() !== pid) || `no other router than ${pid}`
      })
      await lab.on('bravo', ['touch', slowness.until])
      const [bytes, digest] = (await fetched).split(' ')
      expect(Number(bytes)).toBe(20 * 1024 * 1024)
      expect(digest).toBe(await served)
    },
  )

  it('changes nothing at a second up, and loses no ping', async () => {
    const pinging = containers.exec('alpha', ['ping', '-i', '0.2', '-c', '100', containers.on('delta').address])
    const up = await lab.provision(['up', '--json'])
    const report = JSON.parse(up.stdout)
    expect(report.hosts.map((host: { changes: number; outcome: string }) => [host.changes, host.outcome])).toEqual(
      HOSTS.map(() => [0, 'ok']),
    )
    expect(await pinging).toContain(' 0% packet loss')
  })

  it('brings bridge, router, Docker and container back after a reboot of two hosts at once, with addresses and names (trap 2.13)', async () => {
    await Promise.all(['delta', 'bravo'].map(rebootAndLook))
  })

  it('down: returns the hosts to what they were', async () => {
    await Promise.all(HOSTS.map(host => lab.shell(host, 'docker rm -f web && docker rmi acceptance:1')))
    const down = await lab.provision(['down', '-y', '--json'])
    expect({ exitCode: down.exitCode, stderr: down.exitCode === 0 ? '' : down.stderr }).toEqual({
      exitCode: 0,
      stderr: '',
    })
    for (const host of HOSTS) expect(await lab.shell(host, FINGERPRINT)).toBe(before.get(host))
    expect(await lab.shell('alpha', 'tail -n 1 /var/log/weave-audit.jsonl')).toContain('"command": "down"')
  })

  async function awaitFile(host: string, path: string): Promise<void> {
    await eventually(MINUTE, async () => (await lab.tryOn(host, ['test', '-e', path])).exitCode === 0 || `no ${path}`)
  }

  async function rebootAndLook(host: string): Promise<void> {
    const { address } = containers.on(host)
    const gate = address.replace(/\d+$/, '200')
    await lab.on(host, ['weave', 'expose', `${gate}/16`, '-h', `gate-${host}.weave.local`])
    await lab.on(host, ['weave', 'dns-add', '192.0.2.80', '-h', `outside-${host}.weave.local`])
    await lab.on(host, ['touch', '/run/before-reboot'])
    await lab.tryOn(host, ['sh', '-c', 'nohup sh -c "sleep 1; reboot" >/dev/null 2>&1 &'])
    await eventually(90_000, async () => {
      const outcome = await lab.tryOn(host, [
        'sh',
        '-c',
        'test ! -e /run/before-reboot && docker inspect -f "{{.State.Running}}" web',
      ])
      return outcome.stdout.trim() === 'true' || `container: ${outcome.stderr}`
    })
    expect(await containers.refresh(host)).toEqual({ host, address })
    for (const one of [address, gate]) {
      await eventually(30_000, async () => {
        const ping = ['docker', 'exec', 'web', 'ping', '-c', '1', '-W', '1', one]
        return (await lab.tryOn('alpha', ping)).exitCode === 0 || `no answer from ${one}`
      })
    }
    const names = [`gate-${host} +${gate} `, `outside-${host} +192\\.0\\.2\\.80 `, `web +${address} `]
    await eventually(30_000, async () => {
      const shown = await lab.on('alpha', ['weave', 'status', 'dns'])
      return names.every(name => new RegExp(name).test(shown)) || shown
    })
  }

  async function reachable(host: string): Promise<readonly string[]> {
    const peers: { nickname: string; isReachable: boolean }[] = JSON.parse(
      await lab.on(host, ['weave', 'status', 'peers', '--json']),
    )
    return peers
      .filter(peer => peer.isReachable)
      .map(peer => peer.nickname)
      .sort()
  }
})
