import { firstOf, type IpAddress, type IpNetwork } from './ip-address.ts'

const BITS = 128

/** The fewest networks that hold exactly these addresses and no other, in their order. */
export function coverOf(addresses: readonly IpAddress[]): readonly IpNetwork[] {
  const sorted = [...new Set(addresses)].sort(byRank)
  const cover: IpNetwork[] = []
  for (const address of sorted) {
    cover.push({ network: address, prefix: BITS })
    for (let pair = siblings(cover); pair !== undefined; pair = siblings(cover)) cover.splice(-2, 2, pair)
  }
  return cover
}

/** The last two, joined when they are the halves of one network. */
function siblings(cover: readonly IpNetwork[]): IpNetwork | undefined {
  const [low, high] = cover.slice(-2)
  if (low === undefined || high === undefined || low.prefix !== high.prefix || low.prefix === 0) return undefined
  const prefix = low.prefix - 1
  return firstOf(high.network, prefix) === low.network ? { network: low.network, prefix } : undefined
}

function byRank(a: IpAddress, b: IpAddress): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
