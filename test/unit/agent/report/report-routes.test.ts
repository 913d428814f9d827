import { findRoute, type RouteRequest } from '../../../../src/agent/http/route.ts'
import { reportMacs } from '../../../../src/agent/report/mac-report.ts'
import { reportRoutes } from '../../../../src/agent/report/report-routes.ts'
import { reportRouter } from '../../../../src/agent/report/router-report.ts'
import type { PeerName } from '../../../../src/base/peer-name.ts'
import type { RouterStatus } from '../../../../src/core/router/index.ts'
import { NO_SIZES } from '../table-sizes.ts'

const [ALPHA, BETA] = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as [PeerName, PeerName]
const ADDRESS = { ip: '192.0.2.2', port: 6783 }
const INFO = `unencrypted fastdp ${BETA}(beta) mtu=1376`
const MACS = {
  sleeve: { count: 2000, listed: [{ mac: 0x02_00_00_00_0a_01, peer: 2, agoMs: 1500 }] },
  fastdp: undefined,
}
const AT = new Date('2026-01-01T00:00:02Z')
const STATUS: RouterStatus = {
  name: ALPHA,
  nickname: 'alpha',
  membership: 'certified' as const,
  shortId: 1,
  clusterId: 'x',
  manifestVersion: 3,
  sizes: { ...NO_SIZES, records: 12 },
  discovery: true,
  wayChanges: 4,
  refused: { 'a record that its peer did not sign': 2 },
  targets: [ADDRESS],
  connections: [
    {
      ...{ direction: 'outbound', address: ADDRESS, state: 'established', info: INFO, forMs: 10 },
      ...{ roundTripMs: 0.4, loss: 0.1, cost: 8, bytesSent: 900, bytesReceived: 700 },
    },
    { direction: 'inbound', address: ADDRESS, state: 'failed', info: 'connection refused, retry in 3 s', forMs: 10 },
  ],
  peers: [
    { name: ALPHA, nickname: 'alpha', shortId: 1, isSelf: true, isReachable: true, connections: [] },
    {
      name: BETA,
      nickname: 'beta',
      shortId: 2,
      isSelf: false,
      isReachable: true,
      nextHop: BETA,
      hops: 1,
      cost: 8,
      twins: { at: '192.0.2.2', andAt: '192.0.2.3' },
      path: { kind: 'direct', reason: 'there is a link', mtu: 1418 },
      connections: [],
    },
  ],
}

describe('the report', () => {
  it('has the names that scripts for Weave ask for (rows API-02, STAT-08)', async () => {
    const { json } = await ask('/report')
    expect(json).toMatchObject({
      Version: '1.2.3',
      Router: {
        Name: ALPHA,
        NickName: 'alpha',
        Peers: [
          { NickName: 'alpha', ShortID: 1 },
          { NickName: 'beta', Hops: 1, Cost: 8, Path: { kind: 'direct', mtu: 1418 }, Twins: { andAt: '192.0.2.3' } },
        ],
        UnicastRoutes: [{ Dest: BETA, Via: BETA }],
        Connections: [
          {
            Address: '192.0.2.2:6783',
            Outbound: true,
            State: 'established',
            Attrs: { loss: 0.1, cost: 8, bytesSent: 900 },
          },
          { Outbound: false, State: 'failed' },
        ],
        Refused: { 'a record that its peer did not sign': 2 },
        Targets: ['192.0.2.2:6783'],
      },
    })
  })

  it('has all that the router keeps and counts', async () => {
    const { json } = await ask('/report')
    const kept = { ShortID: 1, Membership: 'certified', WayChanges: 4, Sizes: { records: 12 }, FastPath: null }
    expect(json).toMatchObject({ Router: kept })
  })

  it('has the addresses that were seen, behind whom and when, and how many there are in all', async () => {
    const { json } = await ask('/report')
    const seen = { Mac: '02:00:00:00:0a:01', Name: BETA, NickName: 'beta', LastSeen: '2026-01-01T00:00:00.500Z' }
    expect(json).toMatchObject({
      Router: { MACs: [{ ...seen, Path: 'sleeve' }], MACCounts: { sleeve: 2000, fastdp: null } },
    })
  })

  it('is shaped by a Go template (row API-03)', async () => {
    const format = encodeURIComponent('{{range .Router.Peers}}{{.NickName}} {{end}}')
    expect(await ask(`/report?format=${format}`)).toMatchObject({ code: 200, text: 'alpha beta ' })
  })

  it.each([
    [
      '{{range .Router.Connections}}{{.Attrs.name}} {{.Attrs.mtu}} {{.Attrs.encrypted}};{{end}}',
      'fastdp 1376 false;<no value> <no value> <no value>;',
    ],
    ['{{range .Router.Connections}}{{if .Attrs.name}}{{.Address}}{{end}}{{end}}', '192.0.2.2:6783'],
    [
      '{{range .Router.Peers}}{{.UID}}{{.Version}}{{end}}{{len .Router.MACs}}{{range .Router.BroadcastRoutes}}x{{end}}',
      '00001',
    ],
  ])('has what scripts ask of connections and peers: %s (STAT-08)', async (template, text) => {
    expect(await ask(`/report?format=${encodeURIComponent(template)}`)).toMatchObject({ code: 200, text })
  })

  it('is refused in two formats at once, and for a template that does not fit', async () => {
    expect(await ask('/report?format=json&format=x')).toMatchObject({ code: 400 })
    await expect(ask('/report?format={{.Nothing}}')).rejects.toThrow("can't evaluate field Nothing")
  })
})

async function ask(path: string) {
  const router = { ...reportRouter(STATUS), ...reportMacs(MACS, STATUS.peers, AT) }
  const routes = reportRoutes({ Version: () => '1.2.3', Router: () => router })
  const url = new URL(path, 'http://weave')
  const match = findRoute(routes, 'GET', url.pathname)
  if (typeof match === 'number') throw new Error(`no route: ${match}`)
  return match.route.answer({ query: url.searchParams } as RouteRequest)
}
