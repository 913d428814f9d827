import { type Cidr, contains, encloses, formatCidr, type InterfaceAddress, networkOf } from '../../base/cidr.ts'
import { formatIpv4, parseIpv4 } from '../../base/ipv4.ts'

/** A port of the bridge, and what its container was given. */
export interface GuardedPort {
  readonly device: string
  readonly addresses: readonly InterfaceAddress[]
  /** Its container has an IPv6 address too: IPv6 is not looked into. */
  readonly hasIpv6: boolean
}

/** In the bridge family, where no other program's table is in the way. */
export const ISOLATION_TABLE = 'weave'
const TABLE = `bridge ${ISOLATION_TABLE}`

/** RFC 1918, RFC 6598. Without a range for the overlay, it is all of the block that an address is from. */
const PRIVATE_BLOCKS = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
] as const

/**
 * For `nft -f`, one transaction. A frame from a container carries an address that was given to it, and goes to one of its subnets
 * or out of the overlay; a frame to it, from whichever host, comes from one of its subnets or from outside. Routes and addresses
 * that somebody sets inside change nothing about that. What holds no address that could be judged (nested VLAN tags, IPv6 where none was given)
 * goes no way; other protocols do, as no kernel takes addresses from them.
 */
export function isolationText(ports: readonly GuardedPort[], overlay: Cidr | undefined): string {
  const elements = elementsOf(ports, overlay)
  const set = (name: SetName, type: string) => {
    const list = elements[name]
    return `  set ${name} { ${type}${list.length === 0 ? '' : ` elements = { ${list.join(', ')} };`} }`
  }
  return [
    `add table ${TABLE}`,
    `delete table ${TABLE}`,
    `table ${TABLE} {`,
    ...['spoofed', 'foreign', 'unjudged'].map(name => `  counter ${name} {}`),
    set('guarded', 'type ifname;'),
    set('with_ipv6', 'type ifname;'),
    set('sources', 'type ifname . ipv4_addr;'),
    set('subnets', 'type ifname . ipv4_addr; flags interval;'),
    set('overlay', 'type ifname . ipv4_addr; flags interval;'),
    '  chain from_container {',
    '    meta protocol { 8021q, 8021ad } counter name "unjudged" drop',
    '    meta protocol ip6 iifname != @with_ipv6 counter name "unjudged" drop',
    '    meta protocol arp arp saddr ip != 0.0.0.0 iifname . arp saddr ip != @sources counter name "spoofed" drop',
    '    meta protocol arp iifname . arp daddr ip @overlay iifname . arp daddr ip != @subnets counter name "foreign" drop',
    '    meta protocol ip iifname . ip saddr != @sources counter name "spoofed" drop',
    '    meta protocol ip iifname . ip daddr @overlay iifname . ip daddr != @subnets counter name "foreign" drop',
    '  }',
    '  chain to_container {',
    '    meta protocol { 8021q, 8021ad } counter name "unjudged" drop',
    '    meta protocol ip6 oifname != @with_ipv6 counter name "unjudged" drop',
    '    meta protocol arp oifname . arp saddr ip @overlay oifname . arp saddr ip != @subnets counter name "foreign" drop',
    '    meta protocol ip oifname . ip saddr @overlay oifname . ip saddr != @subnets counter name "foreign" drop',
    '  }',
    // Before routing by the host, which could carry frames from one subnet to the other.
    '  chain arrival { type filter hook prerouting priority -300; policy accept; iifname @guarded jump from_container; }',
    '  chain passage { type filter hook forward priority -200; policy accept; oifname @guarded jump to_container; }',
    '}',
    '',
  ].join('\n')
}

export function isolationRemoval(): string {
  return `add table ${TABLE}\ndelete table ${TABLE}\n`
}

/** For a table that is there: one port's elements in the place of what it had. */
export function replacePortText(
  before: GuardedPort | undefined,
  after: GuardedPort | undefined,
  overlay: Cidr | undefined,
): string {
  const command = (verb: 'add' | 'delete', port: GuardedPort | undefined) => {
    const elements = elementsOf(port === undefined ? [] : [port], overlay)
    return SET_NAMES.filter(name => elements[name].length > 0).map(
      name => `${verb} element ${TABLE} ${name} { ${elements[name].join(', ')} }\n`,
    )
  }
  return [...command('delete', before), ...command('add', after)].join('')
}

const SET_NAMES = ['guarded', 'with_ipv6', 'sources', 'subnets', 'overlay'] as const
type SetName = (typeof SET_NAMES)[number]

function elementsOf(ports: readonly GuardedPort[], overlay: Cidr | undefined): Record<SetName, readonly string[]> {
  const each = (values: (port: GuardedPort) => readonly string[]) =>
    ports.flatMap(port => values(port).map(value => `"${port.device}" . ${value}`))
  return {
    guarded: ports.map(({ device }) => `"${device}"`),
    with_ipv6: ports.filter(({ hasIpv6 }) => hasIpv6).map(({ device }) => `"${device}"`),
    sources: each(({ addresses }) => [...new Set(addresses.map(({ address }) => formatIpv4(address)))]),
    subnets: each(({ addresses }) => apart(addresses.map(subnetOf))),
    overlay: each(({ addresses }) => apart(addresses.map(address => overlayOf(address, overlay)))),
  }
}

function subnetOf({ address, prefix }: InterfaceAddress): Cidr {
  return { network: networkOf(address, prefix), prefix }
}

function overlayOf(address: InterfaceAddress, overlay: Cidr | undefined): Cidr {
  const own = subnetOf(address)
  if (overlay !== undefined && encloses(overlay, own)) return overlay
  for (const [text, prefix] of PRIVATE_BLOCKS) {
    const network = parseIpv4(text)
    if (network.ok && prefix <= own.prefix && contains({ network: network.value, prefix }, own.network)) {
      return { network: network.value, prefix }
    }
  }
  return own
}

/** Networks without those that others enclose: the kernel's sets take no ranges that overlap. */
function apart(networks: readonly Cidr[]): readonly string[] {
  const kept = networks.filter(one => !networks.some(other => other.prefix < one.prefix && encloses(other, one)))
  return [...new Set(kept.map(formatCidr))]
}
