import { useTemporaryFolder } from '../../agent/temporary-folder.ts'
import { FakeRouter } from './fake-router.ts'

const ID = 'c'.repeat(64)

describe('commands for names', () => {
  const folder = useTemporaryFolder()
  const formerHost = process.env.DOCKER_HOST
  let host: FakeRouter

  beforeEach(async () => {
    delete process.env.DOCKER_HOST
    host = new FakeRouter(folder())
    await host.router(question => (question.startsWith('GET') ? ANSWERS[question] : ''))
    await host.docker(question => CONTAINERS[/containers\/([^/]+)\/json/.exec(question)?.[1] ?? ''] ?? '')
  })

  afterEach(() => {
    host.close()
    if (formerHost !== undefined) process.env.DOCKER_HOST = formerHost
  })

  it('take away all names of a container, or the one that is named (CLI-11)', async () => {
    await host.weave('dns-remove', 'web')
    await host.weave('dns-remove', 'web', '-h', 'x.weave.local')
    await host.weave('dns-remove', '10.2.1.1', 'web')
    expect(host.asked).toEqual([
      `DELETE /name/${ID}`,
      `DELETE /name/${ID}?fqdn=x.weave.local`,
      `DELETE /name/${ID}/10.2.1.1`,
    ])
  })

  it.each([[[]], [['10.2.1.1']], [['-h', 'x.weave.local']]])(
    'take away no names at all when %j does not say whose',
    async words => {
      await expect(host.weave('dns-remove', ...words)).rejects.toMatchObject({ exitCode: 1 })
      expect(host.asked).toEqual([])
    },
  )

  it('take away the name of an address that is no container’s', async () => {
    await host.weave('dns-remove', '10.2.1.1', '-h', 'x.weave.local')
    expect(host.asked).toEqual(['DELETE /name/weave:extern/10.2.1.1?fqdn=x.weave.local'])
  })

  it('give a container its own name for each of its addresses, when no other is said (CLI-10)', async () => {
    await host.weave('dns-add', 'web')
    const named = 'fqdn=web.weave.local'
    expect(host.asked).toEqual([
      `GET /ip/${ID}`,
      `PUT /name/${ID}/10.2.1.7 ${named}`,
      `PUT /name/${ID}/10.3.1.7 ${named}`,
    ])
  })

  it('refuse a container that is not there, or does not run, with the codes of the original (ARG-07)', async () => {
    await expect(host.weave('dns-add', 'stopped', '-h', 'x.weave.local')).rejects.toMatchObject({ exitCode: 2 })
    expect(host.asked).toEqual([])
  })

  it('print the arguments that `docker run` needs, as it is told of them (CLI-13)', async () => {
    await host.weave('dns-args')
    await host.weave('dns-args', '--name=w1')
    await host.weave('dns-args', '--name', 'w1', '-h', 'other')
    await host.weave('dns-args', '--dns-search=example.com')
    await host.weave('dns-args', '--without-dns')
    expect(host.printed.split('\n')).toEqual([
      '--dns=172.17.0.1 --dns-search=weave.local.',
      '--dns=172.17.0.1 --dns-search=weave.local. --hostname=w1.weave.local',
      '--dns=172.17.0.1 --dns-search=.',
      '--dns=172.17.0.1',
      '',
    ])
  })
})

const ANSWERS: Readonly<Record<string, string>> = {
  'GET /dns-address': '172.17.0.1\n',
  'GET /domains': 'weave.local.\n',
  [`GET /ip/${ID}`]: '10.2.1.7/24 10.3.1.7/16\n',
}

const container = (isRunning: boolean) =>
  JSON.stringify({
    Id: ID,
    Name: '/web',
    State: { Running: isRunning, Pid: isRunning ? 7 : 0 },
    Config: { Hostname: 'web', Domainname: 'weave.local' },
  })

const CONTAINERS: Readonly<Record<string, string>> = { web: container(true), stopped: container(false) }
