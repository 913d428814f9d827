import type { Link } from '../mesh/link.ts'
import { CLOCKS_SINCE, encodeMessage } from '../wire/link-message.ts'
import type { Instant, RouterOptions } from './api.ts'
import type { ConversationContext } from './conversation.ts'

interface ClockContext extends Pick<ConversationContext, 'emit' | 'log'> {
  readonly options: Pick<RouterOptions, 'wallClock'>
  readonly announcements: { peer(shortId: number): { readonly nickname: string } | undefined }
}

/** A clock that differs by less is none of our business. */
export const SKEW_NOTICED_MS = 60_000
/** One that was named is right again when it differs by less. */
const SKEW_OVER_MS = 30_000
/** A peer whose clock goes to and fro is named no more often. */
export const NAMED_AGAIN_MS = 600_000

interface Skew {
  readonly aheadMs: number
  /** The log has said so, and has not taken it back. */
  readonly isNamed: boolean
  readonly namedAt: Instant
}

/**
 * Compares the wall clocks of neighbours with ours, and names those that differ: once for as long as they do. Which of the two is
 * wrong nobody can tell from here. It harms nothing but logs.
 */
export class PeerClocks {
  readonly #context: ClockContext
  readonly #skews = new Map<number, Skew>()

  constructor(context: ClockContext) {
    this.#context = context
  }

  get size(): number {
    return this.#skews.size
  }

  /** Tells the other end what our clock shows, if it speaks of clocks. */
  tell(link: Link): void {
    if (link.protocol < CLOCKS_SINCE) return
    const message = { kind: 'clock', clockMs: BigInt(this.#ours) } as const
    this.#context.emit({ kind: 'link-send', link: link.id, bytes: encodeMessage(message) })
  }

  /** What the peer's clock shows. */
  heard(peer: number, clockMs: bigint, now: Instant): void {
    const aheadMs = Number(clockMs) - this.#ours
    const former = this.#skews.get(peer)
    const { isNamed = false, namedAt = Number.NEGATIVE_INFINITY } = former ?? {}
    const isSkewed = Math.abs(aheadMs) >= (isNamed ? SKEW_OVER_MS : SKEW_NOTICED_MS)
    if (!isSkewed && former === undefined) return
    const isNews = isSkewed && !isNamed && now >= namedAt + NAMED_AGAIN_MS
    if (isNews) this.#warn(peer, aheadMs)
    if (!isSkewed && isNamed) this.#context.log('info', 'the clock of a peer agrees again', this.#fieldsOf(peer))
    this.#skews.set(peer, { aheadMs, isNamed: isSkewed && (isNamed || isNews), namedAt: isNews ? now : namedAt })
  }

  /** By how much the peer's clock is ahead of ours, or behind, below 0; undefined when they agree. */
  aheadMsOf(peer: number): number | undefined {
    const aheadMs = this.#skews.get(peer)?.aheadMs
    return aheadMs === undefined || Math.abs(aheadMs) < SKEW_OVER_MS ? undefined : aheadMs
  }

  forget(peer: number): void {
    this.#skews.delete(peer)
  }

  get #ours(): number {
    return Math.max(0, Math.floor(this.#context.options.wallClock()))
  }

  #warn(peer: number, aheadMs: number): void {
    const message = aheadMs > 0 ? 'the clock of a peer is ahead' : 'the clock of a peer is behind'
    this.#context.log('warn', message, { ...this.#fieldsOf(peer), bySeconds: Math.round(Math.abs(aheadMs) / 1_000) })
  }

  #fieldsOf(peer: number): { readonly peer: number; readonly nickname: string } {
    return { peer, nickname: this.#context.announcements.peer(peer)?.nickname ?? '' }
  }
}
