import type { IpAddress } from '../../base/ip-address.ts'
import { isTunnelAddress } from '../../core/router/index.ts'
import type { AnswerValue } from './map-values.ts'

/** An answer that comes later is none. Nanoseconds. */
const ANSWER_WITHIN = 400_000_000n

export interface OpenQuestion {
  readonly peer: number
  readonly nonce: number
  readonly to: IpAddress
  readonly datagram: Buffer
  /** Nanoseconds of the monotonic clock, as the kernel's. */
  readonly sentAt: bigint
  /** When to say that there is no answer yet, which is said once; later than `sentAt`, as the question is by then on its way. */
  readonly dueAt?: bigint | undefined
  /** It was sent though the kernel has been told that the path takes less. */
  readonly isDoubtful: boolean
}

export interface AnsweredQuestion {
  readonly question: OpenQuestion
  readonly roundTripMs: number
}

export interface Outcomes {
  readonly answered: readonly AnsweredQuestion[]
  /** Those that should have been by this time. */
  readonly overdue: readonly OpenQuestion[]
}

/** Questions of the fast path whose answers the kernel may yet note: it has the last of each peer in the clear, and the last inside its tunnel. */
export class OpenQuestions {
  /** By peer, way and nonce. */
  readonly #questions = new Map<string, OpenQuestion>()
  readonly #overdue = new Set<string>()

  get size(): number {
    return this.#questions.size
  }

  add(question: OpenQuestion): void {
    this.#questions.set(`${wayOf(question)} ${question.nonce}`, question)
  }

  /** What has become of them, each outcome once; what has waited for too long is let go. `now`: as `sentAt`. */
  take(now: bigint, answerOf: (peer: number, to: IpAddress) => AnswerValue): Outcomes {
    const [answered, overdue]: [AnsweredQuestion[], OpenQuestion[]] = [[], []]
    const answers = new Map<string, AnswerValue>()
    for (const [key, question] of this.#questions) {
      const { peer, to, nonce, sentAt } = question
      const way = wayOf(question)
      const answer = answers.get(way) ?? answerOf(peer, to)
      answers.set(way, answer)
      const isAnswered = answer.nonce === nonce && answer.at >= sentAt
      if (isAnswered) answered.push({ question, roundTripMs: Number(answer.at - sentAt) / 1e6 })
      else if (this.#isNewlyOverdue(key, question, now)) overdue.push(question)
      if (isAnswered || now - sentAt > ANSWER_WITHIN) this.#forget(key)
    }
    return { answered, overdue }
  }

  #isNewlyOverdue(key: string, question: OpenQuestion, now: bigint): boolean {
    const { dueAt = now } = question
    if (now <= dueAt || this.#overdue.has(key)) return false
    this.#overdue.add(key)
    return true
  }

  #forget(key: string): void {
    this.#questions.delete(key)
    this.#overdue.delete(key)
  }
}

/** As the kernel has places for answers. */
function wayOf({ peer, to }: OpenQuestion): string {
  return `${peer} ${isTunnelAddress(to) ? 'sealed' : 'clear'}`
}
