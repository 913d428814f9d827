import { intersect, type Range, sizeOfRange, without } from './range.ts'
import type { Territory } from './territory.ts'

/** Of the range that the manifest gives it a router keeps this part to itself, lest one that asks again and again gets all. */
const KEPT_SHARE = 8n

type Held = Pick<Territory, 'homes' | 'self' | 'space' | 'leases' | 'freeIn'>

/** So many free addresses of its own range a router gives to others, and no more. */
export function spareOfHome({ homes, self, space, leases }: Held): bigint {
  const home = homes.of(self)
  const held = countOf(home.flatMap(one => space.usableIn(one)))
  const used = home.reduce((sum, one) => sum + leases.countIn(one), 0)
  const spare = held - BigInt(used) - countOf(home) / KEPT_SHARE
  return spare > 0n ? spare : 0n
}

/** Of each range the free addresses, for those who look for a donor. */
export function offersIn(ranges: readonly Range[], held: Held): readonly bigint[] {
  const spare = spareOfHome(held)
  const home = held.homes.of(held.self)
  const freeIn = (parts: readonly Range[]) => parts.reduce((sum, part) => sum + held.freeIn(part), 0n)
  return ranges.map(range => {
    const { beyondHome, ofHome } = splitAt(home, [range])
    const own = freeIn(ofHome)
    const isScarce = spare < own
    return freeIn(beyondHome) + (isScarce ? spare : own)
  })
}

export function splitAt(
  home: readonly Range[],
  parts: readonly Range[],
): Record<'beyondHome' | 'ofHome', readonly Range[]> {
  return {
    beyondHome: parts.flatMap(part => without(part, home)),
    ofHome: parts.flatMap(part => home.flatMap(one => intersect(one, part) ?? [])),
  }
}

export function countOf(ranges: readonly Range[]): bigint {
  return ranges.reduce((sum, range) => sum + sizeOfRange(range), 0n)
}
