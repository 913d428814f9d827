import { intersect, largestFirst, type Range, without } from './range.ts'

/** Beyond, the smallest count anew. */
export const SILENCES_MAX = 1_024

interface Silence extends Range {
  readonly since: number
}

/** Space that nobody speaks for, and since when. */
export class Silences {
  #all: readonly Silence[] = []

  /** `silent`: what nobody speaks for at this look, in ranges that do not overlap. What is left out of one look counts anew. */
  note(silent: readonly Range[], now: number): void {
    const going = this.#all.flatMap(({ since, ...one }) =>
      silent.flatMap(part => intersect(one, part) ?? []).map(range => ({ ...range, since })),
    )
    const fresh = silent.flatMap(part => without(part, this.#all)).map(range => ({ ...range, since: now }))
    this.#all = largestFirst([...going, ...fresh]).slice(0, SILENCES_MAX)
  }

  clear(): void {
    this.#all = []
  }

  /** What of `range` nobody has spoken for since then at least. */
  within(range: Range, at: number): readonly Range[] {
    return this.#all.filter(({ since }) => since <= at).flatMap(one => intersect(one, range) ?? [])
  }
}
