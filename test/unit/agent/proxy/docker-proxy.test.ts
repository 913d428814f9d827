import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { DockerClient } from '../../../../src/agent/docker/docker-client.ts'
import { requestOverUnix } from '../../../../src/agent/http/unix-request.ts'
import { DockerProxy } from '../../../../src/agent/proxy/docker-proxy.ts'
import { DEFAULT_PROXY } from '../../../../src/agent/proxy/proxy-settings.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

describe('the proxy for Docker', () => {
  const folder = useTemporaryFolder()
  let heard: string[]
  let docker: Server
  let proxy: DockerProxy

  beforeEach(async () => {
    heard = []
    docker = createServer((request, response) => {
      heard.push(`${request.method} ${request.url}`)
      response.writeHead(201).end('{"Id":"e1"}')
    })
    await new Promise<void>(resolve => docker.listen(join(folder(), 'docker.sock'), resolve))
  })
  afterEach(() => {
    proxy.close()
    docker.close()
  })

  function create(attach: (id: string) => Promise<unknown>): void {
    proxy = new DockerProxy({
      path: join(folder(), 'weave.sock'),
      docker: new DockerClient(join(folder(), 'docker.sock')),
      addresses: { domains: async () => [], nameServer: async () => undefined },
      waitFolder: folder(),
      attach,
      placeOf: async () => undefined,
      log: { write: (level, message, fields) => void heard.push(`${level}: ${message}: ${fields?.reason}`) },
    })
  }

  async function open(attach: (id: string) => Promise<unknown>): Promise<void> {
    create(attach)
    await proxy.open({ ...DEFAULT_PROXY, isOn: true })
  }

  function enter() {
    const socketPath = join(folder(), 'weave.sock')
    return requestOverUnix({ socketPath, method: 'POST', path: '/v1.41/containers/c%201/exec', timeoutMs: 60_000 })
  }

  it('lets a command into a container when that has its network, whoever started it (PRX-05)', async () => {
    await open(async id => {
      await new Promise(resolve => setImmediate(resolve))
      heard.push(`attached ${id}`)
    })
    expect(await enter()).toMatchObject({ code: 201, text: '{"Id":"e1"}' })
    expect(heard).toEqual(['attached c 1', 'POST /v1.41/containers/c%201/exec'])
  })

  it('lets it into one that cannot have its network too, so that somebody can look why, and says so', async () => {
    await open(async () => {
      throw new Error('all are in use')
    })
    expect(await enter()).toMatchObject({ code: 201 })
    expect(heard[0]).toBe('warn: command in a container without its network: all are in use')
  })

  it('listens as it was told last, when it is told again before it listens', async () => {
    create(async () => undefined)
    const place = { kind: 'tcp', ip: '127.0.0.1', port: await freePort() } as const
    const told = [true, true, false, true].map(withPlace =>
      proxy.open({ ...DEFAULT_PROXY, isOn: true, listen: withPlace ? [place] : [] }),
    )
    await Promise.all(told)
    expect(proxy.addresses).toEqual([`unix://${join(folder(), 'weave.sock')}`, `tcp://127.0.0.1:${place.port}`])
    expect(await enter()).toMatchObject({ code: 201 })
  })

  it('listens no more when it is closed before it listens', async () => {
    create(async () => undefined)
    const opened = proxy.open({ ...DEFAULT_PROXY, isOn: true })
    await Promise.resolve()
    proxy.close()
    await opened
    await proxy.open({ ...DEFAULT_PROXY, isOn: true })
    expect(proxy.addresses).toEqual([])
    expect(existsSync(join(folder(), 'weave.sock'))).toBe(false)
  })

  it('hears a request to its end before it refuses what is too large', async () => {
    await open(async () => undefined)
    const socketPath = join(folder(), 'weave.sock')
    const body = ' '.repeat(20_000_000)
    const path = '/v1.41/containers/create'
    expect(await requestOverUnix({ socketPath, method: 'POST', path, body, timeoutMs: 60_000 })).toMatchObject({
      code: 502,
      text: expect.stringContaining('the request has more than 16777216 bytes'),
    })
    expect(heard).toEqual([expect.stringContaining('request to Docker not passed on')])
  })
})

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createTcpServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
