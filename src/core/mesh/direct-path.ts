import type { Endpoint } from '../../base/endpoint.ts'
import { LinkQuality } from './link-quality.ts'

/** The way to one peer beside the links. */
export interface DirectPath {
  readonly peer: number
  /** Where the peer answered; undefined while it has not. */
  readonly endpoint: Endpoint | undefined
  /** Whether it took a punch, or the peer answered where it says that it is. */
  readonly isPunched: boolean
  /** By its probes, since it was opened. */
  readonly quality: Pick<LinkQuality, 'roundTripMs' | 'loss' | 'cost' | 'isLossy'>
  readonly changedAt: number
  /** Rounds of probes without an answer. */
  readonly attempts: number
  /** Addresses that were tried in the last round. */
  readonly tried: number
  /** The peer's NAT shows another port to each of its peers. */
  readonly isSymmetric: boolean
}

export interface Path {
  readonly peer: number
  endpoint: Endpoint | undefined
  /** Place of the endpoint among the candidates: the lower the better. */
  rank: number
  isPunched: boolean
  readonly quality: LinkQuality
  /** Open, and the last probe has not been answered yet. */
  isAwaitingAnswer: boolean
  changedAt: number
  /** When there were frames for it last. */
  wantedAt: number
  /** When the peer said last where it can perhaps be reached. */
  offeredAt: number
  answeredAt: number
  probeAt: number
  /** The next attempt of our own: a burst that the peer asks for does not bring it forward. */
  retryAt: number
  attempts: number
  tried: number
  /** Rounds left of the burst that follows a punch. */
  roundsLeft: number
  heardFrom: Endpoint | undefined
  /** When to send a probe there, besides the rounds; and when that was done last. */
  greetAt: number
  greetedAt: number
  offered: readonly Endpoint[]
  isSymmetric: boolean
  /** The way over links is the cheaper one. */
  isAvoided: boolean
  sent: Map<number, Sent>
}

/** A probe that is on its way. */
export interface Sent {
  readonly at: number
  readonly rank: number
  readonly isKnown: boolean
}

export function newPath(peer: number, now: number): Path {
  return {
    peer,
    endpoint: undefined,
    rank: 0,
    isPunched: false,
    quality: new LinkQuality(),
    isAwaitingAnswer: false,
    changedAt: now,
    wantedAt: Number.NEGATIVE_INFINITY,
    offeredAt: Number.NEGATIVE_INFINITY,
    answeredAt: now,
    probeAt: now,
    retryAt: now,
    attempts: 0,
    tried: 0,
    roundsLeft: 0,
    heardFrom: undefined,
    greetAt: Number.POSITIVE_INFINITY,
    greetedAt: Number.NEGATIVE_INFINITY,
    offered: [],
    isSymmetric: false,
    isAvoided: false,
    sent: new Map(),
  }
}

/** It leads nowhere, until it is found anew. */
export function close(path: Path, now: number): void {
  path.quality.reset()
  Object.assign(path, {
    endpoint: undefined,
    isAwaitingAnswer: false,
    changedAt: now,
    probeAt: now,
    retryAt: now,
    attempts: 0,
  })
}
