import type { Endpoint } from '../../base/endpoint.ts'
import { formatIpv4, ipv4FromNumber, parseIpv4 } from '../../base/ipv4.ts'

/**
 * An endpoint as one number, address × 65,536 + port: compared and looked up without allocating. Below zero it is no endpoint but
 * the control link to a neighbour, as `linkKey` makes it.
 */
export type EndpointKey = number

/** Zero for an address that cannot be parsed. */
export function endpointKey(endpoint: Endpoint): EndpointKey {
  const address = parseIpv4(endpoint.ip)
  return address.ok ? address.value * 0x1_0000 + endpoint.port : 0
}

export function endpointOf(key: EndpointKey): Endpoint {
  return { ip: formatIpv4(ipv4FromNumber(Math.floor(key / 0x1_0000))), port: key % 0x1_0000 }
}

/** Stands for the control link to the neighbour with this short id, which is 1 at least. */
export function linkKey(neighbour: number): EndpointKey {
  return -neighbour
}

export function isLinkKey(key: EndpointKey): boolean {
  return key < 0
}

export function neighbourOf(key: EndpointKey): number {
  return -key
}
