import { type Result, refused } from '../../base/result.ts'
import { readU16 } from '../wire/big-endian.ts'
import type { SignedRecord } from '../wire/link-message.ts'
import { SIGNATURE_BYTES } from '../wire/peer-record.ts'
import { Allowances } from './allowances.ts'
import type { Instant } from './api.ts'
import { type Acceptance, UNSIGNED } from './record-gate.ts'

/** What a record costs everybody, however short it is: a signature to verify, and its part of a message on each link. */
const RECORD_MS = 50
const BYTES_PER_MS = 64
/** So much may come in a row: some 140 short records, or eight of the longest. */
export const RECORDS_OWED_MAX_MS = 8_000
/** What is not signed by its owner is the neighbour's doing, who has verified what it passes on. */
const FORGERY_MS = 100
export const FORGERIES_OWED_MAX_MS = 10_000

export const TOO_MANY = 'more records than are taken of one peer'
export const FORGES = 'records of a neighbour that forges some'

/** What goes on being taken of a peer is 20 records a second at most, and 64 KB. */
export function recordPriceMs(bytes: number): number {
  return RECORD_MS + bytes / BYTES_PER_MS
}

interface Gate {
  accept(record: SignedRecord): Result<Acceptance>
  /** Whether it is held, or a later one. */
  isKnown(record: SignedRecord): boolean
}

/**
 * Bounds what members make all others verify and pass on. It costs nobody but them: records are charged to their owner once its signature
 * is found right, and to the neighbour that told them when it is wrong. What is too much is not kept: comparisons bring the latest.
 */
export class RecordAllowances {
  readonly #gate: Gate
  readonly #issued = new Allowances(RECORDS_OWED_MAX_MS)
  readonly #forged = new Allowances(FORGERIES_OWED_MAX_MS)
  readonly #exceeded: (owner: number) => void

  /** `exceeded` is told once of each owner of whom too much comes. */
  constructor(gate: Gate, exceeded: (owner: number) => void) {
    this.#gate = gate
    this.#exceeded = exceeded
  }

  /** Owners and neighbours that there is memory taken for. */
  get size(): number {
    return this.#issued.size + this.#forged.size
  }

  /** Verifies and keeps a record as it came, if there is not too much of its kind. `neighbour`: who told it, once that is known. */
  accept(record: SignedRecord, neighbour: number | undefined, now: Instant): Result<Acceptance> {
    if (record.bytes.length < SIGNATURE_BYTES) return this.#gate.accept(record)
    const owner = readU16(record.bytes, 0)
    const reason = this.#refusal(owner, neighbour, now)
    if (reason !== undefined && !this.#gate.isKnown(record)) return this.#refuse(reason, owner)
    const accepted = this.#gate.accept(record)
    if (!accepted.ok && accepted.error === UNSIGNED && neighbour !== undefined) {
      this.#forged.charge(neighbour, FORGERY_MS, now)
    }
    if (accepted.ok && ['merged', 'own'].includes(accepted.value.kind)) {
      this.#issued.charge(owner, recordPriceMs(record.bytes.length), now)
    }
    return accepted
  }

  /** Call now and then: memory is bounded by the number of members. */
  forgetPaid(now: Instant): void {
    this.#issued.forgetPaid(now)
    this.#forged.forgetPaid(now)
  }

  #refusal(owner: number, neighbour: number | undefined, now: Instant): string | undefined {
    if (!this.#issued.allows(owner, now)) return TOO_MANY
    return neighbour === undefined || this.#forged.allows(neighbour, now) ? undefined : FORGES
  }

  #refuse(reason: string, owner: number): Result<Acceptance> {
    if (reason === TOO_MANY && this.#issued.exceeded(owner)) this.#exceeded(owner)
    return refused(reason)
  }
}
