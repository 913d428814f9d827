import type { Range } from './range.ts'

/** What a router has taken of its own space, in one text: each part is taken once. */
export function formatHome(ranges: readonly Range[]): string {
  return ranges.map(({ from, to }) => `${from}-${to}`).join()
}

export function parseHome(text: string): readonly Range[] {
  return text.split(',').flatMap(range => {
    const [from, to] = range.split('-')
    return from === undefined || to === undefined ? [] : [{ from: BigInt(from), to: BigInt(to) }]
  })
}
