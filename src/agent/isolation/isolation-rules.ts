import {
  encloses,
  firstOf,
  formatIpAddress,
  formatIpNetwork,
  type IpNetwork,
  type IpOnNetwork,
  isIpv4,
  readableNetworks,
} from '../../base/ip-address.ts'

/** A port of the bridge, and what its container was given. */
export interface GuardedPort {
  readonly device: string
  readonly addresses: readonly IpOnNetwork[]
}

/** In the bridge family, where no other program's table is in the way. */
export const ISOLATION_TABLE = 'weave'
const TABLE = `bridge ${ISOLATION_TABLE}`

/** RFC 1918, RFC 6598, RFC 4193. Without a range for the overlay, it is all of the block that an address is from. */
const PRIVATE_BLOCKS = readableNetworks(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'])

/** Groups (RFC 2710, RFC 3810) and neighbours (RFC 4861), by their ICMPv6 types. A container is no router, so it says of none. */
/** Behind the eight bytes at the head of a neighbour solicitation or advertisement. */
const TARGET = '@th,64,128'
const IS_GLOBAL_TARGET = '@th,64,10 != 0x3fa'

const DISCOVERY = '{ 130, 131, 132, 133, 135, 136, 143 }'

/**
 * For `nft -f`, one transaction. A frame from a container carries an address that was given to it, and goes to one of its subnets
 * or out of the overlay; a frame to it, from whichever host, comes from one of its subnets or from outside. Routes and addresses
 * that somebody sets inside change nothing about that. What holds no address that could be judged (nested VLAN tags, IPv6 where none was given)
 * goes no way; other protocols do, as no kernel takes addresses from them. Of a link's own IPv6 addresses, which say of no subnet,
 * only what finds neighbours and groups passes, and of an address that it says or asks to be its own it must be the owner.
 * `judgesNeighbours`: false for versions of nft that know no sets of what is inside a message.
 */
export function isolationText(
  ports: readonly GuardedPort[],
  overlay: IpNetwork | undefined,
  judgesNeighbours = true,
): string {
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
    set('sources6', 'type ifname . ipv6_addr;'),
    set('subnets6', 'type ifname . ipv6_addr; flags interval;'),
    set('overlay6', 'type ifname . ipv6_addr; flags interval;'),
    ...(judgesNeighbours ? [set('neighbours6', `typeof iifname . ${TARGET};`)] : []),
    '  chain from_container {',
    '    meta protocol { 8021q, 8021ad } counter name "unjudged" drop',
    '    meta protocol ip6 iifname != @with_ipv6 counter name "unjudged" drop',
    ...(judgesNeighbours ? neighbourRules() : []),
    `    ip6 saddr { ::, fe80::/10 } icmpv6 type ${DISCOVERY} return`,
    '    meta protocol ip6 iifname . ip6 saddr != @sources6 counter name "spoofed" drop',
    '    meta protocol ip6 iifname . ip6 daddr @overlay6 iifname . ip6 daddr != @subnets6 counter name "foreign" drop',
    '    meta protocol arp arp saddr ip != 0.0.0.0 iifname . arp saddr ip != @sources counter name "spoofed" drop',
    '    meta protocol arp iifname . arp daddr ip @overlay iifname . arp daddr ip != @subnets counter name "foreign" drop',
    '    meta protocol ip iifname . ip saddr != @sources counter name "spoofed" drop',
    '    meta protocol ip iifname . ip daddr @overlay iifname . ip daddr != @subnets counter name "foreign" drop',
    '  }',
    '  chain to_container {',
    '    meta protocol { 8021q, 8021ad } counter name "unjudged" drop',
    '    meta protocol ip6 oifname != @with_ipv6 counter name "unjudged" drop',
    '    meta protocol ip6 oifname . ip6 saddr @overlay6 oifname . ip6 saddr != @subnets6 counter name "foreign" drop',
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

/** Of advertisements, and of solicitations that ask whether anybody else has an address (RFC 4862, section 5.4). */
function neighbourRules(): readonly string[] {
  const isForeign = `${IS_GLOBAL_TARGET} iifname . ${TARGET} != @neighbours6 counter name "spoofed" drop`
  return [`    icmpv6 type 136 ${isForeign}`, `    ip6 saddr :: icmpv6 type 135 ${isForeign}`]
}

export function isolationRemoval(): string {
  return `add table ${TABLE}\ndelete table ${TABLE}\n`
}

/** For a table that is there: one port's elements in the place of what it had. */
export function replacePortText(
  before: GuardedPort | undefined,
  after: GuardedPort | undefined,
  overlay: IpNetwork | undefined,
): string {
  const command = (verb: 'add' | 'delete', port: GuardedPort | undefined) => {
    const elements = elementsOf(port === undefined ? [] : [port], overlay)
    return SET_NAMES.filter(name => elements[name].length > 0).map(
      name => `${verb} element ${TABLE} ${name} { ${elements[name].join(', ')} }\n`,
    )
  }
  return [...command('delete', before), ...command('add', after)].join('')
}

const SET_NAMES = [
  'guarded',
  'with_ipv6',
  'sources',
  'subnets',
  'overlay',
  'sources6',
  'subnets6',
  'overlay6',
  'neighbours6',
] as const
type SetName = (typeof SET_NAMES)[number]

function elementsOf(ports: readonly GuardedPort[], overlay: IpNetwork | undefined): Record<SetName, readonly string[]> {
  const each = (values: (port: GuardedPort) => readonly string[]) =>
    ports.flatMap(port => values(port).map(value => `"${port.device}" . ${value}`))
  return {
    guarded: ports.map(({ device }) => `"${device}"`),
    with_ipv6: ports.filter(port => ipv6Of(port).length > 0).map(({ device }) => `"${device}"`),
    sources: each(port => sourcesOf(ipv4Of(port))),
    subnets: each(port => apart(ipv4Of(port).map(subnetOf))),
    overlay: each(port => apart(ipv4Of(port).map(address => overlayOf(address, overlay)))),
    sources6: each(port => sourcesOf(ipv6Of(port))),
    subnets6: each(port => apart(ipv6Of(port).map(subnetOf))),
    overlay6: each(port => apart(ipv6Of(port).map(address => overlayOf(address, overlay)))),
    neighbours6: each(port => [...new Set(ipv6Of(port).map(({ address }) => hexadecimal(address)))]),
  }
}

function ipv4Of({ addresses }: GuardedPort): readonly IpOnNetwork[] {
  return addresses.filter(({ address }) => isIpv4(address))
}

function ipv6Of({ addresses }: GuardedPort): readonly IpOnNetwork[] {
  return addresses.filter(({ address }) => !isIpv4(address))
}

function sourcesOf(addresses: readonly IpOnNetwork[]): readonly string[] {
  return [...new Set(addresses.map(({ address }) => formatIpAddress(address)))]
}

function hexadecimal(address: bigint): string {
  return `0x${address.toString(16).padStart(32, '0')}`
}

function subnetOf({ address, prefix }: IpOnNetwork): IpNetwork {
  return { network: firstOf(address, prefix), prefix }
}

function overlayOf(address: IpOnNetwork, overlay: IpNetwork | undefined): IpNetwork {
  const own = subnetOf(address)
  if (overlay !== undefined && encloses(overlay, own)) return overlay
  return PRIVATE_BLOCKS.find(block => encloses(block, own)) ?? own
}

/** Networks without those that others enclose: the kernel's sets take no ranges that overlap. */
function apart(networks: readonly IpNetwork[]): readonly string[] {
  const kept = networks.filter(one => !networks.some(other => other.prefix < one.prefix && encloses(other, one)))
  return [...new Set(kept.map(formatIpNetwork))]
}
