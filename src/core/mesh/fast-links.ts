import type { IpAddress } from '../../base/ip-address.ts'
import {
  ANSWERS_TO_OPEN,
  answerWithin,
  type Entry,
  type FastLink,
  type FastLinkLoss,
  type FastProbeOrder,
  type FastQuestion,
  newEntry,
  orderOf,
} from './fast-link.ts'

export const FAST_PROBE_EVERY_MS = 500
export const FAST_SILENCE_MAX_MS = 2_000
/** Of one that flaps. */
const ANSWERS_TO_OPEN_MAX = 64
/** A link that has been open for so long counts as sound again. */
const FORGIVEN_AFTER_MS = 60_000
/** Pauses for a peer that does not answer at all, at each of its addresses. */
const SILENT_PROBE_EVERY_MS = 10_000
/** As many without an answer, and the next address is tried; one each when none has answered. */
const PROBES_IN_TURN = 6
/** Of an open link, every so many probes one is as large as frames may be. */
const LARGE_EVERY = 4
/** Of others each is but every so many one: its answer tells a path that is too narrow from one that does not answer. */
const SMALL_EVERY = 3
/** A question that is due for longer than this is late as the host is busy: then its answer may be there, and nobody has looked. */
const LATE_MS = 100
/** No more links than a flood may have children: bpf/fast-path.h. */
export const FAST_LINKS_MAX = 256

/**
 * The ways of VXLAN to other routers, proved by probes that the other kernel answers:
 *
 *     probing ──answers in a row──▶ open ──2 s of silence, refused, or left──▶ probing, with more answers asked for
 *
 * One that is left for another way opens without haste: its questions are no more than ever, so the answers in a row take seconds.
 * An open link outlives the control link beside it: the other kernel forwards while its agent is replaced. `nonceOf` gives numbers
 * that nobody can guess, else anyone could answer.
 */
export class FastLinks {
  readonly #entries = new Map<number, Entry>()
  readonly #nonceOf: () => number
  #hasOtherCost = false

  constructor(nonceOf: () => number) {
    this.#nonceOf = nonceOf
  }

  get all(): readonly FastLink[] {
    return [...this.#entries.values()]
  }

  get open(): readonly FastLink[] {
    return this.all.filter(link => link.isOpen)
  }

  get deadline(): number {
    let soonest = Number.POSITIVE_INFINITY
    for (const entry of this.#entries.values()) soonest = Math.min(soonest, entry.probeAt, lostAt(entry))
    return soonest
  }

  /** Some link has come to cost more or less since this was asked last. */
  takeCostChange(): boolean {
    const hasChanged = this.#hasOtherCost
    this.#hasOtherCost = false
    return hasChanged
  }

  linkTo(peer: number): FastLink | undefined {
    return this.#entries.get(peer)
  }

  /** Takes over a link that the kernel used when this router started. */
  adopt(peer: number, address: IpAddress, now: number): void {
    this.#entries.set(peer, { ...newEntry(peer, [address], now), isOpen: true, isWatched: false })
  }

  /**
   * The peers to probe, and where, the best address first; others are let go unless they are open. Addresses are tried in turn until one
   * answers. An open link stays where it is while it lasts.
   */
  watch(wanted: ReadonlyMap<number, readonly IpAddress[]>, now: number): void {
    for (const entry of this.#entries.values()) {
      const candidates = wanted.get(entry.peer) ?? []
      entry.isWatched = candidates.length > 0
      if (candidates.includes(entry.address)) entry.candidates = candidates
      else if (!entry.isOpen) this.#entries.delete(entry.peer)
    }
    for (const [peer, candidates] of wanted) {
      if (candidates.length === 0 || this.#entries.has(peer) || this.#entries.size >= FAST_LINKS_MAX) continue
      this.#entries.set(peer, newEntry(peer, candidates, now))
    }
  }

  /** The peer is a member no more, or not to be trusted. */
  forget(peer: number): void {
    this.#entries.delete(peer)
  }

  /** The question to the peer, if it is the last one and has not been answered. */
  question(peer: number, nonce: number): FastQuestion | undefined {
    const link = this.#entries.get(peer)
    return link === undefined || link.nonce !== nonce
      ? undefined
      : { link, askedAt: link.askedAt, isLarge: link.isLarge }
  }

  /** It has answered a question at that address which was put to it besides. */
  lasts(peer: number, address: IpAddress, now: number): void {
    const entry = this.#entries.get(peer)
    if (entry?.isOpen === true && entry.address === address) entry.answeredAt = now
  }

  /** Another way works where this one does not: it is lost at once, for that reason. */
  leave(peer: number, reason: string): void {
    const entry = this.#entries.get(peer)
    if (entry?.isOpen === true) entry.leftFor = reason
  }

  /** What it was left for works no more. */
  hurry(peer: number): void {
    const entry = this.#entries.get(peer)
    if (entry !== undefined) entry.isUnhurried = false
  }

  /** The other kernel has answered. True when that has opened the link. */
  answered(peer: number, nonce: number, roundTripMs: number, now: number): boolean {
    const entry = this.#entries.get(peer)
    if (entry === undefined || entry.nonce !== nonce) return false
    if (!entry.isOpen && !entry.isLarge) return answeredSmall(entry, now)
    Object.assign(entry, { nonce: undefined, roundTripMs, answeredAt: now, answers: entry.answers + 1, probes: 0 })
    entry.answerWithinMs = answerWithin(entry)
    if (entry.isOpen && now - entry.changedAt >= FORGIVEN_AFTER_MS) entry.needed = ANSWERS_TO_OPEN
    if (entry.isOpen) {
      if (entry.quality.answered(roundTripMs, now)) this.#hasOtherCost = true
      return false
    }
    // Opening is quick, unless another way works: the next question follows the answer.
    entry.probeAt = entry.isUnhurried ? Math.min(entry.probeAt, now + FAST_PROBE_EVERY_MS) : now
    entry.isNarrow = false
    if (entry.answers < entry.needed) return false
    Object.assign(entry, { isOpen: true, changedAt: now, isUnhurried: false })
    return true
  }

  /** The own kernel has not sent the probe, as it was told that the path takes less: nor would it send frames of that size. */
  refused(peer: number, nonce: number): void {
    const entry = this.#entries.get(peer)
    if (entry?.nonce === nonce) entry.isRefused = true
  }

  /** Links lost by `now`. */
  lost(now: number): readonly FastLinkLoss[] {
    const losses: FastLinkLoss[] = []
    for (const entry of this.#entries.values()) {
      if (now < lostAt(entry)) continue
      const needed = Math.min(entry.needed * 2, ANSWERS_TO_OPEN_MAX)
      Object.assign(entry, { isOpen: false, changedAt: now, roundTripMs: undefined, needed, answers: 0 })
      entry.quality.reset()
      entry.losses++
      losses.push({ peer: entry.peer, reason: entry.isRefused ? TOO_NARROW : (entry.leftFor ?? SILENT) })
      Object.assign(entry, { isUnhurried: entry.leftFor !== undefined, leftFor: undefined })
      if (!entry.isWatched) this.#entries.delete(entry.peer)
    }
    return losses
  }

  /** Probes to send at `now`. */
  due(now: number): readonly FastProbeOrder[] {
    const orders: FastProbeOrder[] = []
    for (const entry of this.#entries.values()) {
      if (now < entry.probeAt) continue
      const isAnswered = entry.nonce === undefined
      if (!isAnswered && !entry.isOpen) unanswered(entry)
      const isLoss = !isAnswered && entry.isOpen && now < entry.probeAt + LATE_MS
      if (isLoss && entry.quality.lost(now)) this.#hasOtherCost = true
      const isPatient = !entry.isOpen && entry.probes >= PROBES_IN_TURN * entry.candidates.length
      const isTurn = isPatient ? !isAnswered : entry.probes > 0 && entry.probes % PROBES_IN_TURN === 0
      if (isTurn && !entry.isOpen) turn(entry)
      entry.probeAt = now + (isPatient ? SILENT_PROBE_EVERY_MS / entry.candidates.length : FAST_PROBE_EVERY_MS)
      entry.nonce = this.#nonceOf()
      entry.askedAt = now
      entry.isRefused = false
      entry.probes++
      entry.isLarge = entry.isOpen ? entry.answers % LARGE_EVERY === 0 : entry.probes % SMALL_EVERY !== 0
      orders.push(orderOf(entry, entry.nonce))
    }
    return orders
  }
}

const SILENT = `no probe was answered for ${FAST_SILENCE_MAX_MS} ms`
const TOO_NARROW = 'the path takes less than the largest frames'

function lostAt({ isOpen, isRefused, leftFor, answeredAt }: Entry): number {
  if (!isOpen) return Number.POSITIVE_INFINITY
  return isRefused || leftFor !== undefined ? Number.NEGATIVE_INFINITY : answeredAt + FAST_SILENCE_MAX_MS
}

/** It opens nothing. The first has a large probe follow at once: it may have been all that was lost before. */
function answeredSmall(entry: Entry, now: number): false {
  if (!entry.isNarrow) entry.probeAt = now
  Object.assign(entry, { nonce: undefined, isNarrow: true })
  return false
}

function unanswered(entry: Entry): void {
  entry.answers = 0
  if (!entry.isLarge) entry.isNarrow = false
}

/** To the next address, when there are several. */
function turn(entry: Entry): void {
  const { address, candidates } = entry
  const next = candidates[(candidates.indexOf(address) + 1) % candidates.length]
  if (next !== undefined && next !== address) Object.assign(entry, { address: next, answers: 0, isNarrow: false })
}
