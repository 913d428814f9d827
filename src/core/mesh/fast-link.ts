import { assert } from '../../base/assert.ts'
import type { IpAddress } from '../../base/ip-address.ts'
import { LinkQuality } from './link-quality.ts'

/** Answers in a row before a link is used; after each loss twice as many, so that one that flaps is left alone. */
export const ANSWERS_TO_OPEN = 2
/** Answers of an open link are expected within three round trips and so long; no later than they are taken at all. */
const ANSWER_SLACK_MS = 30
const ANSWER_WITHIN_MS_MAX = 380

export interface FastProbeOrder {
  readonly peer: number
  readonly to: IpAddress
  readonly nonce: number
  /** As large as frames may be. */
  readonly isLarge: boolean
  /** Of an open link: when to say that there is no answer. */
  readonly answerWithinMs?: number
}

export interface FastLink {
  readonly peer: number
  readonly address: IpAddress
  /** All that it may be, the best first. */
  readonly candidates: readonly IpAddress[]
  readonly isOpen: boolean
  readonly changedAt: number
  readonly roundTripMs: number | undefined
  /** How often it was lost. */
  readonly losses: number
  /** Small probes are answered, and none as large as frames may be. */
  readonly isNarrow: boolean
  /** Of the last probes while it was open. */
  readonly quality: Pick<LinkQuality, 'cost' | 'loss'>
  /** It was left for a way that works: there is time to see whether it lasts. */
  readonly isUnhurried: boolean
  /** In so long an answer is to be expected while it is open. */
  readonly answerWithinMs: number
}

/** A question that was put to a link. */
export interface FastQuestion {
  readonly link: FastLink
  readonly askedAt: number
  readonly isLarge: boolean
}

/** A link that is used no more, and why. */
export interface FastLinkLoss {
  readonly peer: number
  readonly reason: string
}

/** A link with what is known of its questions. */
export interface Entry {
  readonly peer: number
  address: IpAddress
  candidates: readonly IpAddress[]
  isOpen: boolean
  changedAt: number
  roundTripMs: number | undefined
  losses: number
  isNarrow: boolean
  readonly quality: LinkQuality
  /** Whether there is a control link beside it. */
  isWatched: boolean
  needed: number
  /** Why it is to be left though it has not been silent for long. */
  leftFor: string | undefined
  isUnhurried: boolean
  answers: number
  answeredAt: number
  answerWithinMs: number
  askedAt: number
  probeAt: number
  probes: number
  nonce: number | undefined
  /** Of the last probe. */
  isLarge: boolean
  /** The own kernel has not sent it. */
  isRefused: boolean
}

export function newEntry(peer: number, candidates: readonly IpAddress[], now: number): Entry {
  const [address] = candidates
  assert(address !== undefined, 'a link leads to some address')
  return {
    peer,
    address,
    candidates,
    isOpen: false,
    changedAt: now,
    roundTripMs: undefined,
    losses: 0,
    isNarrow: false,
    quality: new LinkQuality(),
    isWatched: true,
    needed: ANSWERS_TO_OPEN,
    leftFor: undefined,
    isUnhurried: false,
    answers: 0,
    answeredAt: now,
    answerWithinMs: ANSWER_WITHIN_MS_MAX,
    askedAt: now,
    probeAt: now,
    probes: 0,
    nonce: undefined,
    isLarge: true,
    isRefused: false,
  }
}

/** To `nonce`. */
export function orderOf({ peer, address: to, isLarge, isOpen, answerWithinMs }: Entry, nonce: number): FastProbeOrder {
  return { peer, to, nonce, isLarge, ...(isOpen ? { answerWithinMs } : {}) }
}

/** When an answer is overdue, by those before. */
export function answerWithin({ roundTripMs = 0, quality }: Entry): number {
  return Math.min(ANSWER_WITHIN_MS_MAX, ANSWER_SLACK_MS + 3 * Math.max(roundTripMs, quality.roundTripMs ?? 0))
}
