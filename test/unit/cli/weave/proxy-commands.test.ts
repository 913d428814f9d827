import { join } from 'node:path'
import { useTemporaryFolder } from '../../agent/temporary-folder.ts'
import { FakeRouter } from './fake-router.ts'

describe('commands for the proxy', () => {
  const folder = useTemporaryFolder()
  const { DOCKER_HOST: formerHost } = process.env
  let host: FakeRouter

  beforeEach(async () => {
    delete process.env.DOCKER_HOST
    host = new FakeRouter(folder())
    await host.router(() => '')
  })

  afterEach(() => {
    host.close()
    delete process.env.ORIG_DOCKER_HOST
    delete process.env.DOCKER_HOST
    if (formerHost !== undefined) process.env.DOCKER_HOST = formerHost
  })

  it('launch-proxy takes the flags of when it was a container, and says what became of them (OLD-04)', async () => {
    await host.weave(
      'launch-proxy',
      '--no-restart',
      '--log-level',
      'debug',
      '--docker-api',
      'unix:///var/run/docker.sock',
    )
    expect(host.asked).toEqual(['POST /proxy'])
    expect(host.warned.match(/^warning: --(no-restart|log-level|docker-api) has no effect: /gm)).toHaveLength(3)
  })

  it('stop-proxy and stop warn who still has it for Docker (CLI-22, OLD-05)', async () => {
    await host.weave('stop-proxy')
    expect(host.warned).toBe('')
    process.env.DOCKER_HOST = `unix://${join(folder(), 'run/weave/weave.sock')}`
    await host.weave('stop-proxy')
    expect(host.warned).toBe('warning: DOCKER_HOST still points at the proxy: run `eval $(weave env --restore)`\n')
  })

  it('env says how the proxy comes back that was stopped (CLI-14)', async () => {
    const idle = new FakeRouter(join(folder(), 'elsewhere'))
    for (const [one, remedy] of [
      [host, '`weave launch-proxy`'],
      [idle, '`weave launch`'],
    ] as const)
      await expect(one.weave('env')).rejects.toMatchObject({
        problems: [{ cause: 'the proxy for Docker is not running', remedy: expect.stringContaining(remedy) }],
      })
  })

  it('stop is content where no router runs (CLI-22)', async () => {
    const idle = new FakeRouter(join(folder(), 'elsewhere'))
    await idle.weave('stop')
    expect(idle.warned).toBe('warning: weave is not running\n')
  })

  it('env --restore says as JSON too where Docker was (CLI-14)', async () => {
    process.env.ORIG_DOCKER_HOST = 'tcp://192.0.2.7:2375'
    await host.weave('env', '--restore', '--json')
    process.env.ORIG_DOCKER_HOST = ''
    await host.weave('env', '--restore', '--json')
    expect(host.printed).toBe('{"DOCKER_HOST":"tcp://192.0.2.7:2375"}\n{"DOCKER_HOST":null}\n')
  })
})
