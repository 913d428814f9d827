import { assertNever } from '../../base/assert.ts'
import { coverOf } from '../../base/cidr-cover.ts'
import { isIpv6Text } from '../../base/endpoint.ts'
import { formatIpNetwork, parseIpAddress } from '../../base/ip-address.ts'
import { FAST_PATH_PORT, TUNNEL_PORT } from '../../contract/ports.ts'

export const FIREWALL_FORMATS = ['nftables', 'iptables', 'ufw', 'firewalld', 'terraform', 'aws', 'json'] as const
export type FirewallFormat = (typeof FIREWALL_FORMATS)[number]

/** An account's default. */
export const AWS_RULES_MAX = 60

/** Whom the overlay's ports are opened for. */
export interface Members {
  readonly clusterName: string
  readonly sources: readonly string[]
  readonly ports: readonly MemberPort[]
}

export interface MemberPort {
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  readonly about: string
}

interface MemberHost {
  readonly underlayAddresses: readonly string[]
  readonly port: number
}

/** The addresses of the hosts and nothing else, in as few networks as hold exactly them. */
export function membersOf(clusterName: string, hosts: readonly MemberHost[]): Members {
  const addresses = hosts
    .flatMap(host => host.underlayAddresses)
    .flatMap(text => {
      const parsed = parseIpAddress(text)
      return parsed.ok ? [parsed.value] : []
    })
  const routers = [...new Set(hosts.map(({ port }) => port))].sort((a, b) => a - b)
  return {
    clusterName,
    sources: coverOf(addresses).map(formatIpNetwork),
    ports: [
      ...routers.map(port => ({ protocol: 'tcp', port, about: 'control links' }) as const),
      ...routers.map(port => ({ protocol: 'udp', port, about: 'sleeve' }) as const),
      { protocol: 'udp', port: FAST_PATH_PORT, about: 'fast path' },
      { protocol: 'udp', port: TUNNEL_PORT, about: 'encrypted fast path' },
    ],
  }
}

/** A text for the tool that the format is named after; what it does stands in its first lines. */
export function renderFirewall(members: Members, format: FirewallFormat): string {
  switch (format) {
    case 'nftables':
      return nftables(members)
    case 'iptables':
      return iptables(members)
    case 'ufw':
      return ufw(members)
    case 'firewalld':
      return firewalld(members)
    case 'terraform':
      return terraform(members)
    case 'aws':
      return `${JSON.stringify(ipPermissions(members), null, 2)}\n`
    case 'json':
      return `${JSON.stringify(members, null, 2)}\n`
    default:
      return assertNever(format)
  }
}

function nftables({ clusterName, sources, ports }: Members): string {
  const of = (protocol: string) => ports.filter(port => port.protocol === protocol).map(({ port }) => port)
  const set = (name: string, type: string, members: readonly string[]) => `  set ${name} {
    type ${type}
    flags interval${members.length === 0 ? '' : `\n    elements = { ${members.join(', ')} }`}
  }`
  const only = (
    family: string,
    name: string,
  ) => `    tcp dport { ${of('tcp').join(', ')} } ${family} saddr != @${name} drop
    udp dport { ${of('udp').join(', ')} } ${family} saddr != @${name} drop`
  return `# Members of cluster ${clusterName}: nft -f FILE. Closes the overlay's ports to everybody else; a table of yours that closes them to
# all needs a rule of its own. Containers are not concerned: their frames are sealed within these ports.
table inet weave_members
delete table inet weave_members
table inet weave_members {
${set('members', 'ipv4_addr', ipv4Of(sources))}
${set('members6', 'ipv6_addr', ipv6Of(sources))}
  chain input {
    type filter hook input priority filter - 10; policy accept;
    iif lo accept
${only('ip', 'members')}
${only('ip6', 'members6')}
  }
}
`
}

function iptables({ clusterName, sources, ports }: Members): string {
  const rules = ports.flatMap(({ protocol, port }) => [
    ...sources.map(
      source =>
        `${isIpv6Text(source) ? '-6' : '-4'} -A WEAVE-MEMBERS -p ${protocol} --dport ${port} -s ${source} -j ACCEPT`,
    ),
    `-A WEAVE-MEMBERS -p ${protocol} --dport ${port} ! -i lo -j DROP`,
  ])
  return `# Members of cluster ${clusterName}: iptables-restore --noflush FILE, then once: iptables -I INPUT -j WEAVE-MEMBERS
# The same with ip6tables-restore and ip6tables: each takes the rules of its family.
*filter
:WEAVE-MEMBERS - [0:0]
-F WEAVE-MEMBERS
${rules.join('\n')}
COMMIT
`
}

function ufw({ clusterName, sources, ports }: Members): string {
  const rules = ports.flatMap(({ protocol, port, about }) =>
    sources.map(source => `ufw allow proto ${protocol} from ${source} to any port ${port} comment 'weave ${about}'`),
  )
  return `#!/bin/sh\n# Members of cluster ${clusterName}: opens the overlay's ports to them where ufw closes all.\nset -e\n${rules.join('\n')}\n`
}

function firewalld({ clusterName, sources, ports }: Members): string {
  const call = 'firewall-cmd --permanent'
  const lines = [
    `${call} --delete-ipset=weave 2>/dev/null || true`,
    `${call} --new-ipset=weave --type=hash:net`,
    `${call} --delete-ipset=weave6 2>/dev/null || true`,
    `${call} --new-ipset=weave6 --type=hash:net --option=family=inet6`,
    ...sources.map(source => `${call} --ipset=${isIpv6Text(source) ? 'weave6' : 'weave'} --add-entry=${source}`),
    ...ports.flatMap(({ protocol, port }) =>
      [
        ['ipv4', 'weave'],
        ['ipv6', 'weave6'],
      ].map(
        ([family, set]) =>
          `${call} --add-rich-rule='rule family="${family}" source ipset="${set}" port port="${port}" protocol="${protocol}" accept'`,
      ),
    ),
    'firewall-cmd --reload',
  ]
  return `#!/bin/sh\n# Members of cluster ${clusterName}: opens the overlay's ports to them in the default zone.\nset -e\n${lines.join('\n')}\n`
}

function terraform({ clusterName, sources, ports }: Members): string {
  const blocks = ports.map(
    ({ protocol, port, about }) => `  ingress {
    description = "weave ${about}"
    protocol    = "${protocol}"
    from_port   = ${port}
    to_port     = ${port}
    cidr_blocks = local.weave_members
    ipv6_cidr_blocks = local.weave_members6
  }`,
  )
  const list = (name: string, members: readonly string[]) =>
    members.length === 0
      ? `  ${name} = []`
      : `  ${name} = [\n${members.map(source => `    "${source}",`).join('\n')}\n  ]`
  return `# Members of cluster ${clusterName}. Attach aws_security_group.weave to their instances.
variable "weave_vpc_id" {
  type = string
}

locals {
${list('weave_members', ipv4Of(sources))}
${list('weave_members6', ipv6Of(sources))}
}

resource "aws_security_group" "weave" {
  name        = "weave-${clusterName}"
  description = "Overlay between the members of cluster ${clusterName}"
  vpc_id      = var.weave_vpc_id

${blocks.join('\n\n')}
}
`
}

/** For `aws ec2 authorize-security-group-ingress --group-id ID --ip-permissions file://FILE`. */
function ipPermissions({ sources, ports }: Members): unknown {
  return ports.map(({ protocol, port, about }) => ({
    IpProtocol: protocol,
    FromPort: port,
    ToPort: port,
    IpRanges: ipv4Of(sources).map(source => ({ CidrIp: source, Description: `weave ${about}` })),
    Ipv6Ranges: ipv6Of(sources).map(source => ({ CidrIpv6: source, Description: `weave ${about}` })),
  }))
}

function ipv4Of(sources: readonly string[]): readonly string[] {
  return sources.filter(source => !isIpv6Text(source))
}

function ipv6Of(sources: readonly string[]): readonly string[] {
  return sources.filter(isIpv6Text)
}
