import { sizeOfRange } from '../../src/core/ipam/range.ts'
import type { AddressHost } from './address-world.ts'

export interface Survey {
  /** Addresses that hosts own and use. */
  readonly owned: bigint
  /** Those that two of them do. */
  readonly doubled: bigint
}

export function survey(hosts: readonly AddressHost[], now: number): Survey {
  const claims = hosts.flatMap(host => {
    const self = host.ipam.status(now).peers.find(peer => peer.isSelf)
    return (self?.ranges ?? []).map(range => ({ ...range }))
  })
  claims.sort((a, b) => (a.from < b.from ? -1 : 1))
  let [owned, doubled, end] = [0n, 0n, -1n]
  for (const claim of claims) {
    owned += sizeOfRange(claim)
    if (claim.from <= end) doubled += (claim.to < end ? claim.to : end) - claim.from + 1n
    if (claim.to > end) end = claim.to
  }
  return { owned, doubled }
}
