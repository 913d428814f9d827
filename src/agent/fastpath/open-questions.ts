import type { IpAddress } from '../../base/ip-address.ts'
import { isTunnelAddress } from '../../core/router/index.ts'
import type { AnswerValue } from './map-values.ts'

/** An answer that comes later is none. */
const ANSWER_MS_MAX = 400

export interface OpenQuestion {
  readonly peer: number
  readonly nonce: number
  readonly to: IpAddress
  readonly datagram: Buffer
  /** Nanoseconds of the monotonic clock, as the kernel's. */
  readonly sentAt: bigint
  /** It was sent though the kernel has been told that the path takes less. */
  readonly isDoubtful: boolean
}

export interface AnsweredQuestion {
  readonly question: OpenQuestion
  readonly roundTripMs: number
}

/** Questions of the fast path whose answers the kernel may yet note: of each peer the last in the clear, and the last inside its tunnel. */
export class OpenQuestions {
  readonly #questions = new Map<string, OpenQuestion>()

  get size(): number {
    return this.#questions.size
  }

  add(question: OpenQuestion): void {
    this.#questions.set(keyOf(question), question)
  }

  /** Those that have been answered, once; what has waited for too long is let go. `now`: as `sentAt`. */
  take(now: bigint, answerOf: (peer: number, to: IpAddress) => AnswerValue): readonly AnsweredQuestion[] {
    const answered: AnsweredQuestion[] = []
    for (const [key, question] of this.#questions) {
      const { peer, to, nonce, sentAt } = question
      const answer = answerOf(peer, to)
      const isAnswered = answer.nonce === nonce && answer.at >= sentAt
      const isLate = now - sentAt > BigInt(ANSWER_MS_MAX * 1_000_000)
      if (isAnswered || isLate) this.#questions.delete(key)
      if (isAnswered) answered.push({ question, roundTripMs: Number(answer.at - sentAt) / 1e6 })
    }
    return answered
  }
}

/** As the kernel has places for answers. */
function keyOf({ peer, to }: OpenQuestion): string {
  return `${peer} ${isTunnelAddress(to) ? 'sealed' : 'clear'}`
}
