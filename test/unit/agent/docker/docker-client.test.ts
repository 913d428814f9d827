import { createServer, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { marathonName, namesOf } from '../../../../src/agent/docker/container-names.ts'
import { DockerClient, dockerSocket } from '../../../../src/agent/docker/docker-client.ts'
import { readDetails } from '../../../../src/agent/docker/docker-shapes.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

const raw = {
  Id: 'ab'.repeat(32),
  Name: '/Web_1',
  State: { Running: true, Pid: 42 },
  Config: {
    Hostname: 'www',
    Domainname: 'weave.local',
    Env: ['MARATHON_APP_ID=/web/customer1/site1', 'MESOS_TASK_ID=web_customer1.instance-1', 'EMPTY'],
    Labels: { 'com.docker.compose.service': 'front end', 'works.weave.name': 'shop' },
  },
  NetworkSettings: { Networks: { bridge: { IPAddress: '10.2.1.0', Aliases: ['abababababab', 'cache'] } } },
}

describe('the host name of a container', () => {
  const named = (Hostname: string, Domainname = '') =>
    readDetails({ Id: 'ab'.repeat(32), Config: { Hostname, Domainname } })

  it.each([
    ['web.weave.local', '', ['web.weave.local']],
    ['web', 'weave.local', ['web.weave.local']],
    ['web.shop.weave.local', '', ['web.shop.weave.local']],
    ['web', '', []],
    ['web.elsewhere', '', []],
  ])('%s with the domain %j counts in weave.local as %j', (hostname, domain, names) => {
    expect(namesOf(named(hostname, domain), ['weave.local'])).toEqual(names)
  })

  it('may be in any of the domains; other names are in the first', () => {
    const shop = { ...named('web', 'shop.test'), name: 'One' }
    expect(namesOf(shop, ['weave.local', 'shop.test'])).toEqual(['one.weave.local', 'web.shop.test'])
    expect(namesOf(shop, [])).toEqual([])
  })

  it('goes with what the health check says, when there is one', () => {
    const judged = (Status: string) => readDetails({ Id: 'ab'.repeat(32), State: { Health: { Status } } }).health
    expect(['starting', 'healthy', 'unhealthy', 'none'].map(judged)).toEqual([
      'starting',
      'healthy',
      'unhealthy',
      undefined,
    ])
  })
})

describe('a container', () => {
  it('does not run while Docker waits to start it again', () => {
    const isRunning = (State: object) => readDetails({ Id: 'ab'.repeat(32), State }).isRunning
    expect(isRunning({ Running: true, Restarting: false })).toBe(true)
    expect(isRunning({ Running: true, Restarting: true })).toBe(false)
  })
})

function tellEvents(response: ServerResponse): void {
  response.write('{"Action":"start","Act')
  response.write('or":{"ID":"x"}}\n\n{"Action":"die","Actor":{"ID":"x"}}\n')
  const actor = { ID: 'net', Attributes: { container: 'x' } }
  response.write(`${JSON.stringify({ Type: 'network', Action: 'connect', Actor: actor })}\n`)
  response.end(`${JSON.stringify({ Type: 'network', Action: 'destroy', Actor: { ID: 'net' } })}\n`)
}

describe('the client of Docker', () => {
  const folder = useTemporaryFolder()
  const asked: string[] = []
  let ownNetwork: unknown
  let isHanging = false
  let quietMs = 0
  let server: Server

  beforeEach(async () => {
    asked.length = 0
    isHanging = false
    quietMs = 0
    server = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.setHeader('api-version', '1.41')
      if (request.url === '/_ping') response.end('OK')
      else if (request.url === '/v1.41/containers/web/json') response.end(JSON.stringify(raw))
      else if (request.url === '/v1.41/networks/bridge') response.end(JSON.stringify(ownNetwork))
      else if (isHanging) return
      else if (request.url?.startsWith('/v1.41/events')) {
        response.flushHeaders()
        setTimeout(() => tellEvents(response), quietMs)
      } else response.writeHead(404).end('{}')
    })
    await new Promise<void>(resolve => server.listen(join(folder(), 's'), resolve))
  })
  afterEach(() => server.close())

  it('speaks the version that the daemon speaks, and asks for it once', async () => {
    const docker = new DockerClient(join(folder(), 's'))
    expect(await docker.inspect('web')).toMatchObject({ name: 'Web_1', pid: 42, isRunning: true, hostname: 'www' })
    expect(await docker.find('nobody')).toBeUndefined()
    await expect(docker.inspect('no body')).rejects.toMatchObject({ exitCode: 1 })
    expect(asked).toEqual([
      '/_ping',
      '/v1.41/containers/web/json',
      '/v1.41/containers/nobody/json',
      '/v1.41/containers/no%20body/json',
    ])
  })

  it.each([
    ['its name', { Id: 'n', Options: { 'com.docker.network.bridge.name': 'weave' } }, 'weave'],
    ['nothing where it has no name', { Id: 'n', Options: null }, undefined],
  ])('tells of Docker’s own bridge %s', async (_, network, name) => {
    ownNetwork = network
    expect(await new DockerClient(join(folder(), 's')).bridgeName()).toBe(name)
  })

  it('puts events of containers together from the parts in which they come', async () => {
    const events = []
    for await (const event of await new DockerClient(join(folder(), 's')).openEvents(new AbortController().signal))
      events.push(event)
    expect(events).toEqual([
      { action: 'start', id: 'x' },
      { action: 'die', id: 'x' },
      { action: 'connect', id: 'x' },
    ])
  })

  it('gives up a daemon that does not even begin to tell of events', async () => {
    isHanging = true
    const told = new DockerClient(join(folder(), 's'), 50).openEvents(new AbortController().signal)
    await expect(told).rejects.toThrow(`Docker does not answer on ${join(folder(), 's')}: ETIMEDOUT`)
  })

  it('waits for an event for longer than for an answer', async () => {
    quietMs = 200
    const events = new DockerClient(join(folder(), 's'), 50).openEvents(new AbortController().signal)
    const seen = []
    for await (const event of await events) seen.push(event)
    expect(seen).toHaveLength(3)
  })

  it('says where it looked when there is no Docker', async () => {
    const path = join(folder(), 'none')
    await expect(new DockerClient(path).inspect('web')).rejects.toThrow(`Docker does not answer on ${path}: ENOENT`)
  })

  it('asks this host’s daemon, whatever a remote DOCKER_HOST says', () => {
    expect(dockerSocket('/', {})).toBe('/var/run/docker.sock')
    expect(dockerSocket('/', { DOCKER_HOST: 'unix:///run/weave/weave.sock' })).toBe('/run/weave/weave.sock')
    expect(dockerSocket('/', { DOCKER_HOST: 'tcp://10.0.0.1:2375' })).toBe('/var/run/docker.sock')
  })
})

describe('the names of a container', () => {
  it('are its own, its networks’, its service’s, its label’s, its app’s and its task’s', () => {
    expect(namesOf(readDetails(raw), ['weave.local'])).toEqual([
      'web_1.weave.local',
      'cache.weave.local',
      'shop.weave.local',
      'site1.customer1.web.weave.local',
      'web-customer1-instance-1.weave.local',
      'www.weave.local',
    ])
  })

  it('are none of an app without a name', () => {
    expect([marathonName(undefined), marathonName('/')]).toEqual([undefined, undefined])
  })
})
