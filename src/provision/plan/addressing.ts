import { type Cidr, encloses, formatCidr, formatInterfaceAddress, sizeOf } from '../../base/cidr.ts'
import { type Ipv4, ipv4FromNumber } from '../../base/ipv4.ts'

/** The short id of a host on the wire has 12 bits. */
const SHORT_ID_MAX = 4095

/**
 * How numbers become addresses. The subnet is cut into ranges of `containerPrefix`; host N owns range N, and its bridge has the
 * subnet's address number N. Those lie in range 0, which therefore belongs to nobody: Docker would hand out other hosts' bridges.
 */
export interface Layout {
  readonly subnet: Cidr
  readonly containerPrefix: number
}

export function hostsMax(layout: Layout): number {
  return Math.min(rangeCount(layout) - 1, rangeSize(layout) - 1, SHORT_ID_MAX)
}

/** What to change when the numbers run out depends on which bound is met. */
export function remedyForExhaustion(layout: Layout): string {
  const max = hostsMax(layout)
  if (max === SHORT_ID_MAX) return `a cluster holds at most ${SHORT_ID_MAX} hosts: split the inventory`
  if (max === rangeSize(layout) - 1 && max < rangeCount(layout) - 1) {
    return 'lower weave_container_prefix: range 0 holds the bridge addresses, one for each host'
  }
  return 'widen weave_subnet or narrow weave_container_prefix'
}

export function bridgeAddress(layout: Layout, index: number): string {
  const address = ipv4FromNumber(layout.subnet.network + index)
  return formatInterfaceAddress({ address, prefix: layout.subnet.prefix })
}

export function containerRange(layout: Layout, index: number): string {
  const network = ipv4FromNumber(layout.subnet.network + index * rangeSize(layout))
  return formatCidr({ network, prefix: layout.containerPrefix })
}

/** The number whose bridge has this address. */
export function indexOfBridgeIp(layout: Layout, ip: Ipv4): number {
  return ip - layout.subnet.network
}

/** The number that owns this range; undefined for a range that the layout does not have. */
export function indexOfRange(layout: Layout, range: Cidr): number | undefined {
  if (range.prefix !== layout.containerPrefix || !encloses(layout.subnet, range)) return undefined
  return (range.network - layout.subnet.network) / rangeSize(layout)
}

function rangeSize(layout: Layout): number {
  return sizeOf({ network: layout.subnet.network, prefix: layout.containerPrefix })
}

function rangeCount(layout: Layout): number {
  return 2 ** Math.max(0, layout.containerPrefix - layout.subnet.prefix)
}
