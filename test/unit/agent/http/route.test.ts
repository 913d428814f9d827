import { createServer } from 'node:http'
import { join } from 'node:path'
import { respond } from '../../../../src/agent/http/answering.ts'
import { askRouter } from '../../../../src/agent/http/control-client.ts'
import { findRoute, type Route } from '../../../../src/agent/http/route.ts'
import { EXIT_CODES, UserError } from '../../../../src/base/user-error.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

const answer = () => ({ code: 200, text: '' })
const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/ip/:container', answer },
  { method: 'POST', path: '/ip/:container/:cidr*', answer },
]

describe('a route', () => {
  it.each([
    ['GET', '/ip/c1', { container: 'c1' }],
    ['GET', '/ip/a%2Fb', { container: 'a/b' }],
    ['POST', '/ip/c1/10.2.1.0/24', { container: 'c1', cidr: '10.2.1.0/24' }],
  ])('%s %s is found with what the path says', (method, path, parameters) => {
    expect(findRoute(ROUTES, method, path)).toMatchObject({ parameters })
  })

  it.each([
    ['GET', '/ip', 404],
    ['GET', '/ip/', 404],
    ['GET', '/ip/%E0%A4%A', 404],
    ['GET', '/ip/c1/10.2.1.0', 405],
    ['DELETE', '/ip/c1', 405],
    ['POST', '/ip/c1/', 404],
  ])('%s %s is refused', (method, path, code) => {
    expect(findRoute(ROUTES, method, path)).toBe(code)
  })
})

describe('an answer', () => {
  const folder = useTemporaryFolder()

  it('is sent as its parts come', async () => {
    const text = (async function* () {
      yield 'one\n'
      yield 'two\n'
    })()
    expect(await ask({ code: 200, text })).toBe('one\ntwo\n')
  })

  it('names cause and remedy of what the user got wrong', async () => {
    const failure = new UserError({ cause: 'no such thing', remedy: 'name another' }, EXIT_CODES.badInput)
    await expect(ask(failure)).rejects.toMatchObject({ problems: failure.problems })
  })

  async function ask(outcome: Awaited<ReturnType<Route['answer']>> | Error): Promise<string> {
    const route: Route = {
      method: 'GET',
      path: '/it',
      answer: () => {
        if (outcome instanceof Error) throw outcome
        return outcome
      },
    }
    const server = createServer((request, response) => void respond([route], request, response))
    const socket = join(folder(), 'it.sock')
    await new Promise<void>(resolve => void server.listen(socket, resolve))
    try {
      return await askRouter(socket, { path: '/it' })
    } finally {
      server.close()
    }
  }
})
