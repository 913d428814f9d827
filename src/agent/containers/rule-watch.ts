/** Looking may take programs; on hosts that change their rules all the time it is not done each time. */
const LOOKS_APART_MS = 10_000

/** Says when the host's rules are to be looked at, because somebody has changed some since the last look. */
export class RuleWatch {
  readonly #generationOf: () => number | undefined
  #generation: number | undefined
  #lookedAt = Number.NEGATIVE_INFINITY

  /** `generationOf`: another number with each change; always undefined where changes cannot be told. */
  constructor(generationOf: () => number | undefined) {
    this.#generationOf = generationOf
    this.#generation = generationOf()
  }

  isDue(now: number): boolean {
    return now - this.#lookedAt >= LOOKS_APART_MS && this.#generationOf() !== this.#generation
  }

  /** What was looked at, and what was put back, is known. */
  looked(now: number): void {
    this.#lookedAt = now
    this.#generation = this.#generationOf()
  }
}
