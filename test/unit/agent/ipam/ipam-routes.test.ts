import { findRoute } from '../../../../src/agent/http/route.ts'
import { AddressDesk } from '../../../../src/agent/ipam/address-desk.ts'
import { ipamRoutes } from '../../../../src/agent/ipam/ipam-routes.ts'
import type { Input, IpamAnswer, SharedView } from '../../../../src/core/router/index.ts'

describe('the routes of the address space', () => {
  it('end a wait for the first owner when the router has settled it, and tell its reason (API-16)', async () => {
    expect(await ring({ kind: 'done' })).toEqual({ code: 204, text: '' })
    expect(await ring({ kind: 'refused', reason: 'not settled after 60 s: waited for 2 routers' })).toEqual({
      code: 400,
      text: expect.stringMatching(/^not settled after 60 s: waited for 2 routers\n/),
    })
  })

  it('say of a router that hands out no addresses that it does not, and what to do', async () => {
    const answer = { code: 404, text: expect.stringMatching(/^this router hands out no addresses\ngive it a range: /) }
    for (const path of ['/status/ipam', '/ring', '/ip']) expect(await get(path, {})).toEqual(answer)
  })
})

/** `GET /ring` of a router that gives the answer when its time is over. */
async function ring(answer: IpamAnswer): Promise<unknown> {
  const asked: Input[] = []
  const desk: AddressDesk = new AddressDesk(input => {
    asked.push(input)
    setImmediate(() => desk.answered(1, answer))
  })
  const told = await get('/ring', { ipam: {} }, desk)
  expect(asked).toEqual([{ kind: 'addresses', input: { kind: 'prime', timeoutMs: 60_000, ticket: 1 } }])
  return told
}

async function get(path: string, shared: object, desk = new AddressDesk(() => undefined)): Promise<unknown> {
  const routes = ipamRoutes({
    desk,
    shared: () => shared as SharedView,
    tell: () => undefined,
    status: () => {
      throw new Error('not asked for')
    },
    defaultSubnet: '10.32.0.0/12',
    clock: () => 0,
  })
  const found = findRoute(routes, 'GET', path)
  if (typeof found === 'number') throw new Error(`no such route: ${found}`)
  const none = async () => {
    throw new Error('there is no body')
  }
  const gone = new AbortController().signal
  return found.route.answer({ parameters: {}, query: new URLSearchParams(), form: none, body: none, gone })
}
