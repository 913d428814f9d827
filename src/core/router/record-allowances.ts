import { type Result, refused } from '../../base/result.ts'
import { readU16 } from '../wire/big-endian.ts'
import type { SignedRecord } from '../wire/link-message.ts'
import { SIGNATURE_BYTES } from '../wire/peer-record.ts'
import { Allowances } from './allowances.ts'
import type { Instant } from './api.ts'
import { type Acceptance, type HeardRecord, UNSIGNED } from './record-gate.ts'

/** What a record costs everybody, however short it is: a signature to verify, and its part of a message on each link. */
const RECORD_MS = 50
const BYTES_PER_MS = 64
/** So much may come in a row: some 140 short records, or eight of the longest. */
export const RECORDS_OWED_MAX_MS = 8_000
/** What is not signed by its owner is the neighbour's doing, who has verified what it passes on. */
const FORGERY_MS = 100
export const FORGERIES_OWED_MAX_MS = 10_000
/** Of records that claim short ids of others a neighbour may tell 600 in a row, as when two parts of a cluster meet, and then 20 a second. */
const CONTEST_MS = 50
const CONTESTS_OWED_MAX_MS = 30_000

export const TOO_MANY = 'more records than are taken of one peer'
export const FORGES = 'records of a neighbour that forges some'
export const CONTESTS = 'records of a neighbour that claim short ids of others'

/** What goes on being taken of a peer is 20 records a second at most, and 64 KB. */
export function recordPriceMs(bytes: number): number {
  return RECORD_MS + bytes / BYTES_PER_MS
}

interface Gate {
  accept(record: HeardRecord): Result<Acceptance>
  /** Whether it is held, or a later one. */
  isKnown(record: SignedRecord): boolean
  /** Whether it claims a short id that is another's, or ours: found out without its signature. */
  isContested(record: SignedRecord): boolean
}

/**
 * Bounds what members make all others verify and pass on. It costs nobody but them: records are charged to their owner once its signature
 * is found right, and to the neighbour that told them when it is wrong, or when the short id is another's: who makes such has a key for each. What
 * is too much is not kept: comparisons bring the latest.
 */
export class RecordAllowances {
  readonly #gate: Gate
  readonly #issued = new Allowances(RECORDS_OWED_MAX_MS)
  readonly #forged = new Allowances(FORGERIES_OWED_MAX_MS)
  readonly #contested = new Allowances(CONTESTS_OWED_MAX_MS)
  readonly #exceeded: (owner: number) => void

  /** `exceeded` is told once of each owner of whom too much comes. */
  constructor(gate: Gate, exceeded: (owner: number) => void) {
    this.#gate = gate
    this.#exceeded = exceeded
  }

  /** Owners and neighbours that there is memory taken for. */
  get size(): number {
    return this.#issued.size + this.#forged.size + this.#contested.size
  }

  /** Verifies and keeps a record as it came, if there is not too much of its kind. `neighbour`: who told it, once that is known. */
  accept(record: HeardRecord, neighbour: number | undefined, now: Instant): Result<Acceptance> {
    if (record.bytes.length < SIGNATURE_BYTES) return this.#gate.accept(record)
    const owner = readU16(record.bytes, 0)
    const reason = this.#refusal(record, neighbour, now)
    if (reason !== undefined && !this.#gate.isKnown(record)) return this.#refuse(reason, owner)
    const accepted = this.#gate.accept(record)
    if (neighbour !== undefined) this.#chargeNeighbour(neighbour, accepted, now)
    if (accepted.ok && ['merged', 'own'].includes(accepted.value.kind)) {
      this.#issued.charge(owner, recordPriceMs(record.bytes.length), now)
    }
    return accepted
  }

  /** Call now and then: memory is bounded by the number of members. */
  forgetPaid(now: Instant): void {
    this.#issued.forgetPaid(now)
    this.#forged.forgetPaid(now)
    this.#contested.forgetPaid(now)
  }

  #chargeNeighbour(neighbour: number, accepted: Result<Acceptance>, now: Instant): void {
    if (!accepted.ok && accepted.error === UNSIGNED) this.#forged.charge(neighbour, FORGERY_MS, now)
    if (accepted.ok && ['outranked', 'takes our number'].includes(accepted.value.kind)) {
      this.#contested.charge(neighbour, CONTEST_MS, now)
    }
  }

  #refusal(record: SignedRecord, neighbour: number | undefined, now: Instant): string | undefined {
    if (!this.#issued.allows(readU16(record.bytes, 0), now)) return TOO_MANY
    if (neighbour === undefined) return undefined
    if (!this.#forged.allows(neighbour, now)) return FORGES
    return !this.#contested.allows(neighbour, now) && this.#gate.isContested(record) ? CONTESTS : undefined
  }

  #refuse(reason: string, owner: number): Result<Acceptance> {
    if (reason === TOO_MANY && this.#issued.exceeded(owner)) this.#exceeded(owner)
    return refused(reason)
  }
}
