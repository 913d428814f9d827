import { diagnoseCluster } from '../../../../src/provision/examine/diagnose-cluster.ts'
import { type Disorder, REPAIRS } from '../../../../src/provision/examine/disorder.ts'
import type { Examination } from '../../../../src/provision/examine/examination.ts'
import type { WholeHost } from '../../../../src/provision/examine/whole-host.ts'
import { cluster, examination, other, peer, router, whole } from './examined.ts'

const found = (a: Examination) => diagnoseCluster(cluster(a))
const ofWhole = (settings: Partial<WholeHost>) => examination({ whole: whole(settings) })
const bridge = whole().bridge
const services = examination().services
it('hosts that are as they should be have nothing wrong', () => {
  expect(found(examination())).toEqual([])
})

describe.each<[string, Examination, string, RegExp, RegExp]>([
  [
    'a missing bridge',
    ofWhole({ bridge: { ...bridge, exists: false, addresses: [] } }),
    'bridge-missing',
    /cannot start/,
    /ifup --force weave/,
  ],
  ...(['netplan', 'networkd', 'network-manager'] as const).flatMap(
    (networkTool): [string, Examination, string, RegExp, RegExp][] => [
      [
        `a missing bridge where ${networkTool} makes it`,
        ofWhole({ networkTool, bridge: { ...bridge, exists: false, addresses: [] } }),
        'bridge-missing',
        /cannot start/,
        networkTool === 'network-manager' ? /nmcli connection up weave/ : /networkctl reload/,
      ],
      [
        `a file of ${networkTool} that is gone`,
        ofWhole({ networkTool, bridge: { ...bridge, isKnown: false } }),
        'interfaces-unread',
        /no file of interface weave/,
        /up/,
      ],
    ],
  ),
  [
    'a bridge without an address',
    ofWhole({ bridge: { ...bridge, addresses: [] } }),
    'bridge-address',
    /no address in place of 10\.2\.0\.1\/16/,
    /ip address replace 10\.2\.0\.1\/16/,
  ],
  [
    'a bridge of another MTU',
    ofWhole({ bridge: { ...bridge, mtu: 1500 } }),
    'bridge-mtu',
    /1500 in place of 1376/,
    /ip link set dev weave mtu 1376/,
  ],
  [
    'a second address on the bridge',
    ofWhole({ bridge: { ...bridge, addresses: ['10.2.0.1/16', '172.17.1.0/16'] } }),
    'bridge-foreign-address',
    /172\.17\.1\.0/,
    /ip address delete 172/,
  ],
  [
    'weave.cfg that source-directory passes over',
    ofWhole({
      bridge: { ...bridge, isKnown: false },
      files: { '/etc/network/interfaces': 'source-directory interfaces.d\n' },
      interfaceFiles: ['weave.cfg'],
    }),
    'interfaces-unread',
    /names with a dot/,
    /mv /,
  ],
  [
    'a stanza that is gone',
    ofWhole({ bridge: { ...bridge, isKnown: false } }),
    'interfaces-unread',
    /will not come back/,
    /up/,
  ],
  [
    'a bridge that was bounced under containers',
    ofWhole({ containers: [{ name: 'web', address: '10.2.1.5' }] }),
    'containers-off-bridge',
    /only 0 are attached/,
    /docker restart web/,
  ],
  [
    'an overlapping route',
    ofWhole({ overlaps: ['10.2.9.0/24 on eth1'] }),
    'overlap',
    /10\.2\.9\.0\/24 on eth1/,
    /ip route/,
  ],
  [
    'another number than planned',
    ofWhole({
      config: { shortId: 7, subnet: '10.2.0.0/16', containerRange: '10.2.7.0/24', clusterId: 'c1', mtu: 1376 },
    }),
    'other-number',
    /number 7/,
    /plan/,
  ],
  [
    'a foreign cluster',
    ofWhole({
      config: { shortId: 1, subnet: '10.2.0.0/16', containerRange: '10.2.1.0/24', clusterId: 'x', mtu: 1376 },
    }),
    'other-cluster',
    /another cluster/,
    /inventory/,
  ],
  [
    'a key that others may read',
    ofWhole({ secretModes: { '/etc/weave/admission.key': '0644' } }),
    'secrets-readable',
    /admission\.key \(0644\)/,
    /chmod 600/,
  ],
  ['a password in arguments', ofWhole({ passwordInArgv: ['77'] }), 'password-shown', /process 77/, /--password-file/],
  ['a half-written file', examination({ halfWritten: ['/etc/weave/.weave-x'] }), 'half-written', /cut off/, /rm \/etc/],
  [
    'a router that is down',
    examination({ router: null, services: { ...services, weave: { isActive: false, isEnabled: true } } }),
    'router-down',
    /does not run/,
    /service weave start/,
  ],
  ['a router that is mute', examination({ router: null }), 'router-mute', /does not answer/, /restart/],
  [
    'a router that will not start at boot',
    examination({ services: { ...services, weave: { isActive: true, isEnabled: false } } }),
    'router-not-enabled',
    /at boot/,
    /enable/,
  ],
  [
    'an old manifest',
    examination({ router: router({ manifestVersion: 2 }) }),
    'manifest-old',
    /version 2, and 3/,
    /up/,
  ],
  [
    'an old inventory',
    examination({ router: router({ manifestVersion: 9 }) }),
    'manifest-ahead',
    /newer copy/,
    /version control/,
  ],
  [
    'a router of another cluster',
    examination({ router: router({ clusterId: 'x' }) }),
    'other-cluster-runs',
    /another cluster/,
    /up/,
  ],
  [
    'a cloned machine',
    examination({
      router: router({ peers: [peer('a'), peer('b', { twins: { at: '192.0.2.2', andAt: '192.0.2.9' } })] }),
    }),
    'duplicate-peer',
    /192\.0\.2\.2 and at 192\.0\.2\.9/,
    /identity\.pem/,
  ],
  ['another release', examination({ release: 'r0' }), 'other-release', /release r0/, /up/],
  ['a half-done apply', examination({ pending: { weave: 'restart' } }), 'half-applied', /weave needs a restart/, /up/],
  ['a clock an hour behind', examination({ clockOffsetSeconds: -3600 }), 'clock', /3600 s behind/, /set-ntp/],
])('%s', (_, a, about, cause, remedy) => {
  const own = found(a).filter(({ host }) => host === 'a')

  it('is found, and nothing else', () => {
    expect(own.map(disorder => disorder.about)).toEqual([about])
  })

  it('is told with its cause and the command that mends it', () => {
    expect(own[0]).toMatchObject({ cause: expect.stringMatching(cause), remedy: expect.stringMatching(remedy) })
  })
})

it('a host that cannot be asked is named, and so is why others do not reach it', () => {
  const facts = cluster(undefined, { silent: new Map([['a', 'No route to host']]) })
  const b = { ...other(), router: router({ peers: [peer('b'), peer('a', { isReachable: false })] }) }
  const disorders = diagnoseCluster({ ...facts, examinations: new Map([['b', b]]) })
  expect(disorders.map(({ host, about }: Disorder) => [host, about])).toEqual([
    ['a', 'silent'],
    ['b', 'unreachable'],
  ])
  expect(disorders[1]?.remedy).toContain('weave-provision remove a')
})

it('a host without the overlay is told so, and no more', () => {
  expect(
    found(examination({ isInstalled: false, router: null })).map(({ host, about }) => [host, about]),
  ).toContainEqual(['a', 'not-installed'])
})

it('an apply that did not come to its end is named', () => {
  const facts = cluster(examination(), { unfinished: { number: 4, outcome: 'interrupted' } })
  expect(diagnoseCluster(facts)).toEqual([
    expect.objectContaining({ about: 'unfinished-apply', cause: expect.stringContaining('apply 4') }),
  ])
})

it('only repairs that are known are offered', () => {
  const repairs = found(ofWhole({ bridge: { ...bridge, exists: false, addresses: [] } })).flatMap(
    ({ repair }) => repair ?? [],
  )
  expect(repairs).toEqual(['raise-bridge'])
  expect(REPAIRS).toEqual(expect.arrayContaining(repairs))
})
