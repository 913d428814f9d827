import type { Endpoint } from '../../base/endpoint.ts'
import { LinkQuality } from '../mesh/link-quality.ts'
import type { Instant, Output } from './api.ts'

export const RELAYED_PROBE_EVERY_MS = 2_000
const RELAYED_PROBE_AGAIN_MS = 500
const DATAGRAM_BYTES = 64
/** An answer may be overtaken by later probes. */
const SENT_MAX = 8
/** Probes that measure sizes are answered alike, and count from 1. */
const FIRST_SEQUENCE = 2 ** 31

export interface RelayedWay {
  readonly peer: number
  /** Another one when the way is another. */
  readonly way: string
  /** The first relay. */
  readonly to: Endpoint
}

interface Measured {
  readonly way: string
  readonly quality: LinkQuality
  probeAt: Instant
  /** The probes since the last answer, and when they were sent. */
  readonly sent: Map<number, Instant>
}

/** Measures latency and loss of the ways over relays that are in use, from this router to the peer and back: nobody tells those of links far away. */
export class RelayedWays {
  readonly #emit: (output: Output) => void
  readonly #measured = new Map<number, Measured>()
  #sequence = FIRST_SEQUENCE

  constructor(emit: (output: Output) => void) {
    this.#emit = emit
  }

  get deadline(): Instant {
    let soonest = Number.POSITIVE_INFINITY
    for (const { probeAt } of this.#measured.values()) soonest = Math.min(soonest, probeAt)
    return soonest
  }

  /** Undefined while the way is not measured. */
  qualityTo(peer: number): Pick<LinkQuality, 'roundTripMs' | 'loss'> | undefined {
    return this.#measured.get(peer)?.quality
  }

  /** `ways`: all that are in use. */
  tend(ways: readonly RelayedWay[], now: Instant): void {
    const inUse = new Set(ways.map(({ peer }) => peer))
    for (const peer of this.#measured.keys()) if (!inUse.has(peer)) this.#measured.delete(peer)
    for (const { peer, way, to } of ways) {
      const measured = this.#follow(peer, way, now)
      if (now >= measured.probeAt) this.#probe(peer, to, { measured, now })
    }
  }

  /** True when it was a probe of this one's that came back. */
  answered(
    peer: number,
    sequence: number,
    { now, roundTripMs }: { now: Instant; roundTripMs?: number | undefined },
  ): boolean {
    if (sequence < FIRST_SEQUENCE) return false
    const measured = this.#measured.get(peer)
    const sentAt = measured?.sent.get(sequence)
    if (measured === undefined || sentAt === undefined) return true
    measured.sent.clear()
    measured.quality.answered(roundTripMs ?? now - sentAt, now)
    measured.probeAt = now + RELAYED_PROBE_EVERY_MS
    return true
  }

  #follow(peer: number, way: string, now: Instant): Measured {
    const known = this.#measured.get(peer)
    if (known?.way === way) return known
    const measured = { way, quality: new LinkQuality(), probeAt: now, sent: new Map() }
    this.#measured.set(peer, measured)
    return measured
  }

  #probe(peer: number, to: Endpoint, { measured, now }: { readonly measured: Measured; readonly now: Instant }): void {
    const { quality, sent } = measured
    if (sent.size > 0) quality.lost(now)
    const [oldest] = sent.keys()
    if (sent.size >= SENT_MAX && oldest !== undefined) sent.delete(oldest)
    this.#sequence = this.#sequence === 2 ** 32 - 1 ? FIRST_SEQUENCE : this.#sequence + 1
    sent.set(this.#sequence, now)
    measured.probeAt = now + Math.max(RELAYED_PROBE_AGAIN_MS, 2 * (quality.roundTripMs ?? 0))
    const probe = { sequence: this.#sequence, isReply: false, datagramBytes: DATAGRAM_BYTES }
    this.#emit({ kind: 'probe', peer, to, probe })
  }
}
