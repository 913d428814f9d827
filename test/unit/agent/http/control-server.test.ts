import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { askRouter, followRouter, isRouterRunning } from '../../../../src/agent/http/control-client.ts'
import { ControlServer } from '../../../../src/agent/http/control-server.ts'
import { untilReady } from '../../../../src/agent/http/readiness.ts'
import type { Route } from '../../../../src/agent/http/route.ts'
import { type RouterControl, routerRoutes } from '../../../../src/agent/http/router-routes.ts'
import { requestOverUnix } from '../../../../src/agent/http/unix-request.ts'
import type { Endpoint } from '../../../../src/base/endpoint.ts'
import type { PeerName } from '../../../../src/base/peer-name.ts'
import type { RouterStatus } from '../../../../src/core/router/index.ts'
import { NO_SIZES } from '../table-sizes.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

const STATUS: RouterStatus = {
  name: '02:00:00:00:00:01' as PeerName,
  nickname: 'alpha',
  membership: 'certified',
  shortId: 1,
  clusterId: 'x',
  manifestVersion: 1,
  sizes: NO_SIZES,
  discovery: true,
  wayChanges: 0,
  refused: {},
  targets: [{ ip: '192.0.2.1', port: 6783 }],
  connections: [],
  peers: [],
}

describe('the control socket', () => {
  const folder = useTemporaryFolder()
  const servers: ControlServer[] = []

  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  it('is for root alone', async () => {
    const { path } = await listen()
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('answers in text, or in JSON when asked', async () => {
    const { path } = await listen()
    expect(await askRouter(path, { path: '/status/targets' })).toBe('192.0.2.1:6783\nhome.example.net:6783\n')
    const json = await askRouter(path, { path: '/status/targets?format=json' })
    expect(JSON.parse(json)).toEqual([{ ip: '192.0.2.1', port: 6783 }])
  })

  it('passes targets on, with the router’s own port where none is given (ARG-01)', async () => {
    const { path, connected } = await listen()
    const body = new URLSearchParams('peer=192.0.2.7&peer=192.0.2.8:7000&replace=true')
    await askRouter(path, { method: 'POST', path: '/connect', body })
    expect(connected).toEqual([
      { ip: '192.0.2.7', port: 7001 },
      { ip: '192.0.2.8', port: 7000 },
    ])
  })

  it('refuses all targets when one is none', async () => {
    const { path, connected } = await listen()
    const body = new URLSearchParams('peer=192.0.2.7&peer=999.1.1.1')
    await expect(askRouter(path, { method: 'POST', path: '/connect', body })).rejects.toThrow('999.1.1.1')
    expect(connected).toEqual([])
  })

  it('refuses paths that it does not know, and bodies beyond its limit', async () => {
    const { path } = await listen()
    await expect(askRouter(path, { path: '/nothing' })).rejects.toThrow('there is nothing at /nothing')
    const body = new URLSearchParams({ peer: '1'.repeat(1_100_000) })
    await expect(askRouter(path, { method: 'POST', path: '/connect', body })).rejects.toThrow(
      'the request has more than 1048576 bytes',
    )
  })

  it('takes the place of what a dead agent has left, but not of a live one', async () => {
    const path = join(folder(), 'run', 'control.sock')
    mkdirSync(join(folder(), 'run'))
    writeFileSync(path, '')
    await listen()
    expect(await isRouterRunning(path)).toBe(true)
    await expect(listen()).rejects.toMatchObject({ condition: 'alreadyRunning' })
  })

  it('shows a router that is not ready yet with 503, whichever page is asked for (API-01)', async () => {
    let isReady = false
    const { path } = await listen(() => isReady)
    const codes = async () => {
      const ask = (page: string) => requestOverUnix({ socketPath: path, path: page, timeoutMs: 60_000 })
      const answers = await Promise.all(['/status', '/status/targets', '/healthz', '/status/none'].map(ask))
      return answers.map(({ code, text }) => [code, text.trim().split('\n')[0]])
    }
    const pages = (code: number) => [
      [code, expect.stringContaining('Version: 1.2.3')],
      [code, '192.0.2.1:6783'],
      [200, 'ok'],
      [404, expect.any(String)],
    ]
    expect(await codes()).toEqual(pages(503))
    isReady = true
    expect(await codes()).toEqual(pages(200))
  })

  it('is missed by a question when nobody listens', async () => {
    await expect(askRouter(join(folder(), 'none.sock'), { path: '/status' })).rejects.toMatchObject({
      condition: 'notRunning',
    })
  })

  it.each([
    ['ends in the middle of its answer', 5000, { condition: 'notRunning' }],
    ['says no more in the middle of its answer', 50, { message: expect.stringContaining('does not answer') }],
  ])('is missed by a question when the router %s', async (how, timeoutMs, refusal) => {
    const path = await answerWith(async function* () {
      yield 'the first part'
      if (how.startsWith('ends')) for (const server of servers) server.close()
      await new Promise(() => undefined)
    })
    await expect(askRouter(path, { path: '/parts', timeoutMs })).rejects.toMatchObject(refusal)
  })

  it('is missed by who follows when the router ends', async () => {
    const path = await answerWith(async function* () {
      yield 'the first part'
      for (const server of servers) server.close()
      await new Promise(() => undefined)
    })
    const heard = (async () => {
      for await (const _ of followRouter(path, '/parts'));
    })()
    await expect(heard).rejects.toMatchObject({ condition: 'notRunning' })
  })

  it('gets no further ahead of who does not read than the system does, and ends with who goes', async () => {
    let [told, hasEnded] = [0, false]
    const path = await answerWith(async function* () {
      try {
        for (; told < 1000; told++) yield 'x'.repeat(65_536)
      } finally {
        hasEnded = true
      }
    })
    const client = connect(path).pause()
    client.write('GET /parts HTTP/1.1\r\nhost: weave\r\n\r\n')
    while (told === 0) await turn()
    for (let i = 0; i < 100; i++) await turn()
    expect(told).toBeLessThan(100)
    expect(hasEnded).toBe(false)
    client.destroy()
    while (!hasEnded) await turn()
    expect(told).toBeLessThan(100)
  })

  async function answerWith(text: () => AsyncIterable<string>): Promise<string> {
    const path = join(folder(), 'run', 'control.sock')
    const routes: readonly Route[] = [{ method: 'GET', path: '/parts', answer: () => ({ code: 200, text: text() }) }]
    const server = new ControlServer({ socket: path, addresses: {}, failed: () => undefined }, routes)
    await server.listen()
    servers.push(server)
    return path
  }

  async function listen(isReady = () => true): Promise<{ path: string; connected: Endpoint[] }> {
    const connected: Endpoint[] = []
    const control: RouterControl = {
      version: '1.2.3',
      port: 7001,
      status: () => STATUS,
      report: async () => undefined,
      admission: () => ({ kind: 'certificates', trustedSubnets: [], refused: {} }),
      services: () => ({ text: '', json: {} }),
      unresolved: () => [{ name: 'home.example.net', port: 6783 }],
      connect: ({ endpoints }) => void connected.push(...endpoints),
      forget: () => undefined,
    }
    const path = join(folder(), 'run', 'control.sock')
    const routes = untilReady(routerRoutes(control), isReady)
    const server = new ControlServer({ socket: path, addresses: {}, failed: () => undefined }, routes)
    await server.listen()
    servers.push(server)
    return { path, connected }
  }
})

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
