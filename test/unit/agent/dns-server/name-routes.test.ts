import { nameRoutes } from '../../../../src/agent/dns-server/name-routes.ts'
import { type Answer, findRoute } from '../../../../src/agent/http/route.ts'
import { formatIpAddress, type IpAddress } from '../../../../src/base/ip-address.ts'
import { decodeEntries, encodeEntries } from '../../../../src/core/dns/entry.ts'
import type { Input, SharedView } from '../../../../src/core/router/index.ts'

describe('a name for an address', () => {
  it('of another host is refused, with that host and what to do', async () => {
    const { answer, told } = await put('10.2.2.1')
    expect(answer.code).toBe(400)
    expect(answer.text).toMatch(/^address 10\.2\.2\.1 is host web2's, .*: run 'weave dns-add' there\n/)
    expect(told).toEqual([])
  })

  it('that is nobody’s is taken', async () => {
    const { answer, told } = await put('192.0.2.7')
    expect(answer.code).toBe(204)
    const data = { kind: 'address', address: '192.0.2.7' }
    expect(told).toEqual([
      { kind: 'names', change: { kind: 'add', entry: { id: 'weave:extern', name: 'db.weave.local', data } } },
    ])
  })

  it('is told in the one form that others read, however it was written, and taken back in any', async () => {
    const { told } = await put('FD00:0:0::7')
    const [added] = told
    if (added?.kind !== 'names' || added.change.kind !== 'add') throw new Error('no name was added')
    const { entry } = added.change
    expect(entry.data).toEqual({ kind: 'address', address: 'fd00::7' })
    expect(decodeEntries(encodeEntries([entry])).ok).toBe(true)
    const { told: taken } = await ask({ method: 'DELETE', path: '/weave:extern/FD00::0007' })
    const [removed] = taken
    if (removed?.kind !== 'names' || removed.change.kind !== 'remove') throw new Error('no name was removed')
    expect(removed.change.fits(entry)).toBe(true)
    expect(removed.change.fits({ ...entry, data: { kind: 'address', address: 'fd00::8' } })).toBe(false)
  })
})

describe('what no other router would read', () => {
  it.each<[string, string, Readonly<Record<string, string>>, string]>([
    ['an id of two words', '/c%20d/192.0.2.7', {}, 'and no blanks'],
    ['an id', `/${'c'.repeat(129)}/192.0.2.7`, {}, 'an id has 128 characters at most'],
    ['a text', '/weave:extern', { txt: 'é'.repeat(128) }, 'a text has 255 bytes at most'],
    ['an alias', '/weave:extern', { cname: 'a b' }, "'a b' is not a name that DNS can carry"],
    ['a service', '/weave:extern', { srv: '1 1 65536 db.weave.local' }, 'a number is not from 0 to 65535'],
    ['no record', '/weave:extern', { srv: '1 1' }, "'1 1' is not PRIORITY WEIGHT PORT TARGET"],
    ['nothing', '/weave:extern', {}, 'give a form with one of cname, txt, srv'],
  ])('is refused: %s', async (_, path, form, reason) => {
    const { answer, told } = await ask({ path, form })
    expect(answer).toMatchObject({ code: 400, text: expect.stringContaining(reason) })
    expect(told).toEqual([])
  })
})

it('a name for which there is no room is said not to be told to others', async () => {
  const { answer } = await ask({ path: '/weave:extern/192.0.2.7', names: { hasRoomFor: () => false } })
  expect(answer).toMatchObject({
    code: 507,
    text: expect.stringContaining('more names than it can tell the others of'),
  })
})

it('a router without names says so, and what to do', async () => {
  const answer = { code: 404, text: expect.stringMatching(/^this router answers no names\n.*--no-dns/) }
  expect(await ask({ path: '/weave:extern/192.0.2.7', names: null })).toMatchObject({ answer, told: [] })
})

function put(ip: string) {
  return ask({ path: `/weave:extern/${ip}` })
}

interface Asked {
  readonly method?: 'PUT' | 'DELETE'
  readonly path: string
  readonly form?: Readonly<Record<string, string>>
  /** Null for a router without names. */
  readonly names?: object | null
}

/** To a router that knows of one address of another host. */
async function ask({ method = 'PUT', path, form: fields = {}, names = { hasRoomFor: () => true } }: Asked): Promise<{
  readonly answer: Answer
  readonly told: readonly Input[]
}> {
  const told: Input[] = []
  const routes = nameRoutes({
    shared: () => ({ names: names ?? undefined }) as SharedView,
    tell: input => told.push(input),
    holderOf: (address: IpAddress) => (formatIpAddress(address) === '10.2.2.1' ? 'web2' : undefined),
    domains: ['weave.local'],
    heedsHealth: false,
    ttlSeconds: 1,
    upstream: () => [],
    listening: () => undefined,
  })
  const found = findRoute(routes, method, `/name${path}`)
  if (typeof found === 'number') throw new Error(`no such route: ${found}`)
  const form = async () => new URLSearchParams({ fqdn: 'db.weave.local', ...fields })
  const body = async () => {
    throw new Error('there is a form')
  }
  const { parameters } = found
  const gone = new AbortController().signal
  const query = new URLSearchParams({ fqdn: 'db.weave.local' })
  const answer = await found.route.answer({ parameters, query, form, body, gone })
  return { answer, told }
}
