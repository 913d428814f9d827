const OTHER = 'other'

/** Counts refusals by reason: what stands in front of its first colon, without its numbers. The first `namesMax` reasons by name, others together. */
export class ReasonCounts {
  readonly #namesMax: number
  readonly #counts = new Map<string, number>()

  constructor(namesMax: number) {
    this.#namesMax = namesMax
  }

  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  count(reason: string): void {
    const wanted = (reason.split(':')[0] ?? reason).replace(/\d+/g, 'N')
    const name = this.#counts.has(wanted) || this.#counts.size < this.#namesMax ? wanted : OTHER
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }
}
