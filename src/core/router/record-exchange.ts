import { assertNever } from '../../base/assert.ts'
import type { Result } from '../../base/result.ts'
import { type RecordKey, recordKey, type VersionedRecord } from '../gossip/record-store.ts'
import type { Link } from '../mesh/link.ts'
import { DIGEST_ENTRY_BYTES, type LinkMessage, type SignedRecord } from '../wire/link-message.ts'
import { AnswerAllowances, TOO_MANY_QUESTIONS } from './answer-allowances.ts'
import { instanceOf } from './boot-id.ts'
import type { ConversationContext } from './conversation.ts'
import { MOURNED } from './open-membership.ts'
import { RecordAllowances } from './record-allowances.ts'
import type { Acceptance, HeardRecord } from './record-gate.ts'
import { yieldNumber } from './yield-number.ts'

/** Records go out in messages of about this size. */
const BATCH_BYTES = 64 * 1024
/** So many records are simply sent to a neighbour met for the first time: a comparison would take longer than it saves. */
const PUSHED_MAX = 64
/** A record may show that the peer of another is there, which was given up: so often those are looked at again. Comparisons bring the rest. */
const PASSES_MAX = 16

type ExchangeContext = Pick<
  ConversationContext,
  | 'announcements'
  | 'refusals'
  | 'neighbours'
  | 'sessions'
  | 'topics'
  | 'log'
  | 'changed'
  | 'membership'
  | 'options'
  | 'emit'
  | 'twins'
>
/** What the log says when a peer issues more records than are taken of one. */
export const PROFUSE = 'a peer issues more records than are taken, and is heard less often'
/** What the log says when a neighbour compares without end. */
export const CURIOUS = 'a neighbour compares more than is answered, and is told less often'

type Digest = Extract<LinkMessage, { kind: 'digest' }>
type Question = Extract<LinkMessage, { kind: 'summary' | 'buckets' | 'digest' }>

/**
 * How neighbours come to hold the same records. News is passed on at once; the rest is found by comparing, coarse to fine:
 *
 *     summary ──other──▶ buckets ──which──▶ digest ──▶ records, and a digest back where something is lacking here
 */
export class RecordExchange {
  readonly #context: ExchangeContext
  /** Processes that there were links with, by peer: they hold what was told on those. */
  readonly #met = new Map<number, bigint>()
  readonly #send: (link: Link, message: LinkMessage) => void
  readonly #allowances: RecordAllowances
  readonly #answers: AnswerAllowances

  constructor(context: ExchangeContext, send: (link: Link, message: LinkMessage) => void) {
    this.#context = context
    this.#send = send
    this.#allowances = new RecordAllowances(context.announcements, peer => this.#warn(PROFUSE, peer))
    this.#answers = new AnswerAllowances(peer => this.#warn(CURIOUS, peer))
  }

  /** The link has come up. */
  begin(link: Link): void {
    const { store } = this.#context.announcements
    const isSmall = store.size <= PUSHED_MAX
    if (isSmall && !this.#meetsAgain(link)) for (const record of store.all()) this.tell(link, record)
    else if (isSmall || link.direction === 'outbound') this.compare(link)
  }

  /** Asks one neighbour, drawn by `lot`, whether it holds the same records as we do; returns which. */
  compareWithOne(lot: number, now: number): Link | undefined {
    this.#allowances.forgetPaid(now)
    this.#answers.forgetPaid(now)
    const { ready } = this.#context.neighbours
    const link = ready[lot % Math.max(ready.length, 1)]
    if (link !== undefined) this.compare(link)
    return link
  }

  compare(link: Link): void {
    this.#send(link, { kind: 'summary', hash: this.#context.announcements.store.summary() })
  }

  /** Notes that the other end has yet to hear of the record. */
  tell(link: Link, record: VersionedRecord): void {
    if (isNewsTo(link, record)) link.unsent.add(recordKey(record))
  }

  /** Sends what the link's unsent set names. */
  flush(link: Link): void {
    this.send(link, link.unsent)
    link.unsent.clear()
  }

  send(link: Link, keys: Iterable<RecordKey>): void {
    let batch: SignedRecord[] = []
    let batchBytes = 0
    for (const key of keys) {
      const stored = this.#context.announcements.store.get(key)
      if (stored === undefined) continue
      batch.push({ topic: stored.topic, bytes: stored.bytes })
      batchBytes += stored.bytes.length
      if (batchBytes < BATCH_BYTES) continue
      this.#send(link, { kind: 'records', records: batch })
      batch = []
      batchBytes = 0
    }
    if (batch.length > 0) this.#send(link, { kind: 'records', records: batch })
  }

  /** True when members lost their short ids to others: links with them have to end. */
  heard(link: Link, records: readonly SignedRecord[], now: number): boolean {
    let hasReplaced = false
    let left = records
    let before = Number.POSITIVE_INFINITY
    for (let pass = 0; pass < PASSES_MAX && left.length > 0 && left.length < before; pass++) {
      before = left.length
      left = left.filter(record => {
        const accepted = this.accept(link, record, now)
        if (accepted.ok) hasReplaced = this.#heardOne(link, accepted.value, now) || hasReplaced
        else if (accepted.error !== MOURNED) this.#refuse(link, accepted.error)
        return !accepted.ok && accepted.error === MOURNED
      })
    }
    for (const _ of left) this.#refuse(link, MOURNED)
    return hasReplaced
  }

  #refuse(link: Link, reason: string): void {
    this.#context.refusals.note(reason, { peer: link.peer ?? 0 })
  }

  #heardOne(link: Link, accepted: Acceptance, now: number): boolean {
    if (accepted.kind === 'known') {
      // What the other end has just said need not be said to it.
      if (accepted.isSame) link.unsent.delete(accepted.key)
      return false
    }
    this.#context.changed('soon')
    this.take(accepted, link, now)
    return accepted.kind === 'merged' && accepted.gone.length > 0
  }

  /** Verifies and keeps a record that was heard on the link. */
  accept(link: Link, record: HeardRecord, now: number): Result<Acceptance> {
    return this.#allowances.accept(record, link.peer, now)
  }

  /** Does what follows from a record that was heard on the link. */
  take(accepted: Acceptance, link: Link, now: number): void {
    switch (accepted.kind) {
      case 'known':
        return
      case 'own':
        return this.#context.twins.claimed(accepted, now)
      case 'outranked':
        link.unsent.add(accepted.key)
        return
      case 'takes our number':
        return yieldNumber(this.#context)
      case 'merged':
        return this.#merged(accepted, link, now)
      default:
        assertNever(accepted)
    }
  }

  /** Tells the neighbour what its comparison asks for, unless that is more than one neighbour is told. */
  answer(link: Link, question: Question, now: number): void {
    const neighbour = link.peer ?? 0
    if (!this.#answers.allows(neighbour, now)) {
      return this.#context.refusals.note(TOO_MANY_QUESTIONS, { peer: neighbour })
    }
    this.#answers.charge(neighbour, this.#answer(link, question), now)
  }

  /** Returns how many bytes that takes, the question's own included. */
  #answer(link: Link, question: Question): number {
    switch (question.kind) {
      case 'summary':
        return this.#answerSummary(link, question.hash)
      case 'buckets':
        return this.#answerBuckets(link, question.hashes)
      case 'digest':
        return question.entries.length * DIGEST_ENTRY_BYTES + this.#answerDigest(link, question)
      default:
        return assertNever(question)
    }
  }

  #answerSummary(link: Link, hash: Uint8Array): number {
    const { store } = this.#context.announcements
    if (store.summary().every((byte, i) => byte === hash[i])) return 0
    const hashes = store.bucketHashes()
    this.#send(link, { kind: 'buckets', hashes })
    return hashes.byteLength
  }

  #answerBuckets(link: Link, hashes: Uint32Array): number {
    const buckets = this.#context.announcements.store.differing(hashes)
    return buckets === 0n ? 0 : this.#sendDigest(link, buckets, true)
  }

  #answerDigest(link: Link, { entries, buckets, wantsDigest }: Digest): number {
    const { store } = this.#context.announcements
    let bytes = 0
    for (const record of store.newerThan(entries, buckets)) {
      link.unsent.add(recordKey(record))
      bytes += record.bytes.length
    }
    this.flush(link)
    const lacking = wantsDigest ? store.lacking(entries) : 0n
    return lacking === 0n ? bytes : bytes + this.#sendDigest(link, lacking, false)
  }

  /** Whether there was a link with the same process before. The other end may not have got as far, and says all it has. */
  #meetsAgain({ peer, peerBootId }: Link): boolean {
    if (peer === undefined) return false
    const isAgain = this.#met.get(peer) === instanceOf(peerBootId)
    this.#met.set(peer, instanceOf(peerBootId))
    return isAgain
  }

  #warn(message: string, peer: number): void {
    const { membership, log } = this.#context
    log('warn', message, { peer, nickname: membership.host(peer)?.host ?? '' })
  }

  #sendDigest(link: Link, buckets: bigint, wantsDigest: boolean): number {
    const entries = this.#context.announcements.store.digest(buckets)
    this.#send(link, { kind: 'digest', buckets, wantsDigest, entries })
    return entries.length * DIGEST_ENTRY_BYTES
  }

  #merged({ shortId, topic, gone, peer }: Extract<Acceptance, { kind: 'merged' }>, from: Link, now: number): void {
    const { announcements, neighbours, sessions, topics, twins } = this.#context
    for (const former of gone) {
      sessions.forget(former.shortId)
      topics.forgotten(former.shortId, former.topics)
    }
    const stored = announcements.store.get(recordKey({ shortId, topic }))
    if (peer !== undefined) {
      sessions.announce(shortId, peer, now)
      twins.merged(peer, now)
    }
    // What is left for the comparisons: each start of a peer that is held down would go to everybody.
    const isHeld = twins.flappingOf(shortId, now) !== undefined
    for (const link of neighbours.ready) {
      if (link !== from && stored !== undefined && !isHeld) this.tell(link, stored)
    }
    topics.merged(shortId, topic)
  }
}

/** A peer has its own records, but not those of an earlier boot: it has to hear of them to outdo them. */
function isNewsTo(link: Link, record: VersionedRecord): boolean {
  return record.shortId !== link.peer || record.bootId !== link.peerBootId
}
