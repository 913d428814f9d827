import { formatConnections, formatPeers, formatStatus, formatTargets } from '../../../../src/agent/http/status-text.ts'
import type { PeerName } from '../../../../src/base/peer-name.ts'
import type { PeerStatus, RouterStatus } from '../../../../src/core/router/index.ts'
import { NO_SIZES } from '../table-sizes.ts'

const SELF = '02:00:00:00:00:01' as PeerName
const OTHER = '02:00:00:00:00:02' as PeerName

const PEERS: readonly PeerStatus[] = [
  {
    name: SELF,
    nickname: 'alpha',
    shortId: 1,
    isSelf: true,
    isReachable: true,
    connections: [
      {
        peer: OTHER,
        nickname: 'bravo',
        direction: 'outbound',
        address: { ip: '10.77.1.12', port: 6783 },
        isEstablished: true,
      },
    ],
  },
  {
    name: OTHER,
    nickname: 'bravo',
    shortId: 2,
    isSelf: false,
    isReachable: true,
    connections: [
      {
        peer: SELF,
        nickname: 'alpha',
        direction: 'inbound',
        address: { ip: '10.77.1.11', port: 40123 },
        isEstablished: false,
      },
    ],
  },
]

const STATUS: RouterStatus = {
  name: SELF,
  nickname: 'alpha',
  membership: 'certified',
  shortId: 1,
  clusterId: 'x',
  manifestVersion: 1,
  sizes: NO_SIZES,
  discovery: true,
  wayChanges: 0,
  refused: {},
  targets: [{ ip: '10.77.1.12', port: 6783 }],
  connections: [
    {
      direction: 'outbound',
      address: { ip: '10.77.1.12', port: 6783 },
      state: 'established',
      info: `encrypted   sleeve ${OTHER}(bravo) mtu=1376`,
      forMs: 1,
    },
    {
      direction: 'inbound',
      address: { ip: '10.77.1.13', port: 40000 },
      state: 'pending',
      info: '',
      forMs: 1,
    },
  ],
  peers: PEERS,
}

const CERTIFIED = { kind: 'certificates', trustedSubnets: [], refused: {} } as const

describe('the texts of status', () => {
  it('says where it is about encryption which frames are not encrypted', () => {
    const fastPath = { trusted: [], hasTunnels: false, changes: 0, wayChanges: 1, links: [], peers: [] }
    const text = (trustedSubnets: readonly string[]) =>
      formatStatus({ ...STATUS, fastPath }, 'x', { ...CERTIFIED, trustedSubnets })
    expect(text(['192.0.2.0/24'])).toContain('    Encryption: enabled; not for frames within TrustedSubnets\n')
    expect(text(['0.0.0.0/0'])).toContain('    Encryption: enabled; NOT FOR FRAMES ON THE FAST PATH, to any member\n')
  })

  it('says how many links of the fast path are encrypted, and what is missing for the others', () => {
    const link = {
      peer: 2,
      address: '169.254.96.2',
      isEncrypted: true,
      isOpen: true,
      isNarrow: false,
      forMs: 0,
      losses: 0,
      cost: 8,
      loss: 0,
    }
    const fastPath = {
      trusted: [],
      hasTunnels: true,
      changes: 1,
      wayChanges: 1,
      links: [link],
      peers: [{ peer: 2, hops: 1, isEncrypted: true }],
    }
    const text = formatStatus({ ...STATUS, fastPath }, 'x', CERTIFIED)
    expect(text).toContain('    Encryption: enabled\n')
    expect(text).toContain('       FastPath: enabled (1 peers over 1 links, 1 of them WireGuard, 1 changes)\n')
    const fastPathMissing = 'no WireGuard: EOPNOTSUPP'
    const without = { ...STATUS, fastPath: { ...fastPath, hasTunnels: false }, fastPathMissing }
    expect(formatStatus(without, 'x', CERTIFIED)).toContain(
      '       FastPath: enabled (1 peers over 1 links, 1 changes); other frames take the slower sleeve: no WireGuard: EOPNOTSUPP\n',
    )
  })

  it('says how peers are told from strangers, loudly when they are not', () => {
    const text = (kind: 'certificates' | 'password' | 'anybody') =>
      formatStatus(STATUS, 'x', {
        kind,
        refused: {},
        trustedSubnets: kind === 'anybody' ? ['10.0.0.0/8', '192.0.2.0/24'] : [],
      })
    expect(text('certificates')).toContain('    Encryption: enabled\n')
    expect(text('password')).toContain('    Encryption: enabled (password)\n')
    expect(text('anybody')).toContain('    Encryption: enabled, but WHOEVER REACHES THIS HOST IS LET IN')
    expect(text('anybody')).toContain('TrustedSubnets: 10.0.0.0/8, 192.0.2.0/24 (encrypted all the same)\n')
  })

  it('have the block of the router with keys aligned at the colon', () => {
    expect(formatStatus(STATUS, '1.2.3', CERTIFIED)).toBe(`        Version: 1.2.3 (version check update disabled)

        Service: router
       Protocol: weave-provision 2
           Name: 02:00:00:00:00:01(alpha)
     Encryption: enabled
  PeerDiscovery: enabled
        Targets: 1
    Connections: 2 (1 established, 1 pending)
          Peers: 2 (with 1 established, 1 pending connections)
 TrustedSubnets: none
`)
  })

  it('count nothing in detail where there is nothing', () => {
    const lonely = { ...STATUS, connections: [], peers: PEERS.slice(0, 1).map(peer => ({ ...peer, connections: [] })) }
    const text = formatStatus(lonely, '1.2.3', CERTIFIED)
    expect(text).toContain('    Connections: 0\n')
    expect(text).toContain('          Peers: 1\n')
  })

  it('have a line for each connection, in columns', () => {
    expect(formatConnections(STATUS.connections)).toBe(
      [
        '-> 10.77.1.12:6783       established encrypted   sleeve 02:00:00:00:00:02(bravo) mtu=1376',
        '<- 10.77.1.13:40000      pending',
        '',
      ].join('\n'),
    )
  })

  it('have what is measured of a connection behind its columns, where that is asked for', () => {
    const [first, second] = STATUS.connections
    const measured = { forMs: 61_000, roundTripMs: 0.42, loss: 0.25, bytesSent: 120_000, bytesReceived: 999 }
    const text = formatConnections([{ ...first!, ...measured }, second!], true)
    const row = '-> 10.77.1.12:6783       established encrypted   sleeve 02:00:00:00:00:02(bravo) mtu=1376'
    expect(text).toBe(
      [
        `${row}  for 1 min  0.4 ms  loss 25 %  sent 120 kB  received 999 B`,
        '<- 10.77.1.13:40000      pending  for 0 s',
        '',
      ].join('\n'),
    )
  })

  it('have a block for each peer, with its connections', () => {
    expect(formatPeers(PEERS)).toBe(
      [
        '02:00:00:00:00:01(alpha)',
        '   -> 10.77.1.12:6783       02:00:00:00:00:02(bravo)              established',
        '02:00:00:00:00:02(bravo)',
        '   <- 10.77.1.11:40123      02:00:00:00:00:01(alpha)              pending',
        '',
      ].join('\n'),
    )
  })

  it('mark peers that cannot be reached, and leave out what they last said', () => {
    const lost = PEERS.map(peer => ({ ...peer, isReachable: peer.isSelf }))
    expect(formatPeers(lost)).toContain('02:00:00:00:00:02(bravo) - unreachable!\n')
    expect(formatPeers(lost)).not.toContain('10.77.1.11')
    const held = lost.map(peer => (peer.isSelf ? peer : { ...peer, flapping: { starts: 7, heldForMs: 3_200 } }))
    expect(formatPeers(held)).toContain(
      '(bravo) - unreachable!\n   it has started 7 times lately: links with it wait for 4 s\n',
    )
    const unsteady = { returns: 6, provesAfterMs: 2_000 }
    expect(formatPeers(PEERS.map(peer => (peer.isSelf ? peer : { ...peer, unsteady })))).toContain(
      '(bravo)\n   it has come back 6 times lately: links with it count after 2 s\n',
    )
    const clocks = PEERS.map(peer => (peer.isSelf ? peer : { ...peer, clockAheadMs: -1_800_400 }))
    expect(formatPeers(clocks)).toContain('(bravo)\n   its clock is 1800 s behind ours\n')
    expect(formatStatus({ ...STATUS, peers: lost }, 'x', CERTIFIED)).toContain(
      'Peers: 1 (with 1 established connections)',
    )
  })

  it('have a line for each target', () => {
    expect(formatTargets(STATUS.targets)).toBe('10.77.1.12:6783\n')
  })
})
