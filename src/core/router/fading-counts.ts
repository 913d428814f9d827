/** How often peers have done something lately: of what was counted half is forgotten after `halfLifeMs`. */
export class FadingCounts {
  readonly #halfLifeMs: number
  /** Those that have done it lately only. */
  readonly #counted = new Map<number, { readonly count: number; readonly at: number }>()

  constructor(halfLifeMs: number) {
    this.#halfLifeMs = halfLifeMs
  }

  get size(): number {
    return this.#counted.size
  }

  of(peer: number, now: number): number {
    const known = this.#counted.get(peer)
    return known === undefined ? 0 : known.count * 2 ** ((known.at - now) / this.#halfLifeMs)
  }

  /** Gives the count with this time. */
  add(peer: number, now: number): number {
    const count = this.of(peer, now) + 1
    this.#counted.set(peer, { count, at: now })
    for (const known of this.#counted.keys()) if (this.of(known, now) < 0.5) this.#counted.delete(known)
    return count
  }

  forget(peer: number): void {
    this.#counted.delete(peer)
  }
}
