import type { DnsFacts, IpamFacts, ServiceFacts } from '../report/service-facts.ts'
import type { Metric } from './metric.ts'

/** Addresses and names, by the original's names for them (Weave rows MET-03, MET-04, MET-06, MET-07). */
export function serviceMetrics({ ipam, dns }: ServiceFacts): readonly Metric[] {
  return [...(ipam === undefined ? [] : ipamMetrics(ipam)), ...(dns === undefined ? [] : dnsMetrics(dns))]
}

function ipamMetrics({ status }: IpamFacts): readonly Metric[] {
  const lost = status.peers.filter(peer => !peer.isReachable)
  const total = Number(status.total)
  const lostAddresses = lost.reduce((sum, peer) => sum + Number(peer.addresses), 0)
  const share = total === 0 ? 0 : (lostAddresses / total) * 100
  return [
    {
      name: 'weave_ips',
      help: 'Addresses that containers of this host have.',
      type: 'gauge',
      samples: [{ labels: { state: 'local-used' }, value: status.active }],
    },
    gauge('weave_max_ips', 'Addresses of all ranges together.', total),
    {
      // By its name in the original, `weave_ipam_unreachable_count` can be nothing but a part of this.
      name: 'weave_ipam_unreachable',
      help: 'Peers that own addresses and cannot be reached, and how many addresses they own.',
      type: 'summary',
      samples: [
        { part: '_count', value: lost.length },
        { part: '_sum', value: lostAddresses },
      ],
    },
    gauge('weave_ipam_unreachable_percentage', 'Share of the addresses that such peers own, in percent.', share),
    gauge('weave_ipam_pending_allocates', 'Requests that wait for an address.', status.pendingAllocates),
    gauge('weave_ipam_pending_claims', 'Requests that wait for a certain address.', status.pendingClaims),
    gauge('weave_ipam_ready', 'Whether addresses can be handed out at once.', status.isReady ? 1 : 0),
  ]
}

function dnsMetrics({ names }: DnsFacts): readonly Metric[] {
  return [
    gauge('weave_dns_entries', 'Names that this host has given.', names.own.length),
    gauge(
      'weave_dns_known_entries',
      'Names that are answered here, those of other hosts among them.',
      names.all.filter(({ isRefused }) => isRefused !== true).length,
    ),
    gauge(
      'weave_dns_stale_entries',
      'Names of hosts out of reach, which are still answered.',
      names.all.filter(({ isStale }) => isStale).length,
    ),
  ]
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, help, type: 'gauge', samples: [{ value }] }
}
