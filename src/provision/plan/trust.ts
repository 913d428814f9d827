import { type Cidr, formatCidr, overlaps, parseCidr } from '../../base/cidr.ts'
import {
  formatIpNetwork,
  type IpNetwork,
  networkContains,
  parseIpAddress,
  parseIpNetwork,
  readableNetworks,
} from '../../base/ip-address.ts'
import type { Problem } from '../../base/user-error.ts'
import type { Layout } from './addressing.ts'
import type { Inventory } from './inventory.ts'
import type { Plan, PlannedHost } from './plan.ts'

/** Whatever address a member has: the agents ask nobody else, and the text stays when hosts come and go. */
const EVERYWHERE = ['0.0.0.0/0', '::/0']

/** Networks within which frames may go in the clear. */
export function trustedBy({ isEncrypted, trustedSubnets }: Pick<Inventory, 'isEncrypted' | 'trustedSubnets'>) {
  return isEncrypted ? [...new Set(trustedSubnets)] : EVERYWHERE
}

/** What makes `weave_trusted_subnets` wrong: not networks, the overlay's own, all there is, or contradicted by `weave_encryption`. */
export function checkTrust(inventory: Inventory, { subnet }: Layout): readonly Problem[] {
  const { isEncrypted, trustedSubnets } = inventory
  if (!isEncrypted && trustedSubnets.length > 0) {
    const cause = 'weave_encryption is false, which trusts every network, and weave_trusted_subnets names some'
    return [{ cause, remedy: 'leave weave_encryption out to trust those only, or weave_trusted_subnets to trust all' }]
  }
  return trustedSubnets.flatMap(text => checkSubnet(text, subnet))
}

function checkSubnet(text: string, overlay: Cidr): readonly Problem[] {
  const parsed = parseIpNetwork(text)
  if (!parsed.ok) {
    const remedy = 'give underlay networks, as 192.0.2.0/24 or 2001:db8::/64'
    return [{ cause: `weave_trusted_subnets: ${parsed.error}`, remedy }]
  }
  if (EVERYWHERE.includes(formatIpNetwork(parsed.value))) {
    const remedy = 'say so with weave_encryption: false, or name the networks that are yours'
    return [{ cause: `weave_trusted_subnets: ${text} trusts every network`, remedy }]
  }
  const ipv4 = parseCidr(text)
  if (!ipv4.ok || !overlaps(ipv4.value, overlay)) return []
  const cause = `weave_trusted_subnets: ${text} overlaps the overlay, weave_subnet ${formatCidr(overlay)}`
  return [{ cause, remedy: 'name networks of the underlay: those of weave_underlay_address' }]
}

/** Frames without encryption are never a thing to find out later. */
export function trustNotices({ trustedSubnets, hosts }: Pick<Plan, 'trustedSubnets' | 'hosts'>): readonly string[] {
  if (trustedSubnets.length === 0) return []
  if (EVERYWHERE.every(network => trustedSubnets.includes(network))) {
    return [
      'NOTHING THAT CONTAINERS SEND IS ENCRYPTED where the fast path leads: weave_encryption is false. Whoever is on the way between two hosts can read and change it.',
    ]
  }
  const networks = readableNetworks(trustedSubnets)
  const empty = networks.filter(network => !hosts.some(host => isIn(host, network))).map(formatIpNetwork)
  return [
    `Frames between hosts in ${trustedSubnets.join(', ')} go in the clear (weave_trusted_subnets): whoever is on the way can read and change them.`,
    ...(empty.length === 0 ? [] : [`No host has an underlay address in ${empty.join(', ')} (weave_trusted_subnets).`]),
  ]
}

function isIn({ underlayAddresses }: PlannedHost, network: IpNetwork): boolean {
  return underlayAddresses.some(text => {
    const address = parseIpAddress(text)
    return address.ok && networkContains(network, address.value)
  })
}
