import { Allowances } from './allowances.ts'
import type { Instant } from './api.ts'

/** What a question costs, however short question and answer are: all that is held is gone through for it. */
const QUESTION_MS = 50
const BYTES_PER_MS = 512
/** So much may be asked for in a row: 400 short answers, or 10 MB. */
const ANSWERS_OWED_MAX_MS = 20_000

export const TOO_MANY_QUESTIONS = 'more comparisons than are answered of one neighbour'

/**
 * Bounds what a neighbour has us tell it by comparing: a question of 20 bytes may be answered with all records that there are. An answer
 * is charged once it is given, so that one always is, however large, to who owes little. Of the peer, not of the link: connecting anew pays nothing.
 */
export class AnswerAllowances {
  readonly #asked = new Allowances(ANSWERS_OWED_MAX_MS)
  readonly #exceeded: (neighbour: number) => void

  /** `exceeded` is told once of each neighbour that asks for too much. */
  constructor(exceeded: (neighbour: number) => void) {
    this.#exceeded = exceeded
  }

  /** Neighbours that there is memory taken for. */
  get size(): number {
    return this.#asked.size
  }

  allows(neighbour: number, now: Instant): boolean {
    const isAllowed = this.#asked.allows(neighbour, now)
    if (!isAllowed && this.#asked.exceeded(neighbour)) this.#exceeded(neighbour)
    return isAllowed
  }

  /** `bytes`: of question and answer. */
  charge(neighbour: number, bytes: number, now: Instant): void {
    this.#asked.charge(neighbour, QUESTION_MS + bytes / BYTES_PER_MS, now)
  }

  /** Call now and then: memory is bounded by the number of members. */
  forgetPaid(now: Instant): void {
    this.#asked.forgetPaid(now)
  }
}
