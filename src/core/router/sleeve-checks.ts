import type { Endpoint } from '../../base/endpoint.ts'
import type { Instant, Output } from './api.ts'

const DATAGRAM_BYTES = 64
/** Other probes that measure count from 1, and from 2^31. */
const FIRST_SEQUENCE = 2 ** 30
const LAST_SEQUENCE = 2 ** 31 - 1

/** The last question to a peer, and when that was asked which was answered last. */
interface Check {
  sequence: number
  askedAt: Instant
  provedAt: Instant
}

/**
 * Asks peers whether the sleeve works at the moment, by the way that frames would take, while there is an inquiry about their fast links. Answers say
 * nothing else: loss and latency of the sleeve are judged by its own probes.
 */
export class SleeveChecks {
  readonly #emit: (output: Output) => void
  readonly #endpointOf: (peer: number) => Endpoint | undefined
  /** By short id. */
  readonly #checks = new Map<number, Check>()
  #sequence = FIRST_SEQUENCE

  /** `endpointOf`: where frames of the sleeve for the peer go first. */
  constructor(emit: (output: Output) => void, endpointOf: (peer: number) => Endpoint | undefined) {
    this.#emit = emit
    this.#endpointOf = endpointOf
  }

  ask(peer: number, now: Instant): void {
    const to = this.#endpointOf(peer)
    if (to === undefined) return
    this.#sequence = this.#sequence === LAST_SEQUENCE ? FIRST_SEQUENCE : this.#sequence + 1
    const { provedAt = Number.NEGATIVE_INFINITY } = this.#checks.get(peer) ?? {}
    this.#checks.set(peer, { sequence: this.#sequence, askedAt: now, provedAt })
    const probe = { sequence: this.#sequence, isReply: false, datagramBytes: DATAGRAM_BYTES }
    this.#emit({ kind: 'probe', peer, to, probe })
  }

  /** True when it was a question of this one's that came back. */
  answered(peer: number, sequence: number): boolean {
    if (sequence < FIRST_SEQUENCE || sequence > LAST_SEQUENCE) return false
    const check = this.#checks.get(peer)
    if (check?.sequence === sequence) check.provedAt = check.askedAt
    return true
  }

  /** When that question was asked which the peer has answered last. */
  provedAt(peer: number): Instant {
    return this.#checks.get(peer)?.provedAt ?? Number.NEGATIVE_INFINITY
  }

  /** The inquiry is over. */
  forget(peer: number): void {
    this.#checks.delete(peer)
  }
}
