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
    const { told: taken } = await ask('DELETE', 'FD00::0007')
    const [removed] = taken
    if (removed?.kind !== 'names' || removed.change.kind !== 'remove') throw new Error('no name was removed')
    expect(removed.change.fits(entry)).toBe(true)
    expect(removed.change.fits({ ...entry, data: { kind: 'address', address: 'fd00::8' } })).toBe(false)
  })
})

function put(ip: string) {
  return ask('PUT', ip)
}

/** To a router that knows of one address of another host. */
async function ask(
  method: 'PUT' | 'DELETE',
  ip: string,
): Promise<{ readonly answer: Answer; readonly told: readonly Input[] }> {
  const told: Input[] = []
  const routes = nameRoutes({
    shared: () => ({ names: {} }) as SharedView,
    tell: input => told.push(input),
    holderOf: (address: IpAddress) => (formatIpAddress(address) === '10.2.2.1' ? 'web2' : undefined),
    domains: ['weave.local'],
    heedsHealth: false,
    ttlSeconds: 1,
    upstream: () => [],
    listening: () => undefined,
  })
  const found = findRoute(routes, method, `/name/weave:extern/${ip}`)
  if (typeof found === 'number') throw new Error(`no such route: ${found}`)
  const form = async () => new URLSearchParams({ fqdn: 'db.weave.local' })
  const body = async () => {
    throw new Error('there is a form')
  }
  const { parameters } = found
  const gone = new AbortController().signal
  const query = new URLSearchParams({ fqdn: 'db.weave.local' })
  const answer = await found.route.answer({ parameters, query, form, body, gone })
  return { answer, told }
}
