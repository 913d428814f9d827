import { formatCidr } from '../../base/cidr.ts'
import {
  formatIpNetwork,
  type IpNetwork,
  networkContains,
  overlaps,
  parseIpAddress,
  parseIpNetwork,
  readableNetworks,
} from '../../base/ip-address.ts'
import type { Problem } from '../../base/user-error.ts'
import { ADDED_RANGES_MAX } from '../../contract/cluster-manifest.ts'
import type { Layout } from './addressing.ts'
import type { Inventory } from './inventory.ts'
import type { Lock } from './lock.ts'

const BITS = 128
/** What a host's share needs to be of use: 4 addresses. */
const SHARE_BITS_MIN = 2
const GIVE_NETWORKS = 'give networks that are used nowhere else, as 10.3.0.0/16 or fd00:3::/64'

/** In one spelling, each once. */
export function addedRangesOf({ addedRanges = [] }: Pick<Inventory, 'addedRanges'>): readonly string[] {
  return [...new Set(addedRanges.map(text => spell(text)))]
}

/**
 * What makes `weave_added_ranges` wrong: each host is to get a share that it can use, of addresses that are nobody's. Routers go by that a
 * range which they have not heard of nobody has had, so one that was added stays.
 */
export function checkAddedRanges(
  inventory: Inventory,
  layout: Layout,
  lock: Pick<Lock, 'addedRanges'>,
): readonly Problem[] {
  const texts = addedRangesOf(inventory)
  const ranges = readableNetworks(texts)
  const tooMany = { cause: `weave_added_ranges has more than ${ADDED_RANGES_MAX}`, remedy: 'give wider ones' }
  const missing = (lock.addedRanges ?? []).filter(text => !texts.includes(text))
  return [
    ...missing.map(text => ({
      cause: `weave_added_ranges lacks ${text}, which was added before: containers may have addresses of it`,
      remedy: 'put it back; a range that was added stays, and others may follow it',
    })),
    ...(texts.length > ADDED_RANGES_MAX ? [tooMany] : []),
    ...texts.flatMap(text => {
      const range = parseIpNetwork(text)
      return range.ok ? [] : [{ cause: `weave_added_ranges: ${range.error}`, remedy: GIVE_NETWORKS }]
    }),
    ...ranges.flatMap((range, i) => checkOverlap(range, [...subnetOf(layout), ...ranges.slice(0, i)])),
    ...ranges.flatMap(range => checkSize(range, layout)),
    ...ranges.flatMap(range => checkUnderlay(range, inventory)),
  ]
}

function checkOverlap(range: IpNetwork, others: readonly IpNetwork[]): readonly Problem[] {
  const other = others.find(one => overlaps(one, range))
  if (other === undefined) return []
  const cause = `weave_added_ranges: ${formatIpNetwork(range)} overlaps ${formatIpNetwork(other)}, which the cluster has already`
  return [{ cause, remedy: GIVE_NETWORKS }]
}

function checkSize(range: IpNetwork, { subnet, containerPrefix }: Layout): readonly Problem[] {
  const cuts = containerPrefix - subnet.prefix
  if (range.prefix + cuts <= BITS - SHARE_BITS_MIN) return []
  const widest = formatIpNetwork({ ...range, prefix: BITS - SHARE_BITS_MIN - cuts }).replace(/^.*\//, '/')
  const cause = `weave_added_ranges: ${formatIpNetwork(range)} is too small to be cut into ${2 ** cuts} shares, as weave_subnet is`
  return [{ cause, remedy: `give one of ${widest} or wider` }]
}

function checkUnderlay(range: IpNetwork, { hosts }: Inventory): readonly Problem[] {
  return hosts.flatMap(({ name, underlayAddresses }) =>
    underlayAddresses
      .filter(text => isIn(text, range))
      .map(text => ({
        cause: `underlay address ${text} of host '${name}' lies in ${formatIpNetwork(range)} of weave_added_ranges`,
        remedy: GIVE_NETWORKS,
      })),
  )
}

function isIn(text: string, range: IpNetwork): boolean {
  const address = parseIpAddress(text)
  return address.ok && networkContains(range, address.value)
}

function subnetOf({ subnet }: Layout): readonly IpNetwork[] {
  return readableNetworks([formatCidr(subnet)])
}

function spell(text: string): string {
  const range = parseIpNetwork(text)
  return range.ok ? formatIpNetwork(range.value) : text
}
