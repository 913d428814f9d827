/**
 * An endpoint as one number, compared and looked up without allocating: of IPv4 address × 65,536 + port, of IPv6 what `EndpointKeys`
 * has given it. Below zero it is no endpoint but the control link to a neighbour, as `linkKey` makes it.
 */
export type EndpointKey = number

/** What is no address. */
export const NO_ENDPOINT: EndpointKey = 0
export const IPV6_KEYS_FROM = 2 ** 48

export function ipv4Key(address: number, port: number): EndpointKey {
  return address * 0x1_0000 + port
}

export function isIpv6Key(key: EndpointKey): boolean {
  return key >= IPV6_KEYS_FROM
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
