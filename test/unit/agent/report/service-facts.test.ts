import { formatMetrics } from '../../../../src/agent/metrics/metric.ts'
import { serviceMetrics } from '../../../../src/agent/metrics/service-metrics.ts'
import { Offered, type ServiceFacts, serviceBlocks, serviceReport } from '../../../../src/agent/report/service-facts.ts'
import { parseIpAddress, parseIpNetwork } from '../../../../src/base/ip-address.ts'
import type { PeerName } from '../../../../src/base/peer-name.ts'
import { acceptedBy } from '../../base/outcome.ts'

const SELF = '02:00:00:00:00:01' as PeerName
const OTHER = '02:00:00:00:00:02' as PeerName
const address = (text: string) => acceptedBy(parseIpAddress(text))

const FACTS: ServiceFacts = {
  ipam: {
    defaultSubnet: '10.2.0.0/24',
    status: {
      state: 'ready',
      isReady: true,
      universe: [acceptedBy(parseIpNetwork('10.2.0.0/24'))],
      total: 256n,
      active: 3,
      pendingAllocates: 1,
      pendingClaims: 0,
      disputed: [],
      peers: [
        {
          name: SELF,
          ranges: [{ from: address('10.2.0.0'), to: address('10.2.0.191') }],
          addresses: 192n,
          free: 189n,
          isReachable: true,
          isSelf: true,
        },
        {
          name: OTHER,
          ranges: [{ from: address('10.2.0.192'), to: address('10.2.0.255') }],
          addresses: 64n,
          free: 64n,
          isReachable: false,
          isSelf: false,
        },
      ],
    },
  },
  dns: {
    domains: ['weave.local'],
    upstream: ['192.0.2.53', '192.0.2.54'],
    ttlSeconds: 1,
    address: '10.2.0.1:53',
    names: {
      peerCount: 0,
      own: [{ id: 'c1', name: 'web.weave.local', data: { kind: 'address', address: '10.2.0.5' } }],
      all: [
        {
          id: 'c1',
          name: 'web.weave.local',
          peer: SELF,
          data: { kind: 'address', address: '10.2.0.5' },
          isStale: false,
          isOwn: true,
        },
        {
          id: 'c2',
          name: 'db.weave.local',
          peer: OTHER,
          data: { kind: 'address', address: '10.2.0.200' },
          isStale: true,
          isOwn: false,
        },
      ],
      find: () => [],
      findAddress: () => [],
      isParent: () => false,
      hasRoomFor: () => true,
    },
  },
}

function offered(): Offered {
  return Object.assign(new Offered(), { proxyAddresses: ['unix:///run/weave/weave.sock'], driver: 'weavemesh' })
}

describe('what a host does besides forwarding', () => {
  it('is shown in the blocks that the original had', () => {
    expect(serviceBlocks(FACTS, offered())).toBe(`
        Service: ipam
         Status: ready
          Range: 10.2.0.0/24
  DefaultSubnet: 10.2.0.0/24

        Service: dns
         Domain: weave.local.
       Upstream: 192.0.2.53, 192.0.2.54
            TTL: 1
        Entries: 2

        Service: proxy
        Address: unix:///run/weave/weave.sock

        Service: plugin (legacy)
     DriverName: weavemesh
`)
  })

  it('is not mentioned while it is not there', () => {
    expect(serviceBlocks({ ipam: undefined, dns: undefined }, new Offered())).toBe('')
    expect(serviceReport({ ipam: undefined, dns: undefined }, new Offered(), new Map())).toEqual({
      IPAM: null,
      DNS: null,
      Proxy: null,
      Plugin: null,
    })
    expect(serviceMetrics({ ipam: undefined, dns: undefined })).toEqual([])
  })

  it('is reported with the fields that the original had', () => {
    expect(serviceReport(FACTS, offered(), new Map([[OTHER, 'bravo']]))).toMatchObject({
      IPAM: {
        Range: '10.2.0.0/24',
        RangeNumIPs: 256,
        ActiveIPs: 3,
        PendingAllocates: 1,
        Entries: [
          { Token: '10.2.0.0', Size: 192, Peer: SELF, IsKnownPeer: true },
          { Token: '10.2.0.192', Size: 64, Nickname: 'bravo', IsKnownPeer: false },
        ],
      },
      DNS: {
        Domain: 'weave.local.',
        Address: '10.2.0.1:53',
        Entries: [
          { Hostname: 'web.weave.local.', Origin: SELF, ContainerID: 'c1', Address: '10.2.0.5', Stale: false },
          { Hostname: 'db.weave.local.', Origin: OTHER, Stale: true },
        ],
      },
      Proxy: { Addresses: ['unix:///run/weave/weave.sock'] },
      Plugin: { DriverName: 'weavemesh' },
    })
  })

  it('is counted under the names that the original had', () => {
    const lines = formatMetrics(serviceMetrics(FACTS))
      .split('\n')
      .filter(line => !line.startsWith('#'))
    expect(lines).toEqual([
      'weave_ips{state="local-used"} 3',
      'weave_max_ips 256',
      'weave_ipam_unreachable_count 1',
      'weave_ipam_unreachable_sum 64',
      'weave_ipam_unreachable_percentage 25',
      'weave_ipam_pending_allocates 1',
      'weave_ipam_pending_claims 0',
      'weave_ipam_ready 1',
      'weave_dns_entries 1',
      'weave_dns_known_entries 2',
      'weave_dns_stale_entries 1',
      '',
    ])
  })
})
