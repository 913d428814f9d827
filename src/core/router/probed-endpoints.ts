import type { IpAddress } from '../../base/ip-address.ts'
import type { FastLink } from '../mesh/fast-link.ts'
import type { TrustedAddresses } from './trusted-addresses.ts'

/**
 * Where VXLAN is taken from, and whose the addresses are. Probed peers may send from any of their trusted addresses, and from all at which
 * they are probed in turn: while one is asked at another, its own probes and its answers come from where its link leads, which it need not
 * have announced.
 */
export function probedEndpoints(
  links: readonly FastLink[],
  trusted: Pick<TrustedAddresses, 'of'>,
): ReadonlyMap<IpAddress, number> {
  const endpoints = new Map<IpAddress, number>()
  for (const { peer } of links) {
    for (const address of trusted.of(peer)) endpoints.set(address, peer)
  }
  for (const { peer, candidates } of links) {
    for (const address of candidates) endpoints.set(address, peer)
  }
  for (const { peer, address } of links) endpoints.set(address, peer)
  return endpoints
}
