import { assertNever } from '../../base/assert.ts'
import { formatCidr } from '../../base/cidr.ts'
import { coverOf } from '../../base/cidr-cover.ts'
import { parseIpv4 } from '../../base/ipv4.ts'
import { FAST_PATH_PORT } from '../../contract/ports.ts'

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
      const parsed = parseIpv4(text)
      return parsed.ok ? [parsed.value] : []
    })
  const routers = [...new Set(hosts.map(({ port }) => port))].sort((a, b) => a - b)
  return {
    clusterName,
    sources: coverOf(addresses).map(formatCidr),
    ports: [
      ...routers.map(port => ({ protocol: 'tcp', port, about: 'control links' }) as const),
      ...routers.map(port => ({ protocol: 'udp', port, about: 'sleeve' }) as const),
      { protocol: 'udp', port: FAST_PATH_PORT, about: 'fast path' },
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
  return `# Members of cluster ${clusterName}: nft -f FILE. Closes the overlay's ports to everybody else; a table of yours that closes them to
# all needs a rule of its own. Containers are not concerned: their frames are sealed within these ports.
table inet weave_members
delete table inet weave_members
table inet weave_members {
  set members {
    type ipv4_addr
    flags interval
    elements = { ${sources.join(', ')} }
  }
  chain input {
    type filter hook input priority filter - 10; policy accept;
    iif lo accept
    tcp dport { ${of('tcp').join(', ')} } ip saddr != @members drop
    udp dport { ${of('udp').join(', ')} } ip saddr != @members drop
    meta nfproto ipv6 tcp dport { ${of('tcp').join(', ')} } drop
    meta nfproto ipv6 udp dport { ${of('udp').join(', ')} } drop
  }
}
`
}

function iptables({ clusterName, sources, ports }: Members): string {
  const rules = ports.flatMap(({ protocol, port }) => [
    ...sources.map(source => `-A WEAVE-MEMBERS -p ${protocol} --dport ${port} -s ${source} -j ACCEPT`),
    `-A WEAVE-MEMBERS -p ${protocol} --dport ${port} ! -i lo -j DROP`,
  ])
  return `# Members of cluster ${clusterName}: iptables-restore --noflush FILE, then once: iptables -I INPUT -j WEAVE-MEMBERS
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
    ...sources.map(source => `${call} --ipset=weave --add-entry=${source}`),
    ...ports.map(
      ({ protocol, port }) =>
        `${call} --add-rich-rule='rule family="ipv4" source ipset="weave" port port="${port}" protocol="${protocol}" accept'`,
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
  }`,
  )
  return `# Members of cluster ${clusterName}. Attach aws_security_group.weave to their instances.
variable "weave_vpc_id" {
  type = string
}

locals {
  weave_members = [
${sources.map(source => `    "${source}",`).join('\n')}
  ]
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
    IpRanges: sources.map(source => ({ CidrIp: source, Description: `weave ${about}` })),
  }))
}
