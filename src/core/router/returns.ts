import { type RecordStore, recordKey } from '../gossip/record-store.ts'
import type { Routes } from '../mesh/routes.ts'
import { Topic } from '../wire/topic.ts'
import type { Instant } from './api.ts'
import { instanceOf } from './boot-id.ts'
import { FadingCounts } from './fading-counts.ts'
import { holdMsFor, TIMES_FREE } from './restarts.ts'

/** Returns that are twenty seconds apart are not held against a peer. */
export const RETURN_HALF_LIFE_MS = 60_000
/** One link in place of another, or news in another order, hides a peer for less. */
export const ABSENCE_MIN_MS = 200

/** A peer that comes and goes. */
export interface Unsteady {
  /** Lately: older ones count for less. */
  readonly returns: number
  /** So long a link with it has to last before it counts. */
  readonly provesAfterMs: number
}

interface Absence {
  readonly since: Instant
  /** The process that was lost. */
  readonly instance: bigint
}

/**
 * Counts how often peers are lost and found again, as their links, or those on the way to them, come and go. Each time costs everybody
 * a few records and new routes. So links with a peer that comes and goes count only once they have lasted, and one that does not is
 * one more return that nobody else had to hear of:
 *
 *     free ──more than TIMES_FREE returns──▶ links count after 1 s ──once more──▶ 2 s ──▶ 4 s … 10 s ──none for a while──▶ free
 *
 * A return with another process is a start, and counted as such only.
 */
export class Returns {
  readonly #store: RecordStore
  readonly #counts = new FadingCounts(RETURN_HALF_LIFE_MS)
  /** Peers that were in reach before; members only. */
  readonly #absent = new Map<number, Absence>()

  constructor(store: RecordStore) {
    this.#store = store
  }

  get size(): number {
    return Math.max(this.#counts.size, this.#absent.size)
  }

  of(peer: number, now: Instant): Unsteady | undefined {
    const returns = this.#counts.of(peer, now)
    return returns <= TIMES_FREE ? undefined : { returns, provesAfterMs: holdMsFor(returns) }
  }

  /** Of a link with the peer that comes up at `now`; undefined when it counts at once. */
  provesAt(peer: number, now: Instant): Instant | undefined {
    const unsteady = this.of(peer, now)
    return unsteady === undefined ? undefined : now + unsteady.provesAfterMs
  }

  /** A link with the peer has ended before it counted. */
  endedEarly(peer: number, now: Instant): void {
    this.#counts.add(peer, now)
  }

  /** Call with each change of routes. Gives the peers of which one return more is not free. */
  routed(before: Routes, routes: Routes, now: Instant): readonly number[] {
    for (const peer of before.lackingIn(routes)) this.#lose(peer, now)
    const back = [...this.#absent].filter(([peer]) => routes.has(peer))
    for (const [peer] of back) this.#absent.delete(peer)
    const returned = back.filter(([peer, absence]) => this.#isReturn(peer, absence, now)).map(([peer]) => peer)
    return returned.filter(peer => {
      const wasFree = this.of(peer, now) === undefined
      return this.#counts.add(peer, now) > TIMES_FREE && wasFree
    })
  }

  forget(peer: number): void {
    this.#counts.forget(peer)
    this.#absent.delete(peer)
  }

  #lose(peer: number, now: Instant): void {
    const instance = this.#instanceOf(peer)
    if (instance !== undefined) this.#absent.set(peer, { since: now, instance })
  }

  #isReturn(peer: number, { since, instance }: Absence, now: Instant): boolean {
    return now - since >= ABSENCE_MIN_MS && this.#instanceOf(peer) === instance
  }

  #instanceOf(peer: number): bigint | undefined {
    const record = this.#store.get(recordKey({ shortId: peer, topic: Topic.peer }))
    return record === undefined ? undefined : instanceOf(record.bootId)
  }
}
