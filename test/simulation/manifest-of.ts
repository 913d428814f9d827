import { formatIpNetwork, type IpAddress, type IpNetwork, parseIpNetwork } from '../../src/base/ip-address.ts'
import type { PeerName } from '../../src/base/peer-name.ts'
import { shareOf } from '../../src/contract/added-ranges.ts'
import type { IpamInput, IpamMember } from '../../src/core/ipam/api.ts'
import { type Range, rangeOf, sizeOfRange } from '../../src/core/ipam/range.ts'

interface Cluster {
  readonly hosts: ReadonlyMap<PeerName, Pick<IpamMember, 'home'>>
  readonly members: ReadonlySet<PeerName> | undefined
  readonly universe: string
  readonly addedRanges: readonly string[]
}

/** What routers hear of a manifest that gives members their homes in the universe, and a share of each added range. */
export function manifestOf({ hosts, members = new Set(), universe, addedRanges }: Cluster): IpamInput {
  const ranges = addedRanges.map(network)
  const withShares = [...members].map(name => {
    const home = hosts.get(name)?.home ?? []
    return { name, home: [...home, ...ranges.flatMap(range => sharesOf(name, home, { range, universe }))] }
  })
  return { kind: 'members', members: withShares, ranges }
}

function sharesOf(
  name: PeerName,
  [home]: readonly Range[],
  { range, universe }: { readonly range: IpNetwork; readonly universe: string },
): readonly Range[] {
  if (home === undefined) return []
  const share = shareOf(range, { subnet: universe }, { shortId: numberOf(name), containerRange: textOf(home) })
  return share === undefined ? [] : [rangeOf(share)]
}

function network(text: string): IpNetwork {
  const parsed = parseIpNetwork(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}

function numberOf(name: PeerName): number {
  return Number.parseInt(name.slice(-5).replace(':', ''), 16)
}

function textOf(range: Range): string {
  const hostBits = sizeOfRange(range).toString(2).length - 1
  return formatIpNetwork({ network: range.from as IpAddress, prefix: 128 - hostBits })
}
