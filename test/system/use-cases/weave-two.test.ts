import { DockerLab, type HostName } from '../containers/docker-lab.ts'
import { eventually } from '../eventually.ts'

/** A server of one line: busybox's nc runs the script for each connection. */
const serve = (port: number, script: string) => `nc -ll -p ${port} -e sh -c '${script}'`

/**
 * The commands of the write-up on Weave 2 (2018): Docker through the proxy and the plugin, names, a three-tier application; one
 * host at home, behind a gateway that translates its address.
 */
describe('Weave 2', () => {
  let lab: DockerLab

  beforeAll(async () => {
    lab = await DockerLab.create({ byHand: ['a', 'b', 'c'], behindNat: 'b' })
  })

  afterAll(async () => lab.dispose())

  /** Through the proxy, as after `eval $(weave env)` in the same shell. */
  function dockerRun(host: HostName, ...words: readonly string[]): Promise<string> {
    return lab.must(host, 'bash', '-euc', 'eval $(weave env); docker run -d "$@"', 'bash', ...words)
  }

  async function says(host: HostName, container: string, command: string): Promise<string> {
    return (await lab.on(host, ['docker', 'exec', container, 'sh', '-c', command])).stdout.trim()
  }

  async function eventuallySays(host: HostName, container: string, command: string, wanted: string): Promise<void> {
    await eventually(30_000, async () => {
      const said = await says(host, container, command)
      return said.includes(wanted) || `${container}: ${command}: '${said}'`
    })
  }

  it('two commands a host, and containers find each other by their names, both ways', async () => {
    await lab.type('a', 'weave launch')
    await dockerRun('a', '--name', 'app_on_host1', 'ubuntu', 'sleep', '86400')
    await lab.type('b', `weave launch ${lab.addressOf('a')}`)
    await dockerRun('b', '--name', 'app_on_host2', 'ubuntu', 'sleep', '86400')
    const ping = (from: string, to: string) =>
      `script -qec 'docker exec -ti app_on_${from} ping -c 2 -w 30 app_on_${to}' /dev/null`
    await eventually(20_000, async () => {
      const { stdout } = await lab.on('a', ['sh', '-c', ping('host1', 'host2')])
      return stdout.includes(' 0% packet loss') || stdout
    })
    expect(await lab.type('b', ping('host2', 'host1'))).toContain(' 0% packet loss')
  })

  it('Docker shows the network weave, whose containers have addresses and names too (PLG-05)', async () => {
    await eventually(20_000, async () => {
      const shown = await lab.type('a', 'docker network ls')
      return /\bweave +weavemesh\b/.test(shown) || shown
    })
    await lab.docker('a', 'run', '-d', '--network', 'weave', '--name', 'plugged', 'ubuntu', 'sleep', '86400')
    await eventuallySays('b', 'app_on_host2', 'ping -c 1 -W 2 plugged', ' 0% packet loss')
  })

  it('status and ps show peers, connections and containers', async () => {
    expect(await lab.type('a', 'weave status')).toMatch(/Service: router[\s\S]*Peers: 2 /)
    expect(await lab.type('a', 'weave status peers')).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}\(a\)$/m)
    expect(await lab.type('a', 'weave status connections')).toMatch(
      /^(<-|->) 10\.93\.1\.2:\d+ +established +(?:encrypted +)?\S+ ([0-9a-f]{2}:){5}[0-9a-f]{2}\(b\)/m,
    )
    const [first = ''] = (await lab.docker('a', 'inspect', '-f', '{{.Id}}', 'app_on_host1')).split('\n')
    expect(await lab.type('a', 'weave ps')).toMatch(
      new RegExp(`^${first.slice(0, 12)} ([0-9a-f]{2}:){5}[0-9a-f]{2} 10\\.\\d+\\.\\d+\\.\\d+/12$`, 'm'),
    )
  })

  it('a reset and a launch with a password; two hosts that share one peer connect by themselves', async () => {
    for (const host of ['a', 'b'] as const) {
      await lab.type(host, 'docker rm -f $(docker ps -aq) && weave reset')
      expect(await lab.must(host, 'ip', 'link')).not.toContain('weave')
      expect((await lab.on(host, ['nft', 'list', 'table', 'bridge', 'weave'])).exitCode).not.toBe(0)
    }
    await lab.type('a', 'weave launch --password weavetest')
    await lab.type('b', `weave launch ${lab.addressOf('a')} --password weavetest`)
    await lab.type('c', `weave launch ${lab.addressOf('a')} 10.93.1.99 --password weavetest`)
    await eventually(30_000, async () => {
      const shown = await lab.type('c', 'weave status connections')
      return /established.*\(b\)/.test(shown) || shown
    })
  })

  it('database, backend and frontend on three hosts find each other by name, and only the frontend is published', async () => {
    await dockerRun('a', '--name', 'database', 'ubuntu', 'sh', '-c', serve(5432, 'echo forty-two'))
    const asks = 'printf "HTTP/1.0 200 OK\\r\\n\\r\\n$HOSTNAME: "; nc database 5432'
    await dockerRun('b', '--name', 'backend', 'ubuntu', 'sh', '-c', serve(8080, asks))
    const shows = 'printf "HTTP/1.0 200 OK\\r\\n\\r\\n"; wget -qO- http://backend:8080/'
    await dockerRun('c', '-p', '8000:80', '--name', 'frontend', 'ubuntu', 'sh', '-c', serve(80, shows))
    const visit = ['curl', '-s', '--max-time', '15', `http://${lab.addressOf('c')}:8000/`]
    await eventually(30_000, async () => {
      const { stdout } = await lab.on('a', visit)
      return stdout.includes('backend: forty-two') || stdout
    })
    expect(await lab.docker('a', 'port', 'database')).toBe('')
    expect(await lab.docker('b', 'port', 'backend')).toBe('')
    for (const port of ['5432', '8080']) {
      for (const host of ['a', 'b'] as const) {
        const outside = ['curl', '-s', '--max-time', '2', `http://${lab.addressOf(host)}:${port}/`]
        expect((await lab.on('c', outside)).exitCode).not.toBe(0)
      }
    }
  })

  it('containers of one name answer in turn, and a dead one disappears', async () => {
    for (const host of ['a', 'b'] as const) {
      await dockerRun(host, '--name', `web-${host}`, '-h', 'web.weave.local', 'ubuntu', 'sleep', '86400')
    }
    const ask = async () => {
      const shown = await says('c', 'frontend', 'getent ahostsv4 web.weave.local')
      return [...new Set(shown.split('\n').map(line => line.split(/\s+/)[0] ?? ''))].filter(one => one !== '')
    }
    await eventually(20_000, async () => (await ask()).length === 2 || `${await ask()}`)
    const first = new Set<string>()
    await eventually(20_000, async () => {
      first.add((await says('c', 'frontend', 'getent hosts web.weave.local')).split(/\s+/)[0] ?? '')
      return first.size === 2 || 'always the same'
    })
    await lab.docker('b', 'kill', 'web-b')
    await eventually(20_000, async () => (await ask()).length === 1 || `${await ask()}`)
  })
})
