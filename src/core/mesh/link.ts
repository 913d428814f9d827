import type { Endpoint } from '../../base/endpoint.ts'
import { MessageStream } from '../wire/message-stream.ts'
import { LinkQuality } from './link-quality.ts'

export const GREETING_TIMEOUT_MS = 10_000
/** Nor may one last that says something all the while, but not who it is; a manifest of the largest size takes no longer. */
export const GREETING_MAX_MS = 60_000
export const HEARTBEAT_EVERY_MS = 1_500
/** Below five seconds, so that all routers know of a dead one within five. */
export const LINK_SILENCE_MAX_MS = 4_000
/** Whose datagrams come back is alive: its router may be late, as on a host that has too much to do. But not later than this. */
export const LINK_MUTE_MAX_MS = 10_000
/** A heartbeat that is so late has the peer's data path asked whether it is there. */
const LATE_MS = HEARTBEAT_EVERY_MS + 1_000
const LATE_PROBES_EVERY_MS = 1_000
export const PROBE_EVERY_MS = 4_000
/** After a probe without an answer the next one comes so soon: a few may be lost before the path is given up. */
export const PROBE_AGAIN_MS = 500
export const PROBE_SILENCE_MAX_MS = 7_000
/** Of that, so long after the first question without an answer: a router that is late itself asks late. */
export const UNANSWERED_MAX_MS = PROBE_SILENCE_MAX_MS - PROBE_EVERY_MS
/** So long a link without datagrams waits for them before it is used for frames itself. */
export const CARRY_AFTER_MS = 2_000
/** A link without datagrams is probed at the peer's other addresses after so long: before it is used for frames itself. */
export const SEEK_AFTER_MS = 1_000
/** Quick probes until the first answer: an idle second would be felt at every start. */
const FIRST_PROBES_EVERY_MS = 200
/** Then no path is to be expected soon: probes go on, but slowly. */
const FIRST_PROBES_FOR_MS = 5_000
const LATER_PROBES_EVERY_MS = 1_000
/** An answer may be overtaken by later probes. */
const PROBES_REMEMBERED = 8

export interface LinkOptions {
  readonly id: number
  readonly direction: 'outbound' | 'inbound'
  readonly remote: Endpoint
  readonly now: number
}

/** What a link wants done when its time has come. */
export type LinkAction =
  | { readonly kind: 'heartbeat'; readonly sequence: number }
  | { readonly kind: 'probe'; readonly sequence: number }
  | { readonly kind: 'path-lost' }
  | { readonly kind: 'cost-changed' }
  | { readonly kind: 'proven' }
  | { readonly kind: 'close'; readonly reason: string }

/**
 * One control connection, and the datagram path beside it.
 *
 *     greeting ──hello──▶ pending ──probe answered──▶ established
 *                           ▲                             │
 *                           └──────── probes silent ──────┘        any state ── silent or refused ──▶ closed
 *
 * Where datagrams do not pass, the link may carry them itself: pending ──carry──▶ established, until a probe is answered.
 *
 * Never throws; a link that must end says so by a `close` action.
 */
export class Link {
  readonly id: number
  readonly direction: 'outbound' | 'inbound'
  readonly remote: Endpoint
  readonly stream = new MessageStream()
  /** Short id of the router at the other end, once its hello was accepted. */
  peer: number | undefined
  peerBootId = 0n
  /** The highest protocol version that both ends speak. */
  protocol = 0
  changedAt: number
  /** From the connection until the other end had introduced itself, milliseconds: what a word takes just now, and its answer. */
  greetedInMs = 0
  readonly quality = new LinkQuality()
  /** Records that the other end has yet to be sent. */
  readonly unsent = new Set<number>()
  /** Where datagrams for the peer go; moves when authentic ones come from elsewhere. */
  endpoint: Endpoint | undefined
  /** Until then it counts for nothing, as too many with the peer have ended soon. */
  provesAt: number | undefined
  /** Frames for the peer go over the link itself. */
  isCarrying = false
  #heardAt: number
  #heartbeatAt: number
  #probeAt = Number.POSITIVE_INFINITY
  #probedAt = Number.NEGATIVE_INFINITY
  #probeAnsweredAt: number | undefined
  /** When the first of the probes without an answer was sent. */
  #unansweredSince: number | undefined
  #sequence = 0
  /** Probes by sequence, and when they were sent. */
  readonly #probes = new Map<number, number>()
  #isAwaitingAnswer = false
  #hasOtherCost = false

  constructor(options: LinkOptions) {
    this.id = options.id
    this.direction = options.direction
    this.remote = options.remote
    this.changedAt = options.now
    this.#heardAt = options.now
    this.#heartbeatAt = Number.POSITIVE_INFINITY
  }

  get state(): 'greeting' | 'pending' | 'established' {
    if (this.peer === undefined) return 'greeting'
    return this.#probeAnsweredAt === undefined && !this.isCarrying ? 'pending' : 'established'
  }

  /** When the other end was last heard. */
  get heardAt(): number {
    return this.#heardAt
  }

  get isEstablished(): boolean {
    return this.state === 'established'
  }

  get deadline(): number {
    if (this.peer === undefined) return Math.min(this.#heardAt + GREETING_TIMEOUT_MS, this.changedAt + GREETING_MAX_MS)
    const provesAt = this.provesAt ?? Number.POSITIVE_INFINITY
    return Math.min(this.#silentAt, this.#heartbeatAt, this.#nextProbeAt, this.#pathLostAt, provesAt)
  }

  /** When the other end counts as gone. */
  get #silentAt(): number {
    const signOfLife = Math.max(this.#heardAt, this.#probeAnsweredAt ?? Number.NEGATIVE_INFINITY)
    return Math.min(signOfLife + LINK_SILENCE_MAX_MS, this.#heardAt + LINK_MUTE_MAX_MS)
  }

  get #nextProbeAt(): number {
    if (this.#probeAnsweredAt === undefined) return this.#probeAt
    return Math.min(this.#probeAt, Math.max(this.#heardAt + LATE_MS, this.#probedAt + LATE_PROBES_EVERY_MS))
  }

  get #pathLostAt(): number {
    if (this.#probeAnsweredAt === undefined || this.#unansweredSince === undefined) return Number.POSITIVE_INFINITY
    return Math.max(this.#probeAnsweredAt + PROBE_SILENCE_MAX_MS, this.#unansweredSince + UNANSWERED_MAX_MS)
  }

  /** The other end has introduced itself. */
  greet(peer: number, bootId: bigint, endpoint: Endpoint, now: number): void {
    this.peer = peer
    this.peerBootId = bootId
    this.endpoint = endpoint
    this.greetedInMs = now - this.changedAt
    this.changedAt = now
    this.#heartbeatAt = now + HEARTBEAT_EVERY_MS
    this.#probeAt = now
  }

  heard(now: number): void {
    this.#heardAt = now
  }

  /** Whether it has asked for a path for datagrams for some time, and had no answer that had come until `now`. */
  lacksPath(now: number): boolean {
    return this.state === 'pending' && now >= (this.#unansweredSince ?? now) + CARRY_AFTER_MS
  }

  /** Whether no datagram has come back for so long that the peer's other addresses are worth a try. */
  seeksPath(now: number): boolean {
    return this.peer !== undefined && this.#probeAnsweredAt === undefined && now >= this.changedAt + SEEK_AFTER_MS
  }

  /** Whether the answer to this probe has not come yet. */
  awaits(sequence: number): boolean {
    return this.#probes.has(sequence)
  }

  /** Frames go over the link from here on, until a probe is answered. */
  carry(now: number): void {
    this.isCarrying = true
    this.changedAt = now
  }

  /** A probe of ours came back, in `roundTripMs` if the data plane has taken the time. True when this is what makes the path usable. */
  probeAnswered(sequence: number, now: number, roundTripMs?: number): boolean {
    const sentAt = this.#probes.get(sequence)
    this.#probes.clear()
    this.#isAwaitingAnswer = false
    this.#unansweredSince = undefined
    this.#probeAt = now + PROBE_EVERY_MS
    if (sentAt !== undefined) {
      this.#hasOtherCost = this.quality.answered(roundTripMs ?? now - sentAt, now) || this.#hasOtherCost
    }
    const isFirst = this.#probeAnsweredAt === undefined
    this.#probeAnsweredAt = now
    this.isCarrying = false
    if (isFirst) this.changedAt = now
    return isFirst
  }

  /**
   * What is due at `now`; silence is judged at `heardUntil`, until when all was read that had come. Adds where `deadline` adds: a
   * difference may be rounded to less than the pause, and the deadline would never be met.
   */
  due(now: number, heardUntil = now): readonly LinkAction[] {
    if (this.peer === undefined) return this.#ungreeted(heardUntil)
    if (heardUntil >= this.#silentAt) return [{ kind: 'close', reason: this.#describeSilence(heardUntil) }]
    return [
      ...this.#pathLost(now, heardUntil),
      ...this.#heartbeat(now),
      ...this.#probe(now, heardUntil),
      ...this.#otherCost(),
      ...this.#proven(now),
    ]
  }

  #describeSilence(now: number): string {
    return now < this.#heardAt + LINK_MUTE_MAX_MS
      ? `nothing heard for ${LINK_SILENCE_MAX_MS / 1000} s`
      : `nothing said for ${LINK_MUTE_MAX_MS / 1000} s, though datagrams pass`
  }

  #ungreeted(now: number): readonly LinkAction[] {
    if (now >= this.#heardAt + GREETING_TIMEOUT_MS)
      return [{ kind: 'close', reason: `no hello within ${GREETING_TIMEOUT_MS / 1000} s` }]
    return now >= this.changedAt + GREETING_MAX_MS
      ? [{ kind: 'close', reason: `no hello within ${GREETING_MAX_MS / 1000} s` }]
      : []
  }

  #pathLost(now: number, heardUntil: number): readonly LinkAction[] {
    if (heardUntil < this.#pathLostAt) return []
    this.#probeAnsweredAt = undefined
    this.#unansweredSince = undefined
    this.quality.reset()
    this.#isAwaitingAnswer = false
    this.changedAt = now
    return [{ kind: 'path-lost' }]
  }

  #heartbeat(now: number): readonly LinkAction[] {
    if (now < this.#heartbeatAt) return []
    this.#heartbeatAt = now + HEARTBEAT_EVERY_MS
    return [{ kind: 'heartbeat', sequence: ++this.#sequence }]
  }

  #probe(now: number, heardUntil: number): readonly LinkAction[] {
    const dueAt = this.#nextProbeAt
    if (heardUntil < dueAt) return []
    if (this.#isAwaitingAnswer) this.#hasOtherCost = this.quality.lost(now) || this.#hasOtherCost
    this.quality.sent(dueAt, now)
    this.#isAwaitingAnswer = this.isEstablished
    this.#probeAt = now + this.#probeAgainMs(now)
    this.#probedAt = now
    this.#unansweredSince ??= now
    this.#probes.set(++this.#sequence, now)
    for (const old of this.#probes.keys()) {
      if (this.#probes.size <= PROBES_REMEMBERED) break
      this.#probes.delete(old)
    }
    return [{ kind: 'probe', sequence: this.#sequence }]
  }

  #probeAgainMs(now: number): number {
    if (this.isEstablished) return Math.max(PROBE_AGAIN_MS, 2 * (this.quality.roundTripMs ?? 0))
    return now < this.changedAt + FIRST_PROBES_FOR_MS ? FIRST_PROBES_EVERY_MS : LATER_PROBES_EVERY_MS
  }

  #proven(now: number): readonly LinkAction[] {
    if (this.provesAt === undefined || now < this.provesAt) return []
    this.provesAt = undefined
    return [{ kind: 'proven' }]
  }

  #otherCost(): readonly LinkAction[] {
    if (!this.#hasOtherCost) return []
    this.#hasOtherCost = false
    return [{ kind: 'cost-changed' }]
  }
}
