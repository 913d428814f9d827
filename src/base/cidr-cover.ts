import type { Cidr } from './cidr.ts'
import { type Ipv4, ipv4FromNumber } from './ipv4.ts'

/** The fewest networks that hold exactly these addresses and no other, in their order. */
export function coverOf(addresses: readonly Ipv4[]): readonly Cidr[] {
  const sorted = [...new Set(addresses)].sort((a, b) => a - b)
  const cover: Cidr[] = []
  for (const address of sorted) {
    cover.push({ network: address, prefix: 32 })
    for (let pair = siblings(cover); pair !== undefined; pair = siblings(cover)) cover.splice(-2, 2, pair)
  }
  return cover
}

/** The last two, joined when they are the halves of one network. */
function siblings(cover: readonly Cidr[]): Cidr | undefined {
  const [low, high] = cover.slice(-2)
  if (low === undefined || high === undefined || low.prefix !== high.prefix || low.prefix === 0) return undefined
  const size = 2 ** (32 - low.prefix)
  if (high.network - low.network !== size || low.network % (2 * size) !== 0) return undefined
  return { network: ipv4FromNumber(low.network), prefix: low.prefix - 1 }
}
