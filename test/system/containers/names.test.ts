import { eventually } from '../eventually.ts'
import { DockerLab, type HostName } from './docker-lab.ts'

const HOSTS = ['a', 'b'] as const

/** With health checks that a real Docker makes. */
describe('names of containers that come with a health check', () => {
  let lab: DockerLab

  beforeAll(async () => {
    lab = await DockerLab.create()
    for (const host of HOSTS) {
      const nearest = host === 'a' ? ['--dns-nearest-first'] : []
      await lab.launch(host, '--dns-domain', 'weave.local,shop.test', '--dns-health-checks', ...nearest)
    }
    await lab.mustWeave('a', 'status', '--wait', '60')
    for (const host of HOSTS) {
      await put(host, `web-${host}`, [
        '--health-cmd',
        'test ! -e /ill',
        '--health-interval',
        '1s',
        '--health-retries',
        '1',
      ])
    }
  })

  afterAll(async () => lab?.dispose())

  it('are answered nearest first, with those that are well, and all again when all are or none is (DNS-03, DNS-04)', async () => {
    const [ofA, ofB] = await Promise.all(HOSTS.map(host => addressOf(host, `web-${host}`)))
    await becomes('a', 'shop.weave.local', [ofA, ofB])
    // In turn, each of these would have begun with either.
    for (let again = 0; again < 12; again++)
      expect((await lab.mustWeave('a', 'dns-lookup', 'shop.weave.local')).split('\n')).toEqual([ofA, ofB])
    await lab.docker('b', 'exec', 'web-b', 'touch', '/ill')
    await becomes('a', 'shop.weave.local', [ofA])
    await becomes('b', 'shop.weave.local', [ofA])
    expect(await lab.mustWeave('a', 'status', 'dns')).toMatch(new RegExp(`^web-b +${ofB} .* - unhealthy$`, 'm'))
    expect(await addresses('b', 'web-b.weave.local')).toEqual([ofB])
    await lab.docker('a', 'exec', 'web-a', 'touch', '/ill')
    await becomes('b', 'shop.weave.local', [ofA, ofB])
    await lab.docker('b', 'exec', 'web-b', 'rm', '/ill')
    await becomes('a', 'shop.weave.local', [ofB])
  })

  it('may be in each of the domains, and in no other (CLI-11, CLI-12, FLAG-17)', async () => {
    await put('a', 'plain', ['-h', 'till.shop.test'])
    const address = await addressOf('a', 'plain')
    await becomes('b', 'till.shop.test', [address])
    expect(await addresses('b', 'plain.weave.local')).toEqual([address])
    await lab.mustWeave('a', 'dns-add', '10.2.9.9', '-h', 'db.shop.test')
    await becomes('b', 'db.shop.test', ['10.2.9.9'])
    await lab.mustWeave('a', 'dns-add', 'plain', '-h', 'also.shop.test')
    await becomes('b', 'also.shop.test', [address])
    await lab.mustWeave('a', 'dns-remove', 'plain', '-h', 'also.shop.test')
    await becomes('b', 'also.shop.test', [])
    expect(await addresses('b', 'till.shop.test')).toEqual([address])
    const refusal = await lab.weave('a', 'dns-add', '10.2.9.9', '-h', 'db.example.com')
    expect(refusal).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("'db.example.com' is not in the domain 'weave.local' or 'shop.test'"),
    })
    expect(await lab.mustWeave('a', 'status')).toMatch(/^ +Domain: weave\.local\., shop\.test\.$/m)
  })

  async function put(host: HostName, name: string, options: readonly string[]): Promise<void> {
    const labelled = ['--name', name, '--label', 'works.weave.name=shop', ...options]
    await lab.mustWeave(host, 'run', ...labelled, 'busybox:test', 'sleep', '86400')
  }

  async function addressOf(host: HostName, container: string): Promise<string> {
    return (await lab.mustWeave(host, 'ps', container)).replace(/^.* (\S+)\/\d+$/, '$1')
  }

  async function addresses(host: HostName, name: string): Promise<readonly string[]> {
    const found = await lab.mustWeave(host, 'dns-lookup', name)
    return found
      .split('\n')
      .filter(line => line !== '')
      .sort()
  }

  async function becomes(host: HostName, name: string, wanted: readonly (string | undefined)[]): Promise<void> {
    await eventually(20_000, async () => {
      const found = await addresses(host, name)
      return found.join() === [...wanted].sort().join() || `${name} is ${found} on ${host}, not ${wanted}`
    })
  }
})
