import type { FastLink, FastProbeOrder } from './fast-link.ts'
import { FAST_SILENCE_MAX_MS } from './fast-links.ts'

/** Of questions in a row to a link, after the first, while another fast link to the peer answers. */
const MISSES_MAX = 3
/** While the sleeve alone answers: more, since the sleeve is slower, and costs processor time. */
const MISSES_BESIDE_SLEEVE_MAX = 6

/** Peers at a time: where more are silent this host has no network, or much to do; and the others have their turn soon. */
export const INQUIRIES_MAX = 32

/** How the peer is reached besides its fast links. */
export interface SleeveProof {
  ask(peer: number, now: number): void
  /** When that question was asked which the peer has answered last. */
  provedAt(peer: number): number
  forget(peer: number): void
}

export interface FastInquirySources {
  /** Of the peer, in the clear and inside its tunnel: those that are open. */
  readonly openTo: (peer: number) => readonly FastLink[]
  /** Whether the other end has proved that link too, so that frames can take it. */
  readonly isMutual: (peer: number, address: FastLink['address']) => boolean
  readonly sleeve: SleeveProof
  /** Numbers that nobody can guess. */
  readonly nonceOf: () => number
}

/** A link to be left, for another way that works at the moment. */
export interface FastLeave {
  readonly link: FastLink
  readonly isForSleeve: boolean
}

interface Question {
  readonly address: FastLink['address']
  readonly askedAt: number
}

/** What is known of one link. */
interface Standing {
  /** Questions in a row without an answer, each asked together with one that another fast link answered, or that the sleeve alone did. */
  misses: number
  sleeveMisses: number
  provedAt: number
}

interface Inquiry {
  readonly until: number
  /** As large as the question that was not answered. */
  readonly isLarge: boolean
  askAt: number
  askedAt: number
  readonly questions: Map<number, Question>
  readonly standings: Map<FastLink['address'], Standing>
}

/**
 * Peers with a link that has left a question unanswered. All ways to such a peer are asked together, the sleeve too, as soon as the last
 * answer is overdue:
 *
 *     sound ──a question is not answered in time──▶ inquiry ──each link answers──▶ sound
 *                                                      │ ╰──two seconds have passed──▶ sound
 *                                                      ╰──a link is silent again and again, another way answers──▶ that link is left
 *
 * A question counts only when one that was asked at the same time, on another way, was answered: where all are silent the peer or the network
 * between is not there, and no way is better than another. That no answer has come is the shell's word, who has looked: a router that is
 * busy takes none that waits for it for one that is lacking. An answer that comes late is one.
 */
export class FastInquiries {
  readonly #sources: FastInquirySources
  readonly #inquiries = new Map<number, Inquiry>()

  constructor(sources: FastInquirySources) {
    this.#sources = sources
  }

  get deadline(): number {
    let soonest = Number.POSITIVE_INFINITY
    for (const { askAt, until } of this.#inquiries.values()) soonest = Math.min(soonest, askAt, until)
    return soonest
  }

  begin(peer: number, isLarge: boolean, now: number): void {
    if (this.#inquiries.has(peer) || this.#inquiries.size >= INQUIRIES_MAX) return
    const until = now + FAST_SILENCE_MAX_MS
    const [questions, standings] = [new Map(), new Map()]
    this.#inquiries.set(peer, { until, isLarge, askAt: now, askedAt: now, questions, standings })
  }

  /** The link at that address has answered a question that was asked then, whichever it was. */
  proved(peer: number, address: FastLink['address'], askedAt: number): void {
    const inquiry = this.#inquiries.get(peer)
    if (inquiry === undefined) return
    const standing = standingOf(inquiry, address)
    Object.assign(standing, { misses: 0, sleeveMisses: 0, provedAt: Math.max(standing.provedAt, askedAt) })
    const isOver = this.#sources
      .openTo(peer)
      .every(link => standingOf(inquiry, link.address).provedAt >= inquiry.askedAt)
    if (isOver && inquiry.questions.size > 0) this.#end(peer)
  }

  /** Gives the address that has answered; undefined when it was no question of this one's. */
  answered(peer: number, nonce: number): FastLink['address'] | undefined {
    const question = this.#inquiries.get(peer)?.questions.get(nonce)
    if (question !== undefined) this.proved(peer, question.address, question.askedAt)
    return question?.address
  }

  /** Gives the link that is to be left for that. */
  unanswered(peer: number, nonce: number, now: number): FastLeave | undefined {
    const inquiry = this.#inquiries.get(peer)
    const question = inquiry?.questions.get(nonce)
    const link = this.#sources.openTo(peer).find(({ address }) => address === question?.address)
    if (inquiry === undefined || question === undefined || link === undefined) return undefined
    const standing = standingOf(inquiry, link.address)
    if (standing.provedAt >= question.askedAt) return undefined
    if (question.askedAt === inquiry.askedAt) inquiry.askAt = now
    if (this.#hasOther(inquiry, link, question.askedAt)) standing.misses++
    else if (this.#sources.sleeve.provedAt(peer) >= question.askedAt) standing.sleeveMisses++
    if (standing.misses >= MISSES_MAX) return { link, isForSleeve: false }
    return standing.misses + standing.sleeveMisses >= MISSES_BESIDE_SLEEVE_MAX ? { link, isForSleeve: true } : undefined
  }

  /** Questions to ask at `now`. */
  due(now: number): readonly FastProbeOrder[] {
    const orders: FastProbeOrder[] = []
    for (const [peer, inquiry] of this.#inquiries) {
      const links = this.#sources.openTo(peer)
      if (now >= inquiry.until || links.length === 0) this.#end(peer)
      else if (now >= inquiry.askAt) orders.push(...this.#ask(peer, links, { inquiry, now }))
    }
    return orders
  }

  #ask(
    peer: number,
    links: readonly FastLink[],
    { inquiry, now }: { readonly inquiry: Inquiry; readonly now: number },
  ): readonly FastProbeOrder[] {
    Object.assign(inquiry, { askAt: Number.POSITIVE_INFINITY, askedAt: now })
    this.#sources.sleeve.ask(peer, now)
    const answerWithinMs = Math.max(...links.map(link => link.answerWithinMs))
    return links.map(({ address: to }) => {
      const nonce = this.#sources.nonceOf()
      inquiry.questions.set(nonce, { address: to, askedAt: now })
      return { peer, to, nonce, isLarge: inquiry.isLarge, answerWithinMs }
    })
  }

  /** Whether another fast link to the peer, that frames can take, has answered what was asked at that time or later. */
  #hasOther(inquiry: Inquiry, { peer, address: silent }: FastLink, askedAt: number): boolean {
    const { openTo, isMutual } = this.#sources
    return openTo(peer).some(
      ({ address }) =>
        address !== silent && standingOf(inquiry, address).provedAt >= askedAt && isMutual(peer, address),
    )
  }

  #end(peer: number): void {
    this.#inquiries.delete(peer)
    this.#sources.sleeve.forget(peer)
  }
}

function standingOf({ standings }: Inquiry, address: FastLink['address']): Standing {
  const known = standings.get(address)
  if (known !== undefined) return known
  const standing = { misses: 0, sleeveMisses: 0, provedAt: Number.NEGATIVE_INFINITY }
  standings.set(address, standing)
  return standing
}
