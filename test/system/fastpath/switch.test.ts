import { isIpv6Text } from '../../../src/base/endpoint.ts'
import { FastPathLab, MTU } from './fast-path-lab.ts'

const HOSTS = 3
/** The link of hosts 1 and 2 is of IPv4, that of 2 and 3 of IPv6. */
const IPV6_FROM = 2

describe('the programs of the fast path, on three hosts in a row', () => {
  let lab: FastPathLab

  beforeAll(async () => {
    lab = await FastPathLab.create(HOSTS, IPV6_FROM)
    await lab.applyAll()
  }, 60_000)

  afterAll(() => lab?.dispose(), 60_000)

  it.each([
    [1, 2, 'IPv4'],
    [3, 2, 'IPv6'],
  ])(
    'have host %i ask host %i nothing of full size over %s while its kernel goes by less',
    async (host, peer) => {
      const to = lab.address(host, peer)
      const probe = { kind: 'probe', peer, to } as const
      const way = [`${to}/${isIpv6Text(to) ? 128 : 32}`, 'dev', `to${peer}`]
      await lab.in(lab.host(host), 'ip', 'route', 'replace', ...way, 'mtu', String(MTU))
      expect(await lab.ask(host, probe)).toEqual({ isAnswered: false })
      await lab.in(lab.host(host), 'ip', 'route', 'delete', ...way)
      expect(await lab.ask(host, probe)).toEqual({ isAnswered: true })
    },
    30_000,
  )
})
