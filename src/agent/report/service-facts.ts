import { formatIpAddress, formatIpNetwork, formatIpOnNetwork, type IpAddress } from '../../base/ip-address.ts'
import type { EntryData, IpamStatus, SharedView } from '../../core/router/index.ts'

/** What this host does besides forwarding frames, as far as it is there. */
export interface ServiceFacts {
  readonly ipam: IpamFacts | undefined
  readonly dns: DnsFacts | undefined
}

export interface IpamFacts {
  readonly status: IpamStatus
  readonly defaultSubnet: string
}

export interface DnsFacts {
  /** Without the dot at their end; the first is the search domain. */
  readonly domains: readonly [string, ...string[]]
  readonly upstream: readonly string[]
  readonly ttlSeconds: number
  /** `IP:PORT`; undefined while names are answered nowhere. */
  readonly address: string | undefined
  readonly names: NonNullable<SharedView['names']>
}

/** What Docker is offered on this host; filled in once it is there. */
export class Offered {
  /** False until all that was asked for has been tried. */
  isComplete = false
  proxyAddresses: readonly string[] = []
  /** Docker's name for the network driver. */
  driver: string | undefined
}

const KEY_WIDTH = 15

/** The blocks of `weave status` after the router's, in the original's words (Weave rows STAT-02 to STAT-04). */
export function serviceBlocks({ ipam, dns }: ServiceFacts, { proxyAddresses, driver }: Offered): string {
  return [
    ipam === undefined ? [] : ipamRows(ipam),
    dns === undefined ? [] : dnsRows(dns),
    proxyAddresses.length === 0
      ? []
      : [
          ['Service', 'proxy'],
          ['Address', proxyAddresses.join(', ')],
        ],
    driver === undefined
      ? []
      : [
          ['Service', 'plugin (legacy)'],
          ['DriverName', driver],
        ],
  ]
    .filter(rows => rows.length > 0)
    .map(rows => `\n${rows.map(([key = '', value = '']) => `${key.padStart(KEY_WIDTH)}: ${value}\n`).join('')}`)
    .join('')
}

function ipamRows({ status, defaultSubnet }: IpamFacts): readonly (readonly string[])[] {
  return [
    ['Service', 'ipam'],
    ['Status', status.state],
    ['Range', status.universe.map(formatIpNetwork).join(', ')],
    ['DefaultSubnet', defaultSubnet],
  ]
}

function dnsRows({ domains, upstream, ttlSeconds, names }: DnsFacts): readonly (readonly string[])[] {
  return [
    ['Service', 'dns'],
    ['Domain', domains.map(domain => `${domain}.`).join(', ')],
    ['Upstream', upstream.length === 0 ? 'none' : upstream.join(', ')],
    ['TTL', String(ttlSeconds)],
    ['Entries', String(names.all.length)],
  ]
}

/** The parts of the report of which scripts written for Weave know the names of the fields (Weave row API-02). */
export function serviceReport(
  facts: ServiceFacts,
  offered: Offered,
  nicknames: ReadonlyMap<string, string>,
): Readonly<Record<'IPAM' | 'DNS' | 'Proxy' | 'Plugin', object | null>> {
  const { ipam, dns } = facts
  return {
    IPAM: ipam === undefined ? null : reportIpam(ipam, nicknames),
    DNS: dns === undefined ? null : reportDns(dns),
    Proxy: offered.proxyAddresses.length === 0 ? null : { Addresses: offered.proxyAddresses },
    Plugin: offered.driver === undefined ? null : { DriverName: offered.driver },
  }
}

/** One entry for each range, as the ring had one for each token. */
function reportIpam({ status, defaultSubnet }: IpamFacts, nicknames: ReadonlyMap<string, string>): object {
  return {
    Paxos: null,
    Status: status.state,
    Range: status.universe.map(formatIpNetwork).join(','),
    RangeNumIPs: Number(status.total),
    ActiveIPs: status.active,
    DefaultSubnet: defaultSubnet,
    Entries: status.peers.flatMap(peer =>
      peer.ranges.map(({ from, to }) => ({
        Token: formatIpAddress(from),
        Size: Number(to - from) + 1,
        Peer: peer.name,
        Nickname: nicknames.get(peer.name) ?? '',
        IsKnownPeer: peer.isReachable,
        Version: 0,
      })),
    ),
    PendingClaims: status.pendingClaims,
    PendingAllocates: status.pendingAllocates,
    ...reportOwnerless(status.ownerless),
    Disputed: status.disputed.map(({ id, address, prefix }) => ({
      Ident: id,
      CIDR: formatIpOnNetwork({ address: address as IpAddress, prefix }),
    })),
  }
}

function reportOwnerless(ownerless: IpamFacts['status']['ownerless']): object {
  if (ownerless === undefined) return {}
  return { Ownerless: { NumIPs: Number(ownerless.addresses), WaitsFor: ownerless.waitsFor } }
}

function reportDns({ domains, upstream, address, ttlSeconds, names }: DnsFacts): object {
  return {
    Domain: `${domains[0]}.`,
    Domains: domains.map(domain => `${domain}.`),
    Upstream: upstream,
    Address: address ?? '',
    TTL: ttlSeconds,
    Entries: names.all.map(({ id, name, peer, data, isStale, isRefused = false }) => ({
      Hostname: `${name}.`,
      Origin: peer,
      ContainerID: id,
      Address: addressOf(data),
      Kind: data.kind,
      Stale: isStale,
      Refused: isRefused,
      Version: 0,
      Tombstone: 0,
    })),
  }
}

function addressOf(data: EntryData): string {
  return data.kind === 'address' ? data.address : ''
}
