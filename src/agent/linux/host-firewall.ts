import { type Cidr, formatCidr } from '../../base/cidr.ts'
import { runCommand, runCommandWith, tryCommand } from './run-command.ts'

export interface ExposedSubnet {
  readonly subnet: Cidr
  /** Traffic between the subnet and the world outside carries the host's address. */
  readonly masquerade: boolean
}

export interface FirewallWish {
  readonly bridge: string
  /** The whole overlay, where it is known. */
  readonly overlay: Cidr | undefined
  readonly exposed: readonly ExposedSubnet[]
}

/** Chains of our own, with the original's names (Weave rows FW-01, FW-02); Docker's are left alone. */
const HOOKS = [
  { table: 'filter', from: 'FORWARD', chain: 'WEAVE-EXPOSE' },
  { table: 'nat', from: 'POSTROUTING', chain: 'WEAVE' },
] as const

/**
 * Docker lets nothing through FORWARD that it does not know, and bridged frames pass there too once br_netfilter is loaded: the
 * overlay's own traffic is let through in any case. Repeatable; each table changes in one step.
 */
export function applyFirewall(wish: FirewallWish): void {
  runCommandWith(firewallText(wish), ['iptables-restore', '--noflush', '--wait'])
  for (const { table, from, chain } of HOOKS) {
    const rule = ['-j', chain]
    if (tryCommand(['iptables', '--wait', '-t', table, '-C', from, ...rule]) !== undefined) continue
    runCommand(['iptables', '--wait', '-t', table, '-I', from, '1', ...rule])
  }
}

/** False when another program has flushed our rules, as firewalld does on a reload (Weave row FW-06). */
export function isFirewallThere(): boolean {
  return HOOKS.every(
    ({ table, from, chain }) => tryCommand(['iptables', '--wait', '-t', table, '-C', from, '-j', chain]) !== undefined,
  )
}

/** For `iptables-restore --noflush`: naming a chain empties it. */
export function firewallText({ bridge, overlay, exposed }: FirewallWish): string {
  const forwarded = exposed.flatMap(({ subnet }) => [
    `-A WEAVE-EXPOSE -i ${bridge} -s ${formatCidr(subnet)} -j ACCEPT`,
    `-A WEAVE-EXPOSE -o ${bridge} -d ${formatCidr(subnet)} -j ACCEPT`,
  ])
  const ownSubnets = [...(overlay === undefined ? [] : [overlay]), ...exposed.map(({ subnet }) => subnet)]
  const masqueraded = exposed.filter(({ masquerade }) => masquerade).map(({ subnet }) => formatCidr(subnet))
  return [
    '*filter',
    ':WEAVE-EXPOSE - [0:0]',
    `-A WEAVE-EXPOSE -i ${bridge} -o ${bridge} -j ACCEPT`,
    ...forwarded,
    'COMMIT',
    '*nat',
    ':WEAVE - [0:0]',
    // What stays on the bridge keeps its source, or frames between hosts would be rewritten on their way and loop.
    '-A WEAVE -d 224.0.0.0/4 -j RETURN',
    ...masqueraded.map(subnet => `-A WEAVE -s ${subnet} ! -o ${bridge} -j MASQUERADE`),
    ...(masqueraded.length === 0 ? [] : ownSubnets.map(subnet => `-A WEAVE -s ${formatCidr(subnet)} -j RETURN`)),
    ...masqueraded.map(subnet => `-A WEAVE -o ${bridge} -d ${subnet} -j MASQUERADE`),
    'COMMIT',
    '',
  ].join('\n')
}
