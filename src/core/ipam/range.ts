import { encloses, type IpNetwork, lastOf } from '../../base/ip-address.ts'

/** Addresses from the first to the last, both included. */
export interface Range {
  readonly from: bigint
  readonly to: bigint
}

export function rangeOf(network: IpNetwork): Range {
  return { from: network.network, to: lastOf(network) }
}

export function sizeOfRange({ from, to }: Range): bigint {
  return to - from + 1n
}

export function rangeContains(range: Range, address: bigint): boolean {
  return range.from <= address && address <= range.to
}

export function intersect(a: Range, b: Range): Range | undefined {
  const { from } = a.from < b.from ? b : a
  const { to } = a.to < b.to ? a : b
  return from <= to ? { from, to } : undefined
}

/** Those that are in no other; of equal ones the first. */
export function outermost(networks: readonly IpNetwork[]): readonly IpNetwork[] {
  const isInner = (one: IpNetwork, i: number) =>
    networks.some((other, k) => k !== i && encloses(other, one) && (k < i || !encloses(one, other)))
  return networks.filter((one, i) => !isInner(one, i))
}

export function largestFirst<T extends Range>(ranges: readonly T[]): readonly T[] {
  return [...ranges].sort((a, b) =>
    sizeOfRange(a) === sizeOfRange(b) ? (a.from < b.from ? -1 : 1) : sizeOfRange(a) > sizeOfRange(b) ? -1 : 1,
  )
}

/** What is in `range` and in none of `others`, ascending. */
export function without(range: Range, others: readonly Range[]): readonly Range[] {
  const left: Range[] = []
  let from = range.from
  for (const other of [...others].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    if (other.to < from || other.from > range.to) continue
    if (other.from > from) left.push({ from, to: other.from - 1n })
    if (other.to + 1n > from) from = other.to + 1n
  }
  if (from <= range.to) left.push({ from, to: range.to })
  return left
}

/** The largest block aligned as a CIDR within `range`, of at most `sizeMax` addresses (at least 1). */
export function largestBlock(range: Range, sizeMax: bigint): Range {
  for (let size = floorPower(sizeMax < sizeOfRange(range) ? sizeMax : sizeOfRange(range)); size > 1n; size >>= 1n) {
    const from = ((range.from + size - 1n) / size) * size
    if (from + size - 1n <= range.to) return { from, to: from + size - 1n }
  }
  return { from: range.from, to: range.from }
}

function floorPower(value: bigint): bigint {
  return value < 1n ? 1n : 1n << BigInt(value.toString(2).length - 1)
}
