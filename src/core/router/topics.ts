import { assert } from '../../base/assert.ts'
import { ok, type Result } from '../../base/result.ts'
import { type RecordKey, recordKey } from '../gossip/record-store.ts'
import { TOPICS_MAX, Topic } from '../wire/topic.ts'
import { TOPIC_BODY_BYTES_MAX } from '../wire/topic-record.ts'
import { Allowances } from './allowances.ts'
import type { Announcements } from './announcements.ts'
import type { Instant } from './api.ts'
import { RECORDS_OWED_MAX_MS, recordPriceMs } from './record-allowances.ts'

/**
 * A router says half of what others take of it: what it says may come to them in bunches, and its records of topic 0 have a pace of
 * their own.
 */
const OWN_SHARE = 0.5

/** `body` is undefined when the peer is a member no more; empty when it says that it has nothing, as after a restart. */
export type TopicListener = (peer: number, body: Uint8Array | undefined) => void

/**
 * How a machine composed in this router shares what it knows: each peer has one body for each topic, which only that peer can
 * change. What a body means is the machine's affair, and so is doubt: a member may write any bytes into its own.
 */
export interface TopicBoard {
  /** Replaces this router's own body; told to all soon, together with other changes. The same body again is no change. */
  publish(topic: number, body: Uint8Array): void
  /** A peer's body as far as known; this router's own one included. */
  bodyOf(peer: number, topic: number): Uint8Array | undefined
  /** Peers with a body, ascending by short id, this router included once it has published. */
  peersWith(topic: number): readonly number[]
  /** A peer's record as it was signed, for `recall` of a later router. */
  recordOf(peer: number, topic: number): Uint8Array | undefined
  /** Takes a record that was kept, and passes it on, unless a later one is known. */
  recall(topic: number, record: Uint8Array): Result<void>
  /** Calls `listener` for each change of another peer's body, in the midst of the input that brought it. Not for what is known already. */
  listen(topic: number, listener: TopicListener): void
}

/** The bodies of this router and those who want to hear of the others'. */
export class Topics implements TopicBoard {
  /** When to flush what had to wait. */
  heldUntil: Instant = Number.POSITIVE_INFINITY
  readonly #self: number
  readonly #announcements: Announcements
  readonly #changed: () => void
  readonly #bodies = new Map<number, Uint8Array>()
  readonly #unsigned = new Set<number>()
  readonly #recalled = new Set<RecordKey>()
  readonly #allowance = new Allowances(RECORDS_OWED_MAX_MS)
  readonly #listeners = new Map<number, TopicListener[]>()

  /** `changed` asks for a `flush` soon. */
  constructor(self: number, announcements: Announcements, changed: () => void) {
    this.#self = self
    this.#announcements = announcements
    this.#changed = changed
  }

  publish(topic: number, body: Uint8Array): void {
    assert(topic > Topic.peer && topic < TOPICS_MAX, 'a machine publishes on a topic of its own')
    assert(body.length <= TOPIC_BODY_BYTES_MAX, 'a machine keeps its body below the limit')
    if (isSame(this.#bodies.get(topic), body)) return
    this.#bodies.set(topic, body.slice())
    this.#mark(topic)
  }

  bodyOf(peer: number, topic: number): Uint8Array | undefined {
    return peer === this.#self ? this.#bodies.get(topic) : this.#announcements.bodyOf(peer, topic)
  }

  peersWith(topic: number): readonly number[] {
    return this.#announcements.store.all().flatMap(record => (record.topic === topic ? [record.shortId] : []))
  }

  recordOf(peer: number, topic: number): Uint8Array | undefined {
    return this.#announcements.store.get(recordKey({ shortId: peer, topic }))?.bytes
  }

  recall(topic: number, record: Uint8Array): Result<void> {
    const accepted = this.#announcements.accept({ topic, bytes: record })
    if (!accepted.ok) return accepted
    if (accepted.value.kind === 'merged') {
      this.#recalled.add(recordKey(accepted.value))
      this.merged(accepted.value.shortId, topic)
      this.#changed()
    }
    return ok(undefined)
  }

  listen(topic: number, listener: TopicListener): void {
    this.#listeners.set(topic, [...(this.#listeners.get(topic) ?? []), listener])
  }

  /** Signs what has changed, as far as it may; returns the keys of the records that the neighbours have to be told of. */
  flush(now: Instant): readonly RecordKey[] {
    const keys = [...this.#recalled]
    this.#recalled.clear()
    for (const topic of this.#unsigned) {
      if (!this.#allowance.allows(this.#self, now)) break
      this.#unsigned.delete(topic)
      this.#sign(topic, now)
      keys.push(recordKey({ shortId: this.#self, topic }))
    }
    this.heldUntil = this.#unsigned.size === 0 ? Number.POSITIVE_INFINITY : this.#allowance.turnAt(this.#self, now)
    return keys
  }

  /** A peer's record was taken over. */
  merged(peer: number, topic: number): void {
    if (topic !== Topic.peer) this.#tell(peer, topic)
  }

  /** Others hold a record of ours that is not what we say: say it. Nothing, when we have nothing to say on the topic. */
  outdo(topic: number): void {
    if (topic !== Topic.peer) this.#mark(topic)
  }

  /** The peer, which had records of `topics`, is a member no more. */
  forgotten(peer: number, topics: readonly number[]): void {
    for (const topic of topics) this.#tell(peer, topic)
  }

  #sign(topic: number, now: Instant): void {
    const body = this.#bodies.get(topic) ?? new Uint8Array(0)
    this.#announcements.publish(topic, body)
    this.#allowance.charge(this.#self, recordPriceMs(body.length) / OWN_SHARE, now)
  }

  #tell(peer: number, topic: number): void {
    const listeners = this.#listeners.get(topic)
    if (listeners === undefined) return
    const body = this.bodyOf(peer, topic)
    for (const listener of listeners) listener(peer, body)
  }

  #mark(topic: number): void {
    this.#unsigned.add(topic)
    this.#changed()
  }
}

function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i])
}
