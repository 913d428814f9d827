import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type ApiAddresses, ApiListeners, objectionTo } from '../../../../src/agent/http/api-listeners.ts'
import { formatListenAddress, parseListenAddress } from '../../../../src/agent/http/listen-address.ts'
import type { Method, Route } from '../../../../src/agent/http/route.ts'
import { requestOverUnix } from '../../../../src/agent/http/unix-request.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

const ROUTES: readonly Route[] = [
  route('GET', '/status'),
  route('GET', '/status/peers'),
  route('GET', '/report'),
  route('GET', '/metrics'),
  route('GET', '/ring'),
  route('POST', '/connect'),
  route('DELETE', '/peer'),
  { ...route('POST', '/password'), isForRoot: true },
]

function route(method: Method, path: string): Route {
  return { method, path, answer: () => ({ code: 200, text: `${method} ${path}` }) }
}

describe('the API beside the control socket', () => {
  const folder = useTemporaryFolder()
  const listeners: ApiListeners[] = []

  afterEach(() => {
    for (const one of listeners.splice(0)) one.close()
  })

  it('is served on TCP where that was asked for', async () => {
    const address = await freeAddress()
    await open({ httpAddress: address })
    expect(await ask(address, 'GET', '/status')).toEqual({ code: 200, text: 'GET /status' })
    expect(await ask(address, 'POST', '/connect')).toMatchObject({ code: 200 })
  })

  it('keeps what is for root alone to the control socket', async () => {
    const address = await freeAddress()
    await open({ httpAddress: address })
    expect(await ask(address, 'POST', '/password')).toMatchObject({ code: 404 })
  })

  it('changes nothing, and waits for nothing, where it is for status', async () => {
    const path = join(folder(), 'status.sock')
    await open({ statusAddress: path })
    const codeOf = async (method: Method, at: string) =>
      (await requestOverUnix({ socketPath: path, method, path: at, timeoutMs: 60_000 })).code
    for (const page of ['/status', '/status/peers', '/report', '/metrics']) expect(await codeOf('GET', page)).toBe(200)
    expect(await codeOf('GET', '/ring')).toBe(404)
    expect(await codeOf('POST', '/connect')).toBe(404)
    expect(await codeOf('DELETE', '/peer')).toBe(404)
    expect(await codeOf('POST', '/password')).toBe(404)
  })

  it('has metrics and nothing else where it is for them', async () => {
    const address = await freeAddress()
    await open({ metricsAddress: address })
    expect(await ask(address, 'GET', '/metrics')).toMatchObject({ code: 200 })
    expect(await ask(address, 'GET', '/status')).toMatchObject({ code: 404 })
  })

  it('says which address cannot be had, and serves the others', async () => {
    const taken = createServer()
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
    const path = join(folder(), 'metrics.sock')
    const failures = await open({
      httpAddress: `127.0.0.1:${(taken.address() as AddressInfo).port}`,
      statusAddress: 'nowhere',
      metricsAddress: path,
    })
    taken.close()
    expect(failures).toEqual([expect.stringContaining('EADDRINUSE'), expect.stringContaining("'nowhere' is neither")])
    expect(await requestOverUnix({ socketPath: path, path: '/metrics', timeoutMs: 60_000 })).toMatchObject({
      code: 200,
    })
  })

  it('refuses web pages that have a browser of this host ask', async () => {
    const address = await freeAddress()
    await open({ httpAddress: address })
    expect(await ask(address, 'POST', '/connect', { origin: 'http://evil.example' })).toMatchObject({ code: 403 })
    expect(await ask(address, 'GET', '/status', { host: 'evil.example:6784' })).toMatchObject({ code: 403 })
    expect(await ask(address, 'GET', '/status', { host: 'localhost:6784' })).toMatchObject({ code: 200 })
  })

  it('refuses what comes from outside to an address of this host alone', () => {
    const at = (host: string) => ({ kind: 'tcp', host, port: 6784 }) as const
    const from = (remoteAddress: string) => ({ headers: {}, method: 'GET', socket: { remoteAddress } })
    expect(objectionTo(from('192.0.2.9'), at('127.0.0.1'), 'httpAddress')).toBe('for processes of this host')
    expect(objectionTo(from('127.0.0.1'), at('127.0.0.1'), 'httpAddress')).toBeUndefined()
    expect(objectionTo(from('192.0.2.9'), at('0.0.0.0'), 'statusAddress')).toBeUndefined()
  })

  async function open(addresses: ApiAddresses): Promise<readonly string[]> {
    const failures: string[] = []
    const opened = new ApiListeners(ROUTES)
    listeners.push(opened)
    await opened.listen(addresses, (_, reason) => failures.push(reason))
    return failures
  }
})

describe('an address to listen on', () => {
  it.each([
    ['127.0.0.1:6784', '127.0.0.1:6784'],
    ['localhost:6784', '127.0.0.1:6784'],
    [':6782', '0.0.0.0:6782'],
    ['[::1]:6784', '[::1]:6784'],
    ['/run/weave/api.sock', '/run/weave/api.sock'],
  ])('%j is %s', (text, formatted) => {
    const address = parseListenAddress(text)
    expect(address.ok && formatListenAddress(address.value)).toBe(formatted)
  })

  it.each(['6784', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:70000', 'host.example:80', 'run/weave.sock', '::1:6784'])(
    '%j is none',
    text => {
      expect(parseListenAddress(text)).toMatchObject({ ok: false, error: expect.stringContaining(text) })
    },
  )
})

/** One that nobody has at the moment. */
async function freeAddress(): Promise<string> {
  const probe = createServer()
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  return `127.0.0.1:${port}`
}

function ask(
  address: string,
  method: Method,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const [host = '', port = ''] = address.split(':')
    const asked = request({ host, port: Number(port), method, path, headers }, response => {
      let text = ''
      response.on('data', part => {
        text += part
      })
      response.on('end', () => resolve({ code: response.statusCode ?? 0, text }))
    })
    asked.on('error', reject)
    asked.end()
  })
}
