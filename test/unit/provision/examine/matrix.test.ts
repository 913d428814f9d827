import { clusterStatus } from '../../../../src/provision/examine/cluster-status.ts'
import { diagnoseCluster } from '../../../../src/provision/examine/diagnose-cluster.ts'
import { type Measured, matrixOf } from '../../../../src/provision/examine/matrix.ts'
import { parseMeasurement } from '../../../../src/provision/examine/measure-hosts.ts'
import { cluster, examination, peer, reach, router, whole } from './examined.ts'

const well: Measured = { kind: 'host', to: 'b', lossPercent: 0, roundTripMs: 1, mtu: 1376, megabits: 900 }

function ways(a: ReturnType<typeof examination>, measured: readonly Measured[], troubles = new Map<string, string>()) {
  const facts = cluster(a)
  const back = { ...well, to: 'a' }
  return matrixOf({
    facts,
    disorders: diagnoseCluster(facts),
    measured: new Map([
      ['a', measured],
      ['b', [back]],
    ]),
    troubles,
    containers: ['a'],
    hosts: ['a', 'b'],
  })
}

it('every pair is told in both directions, with its path', () => {
  const told = ways(examination(), [well]).map(({ from, to, works, path }) => [from, to, works, path])
  expect(told).toEqual([
    ['a', 'b', true, 'direct'],
    ['b', 'a', true, 'direct'],
  ])
})

it('a pair that fails is told why by what stands between the two', () => {
  const a = examination({
    router: router({ peers: [peer('a'), peer('b', { isReachable: false })] }),
    whole: whole({ reaches: [reach('b', { tcp: 'silent', answers: false })] }),
  })
  const [way] = ways(a, [{ ...well, lossPercent: 100, roundTripMs: null, mtu: null, megabits: null }])
  expect(way).toMatchObject({ works: false, path: 'none', reason: expect.stringContaining('neither ping nor TCP') })
})

it('a pair that nobody has measured does not work', () => {
  expect(ways(examination(), [])[0]).toMatchObject({ works: false, lossPercent: null })
})

it('what kept a host from measuring is told', () => {
  const [way] = ways(examination(), [], new Map([['a', 'nsenter: permission denied']]))
  expect(way?.reason).toBe('nothing was measured: a could not measure: nsenter: permission denied')
})

it('what kept a host from measuring something else explains no loss', () => {
  const [way] = ways(examination(), [{ ...well, lossPercent: 100 }], new Map([['a', 'nsenter: permission denied']]))
  expect(way?.reason).toMatch(/^no answer to a ping, and no check says why/)
})

it.each<[string, Partial<Measured>, string | null]>([
  ['loses a ping by chance', { lossPercent: 20 }, null],
  ['loses half of its pings', { lossPercent: 50 }, '50 % of the pings are lost, and no check says why'],
  ['carries less than the overlay has', { mtu: 1300 }, 'it carries packets of 1300 bytes, and the overlay has 1376'],
])('a pair that %s', (_, settings, reason) => {
  const [way] = ways(examination(), [{ ...well, ...settings }])
  expect(way?.works).toBe(reason === null)
  if (reason !== null) expect(way?.reason).toContain(reason)
})

it('a relay is named', () => {
  const peers = [peer('a'), peer('b', { nextHop: 'name-r', path: { kind: 'relayed', reason: '' } }), peer('r')]
  expect(ways(examination({ router: router({ peers }) }), [well])[0]?.path).toBe('relayed by r')
})

it('a measurement is read with what went wrong on its way', () => {
  const rows = [{ host: 'b', sourceKind: 'host', lossPercent: 0, mtu: 1376 }]
  expect(parseMeasurement({ rows, places: [{ kind: 'host' }], problems: ['no raw socket'] })).toMatchObject({
    ok: true,
    value: { rows: [{ to: 'b', mtu: 1376, megabits: null }], troubles: ['no raw socket'], hasContainer: false },
  })
})

it('a measurement that is none is refused', () => {
  expect(
    parseMeasurement({ rows: [{ host: 'b', sourceKind: 'host', lossPercent: 900 }], places: [], problems: [] }).ok,
  ).toBe(false)
})

it('status names what is left undone, and is not well while anything is', () => {
  const status = clusterStatus(cluster(examination({ pending: { docker: 'restart' } })))
  expect(status.isWell).toBe(false)
  expect(status.hosts[0]).toMatchObject({ state: 'well', pending: ['restart of docker'], reached: 1 })
})

it('status tells a host that cannot be asked from one whose router is down', () => {
  const facts = cluster(undefined, { silent: new Map([['a', 'timed out']]) })
  expect(clusterStatus(facts).hosts.map(({ state, reason }) => [state, reason])).toEqual([
    ['lost', 'timed out'],
    ['well', null],
  ])
  expect(clusterStatus(cluster(examination({ router: null }))).hosts[0]?.state).toBe('stopped')
})
