import { ByteWriter } from '../../base/bytes.ts'
import type { Endpoint } from '../../base/endpoint.ts'
import { isSignedBy } from '../session/crypto.ts'
import { PUNCH_CONTEXT, type Punch } from '../wire/punch.ts'
import { Allowances } from './allowances.ts'
import type { Instant } from './api.ts'
import { mostAtOneAddress } from './candidates.ts'
import { fromBase64, type Member } from './membership.ts'
import { PunchOrder } from './punch-order.ts'

/** Of all that a peer asks for: 600 punches in a row, then 20 a second; so many at one address, whether by one punch or by several. */
const PUNCH_MS = 50
export const PUNCHES_OWED_MAX_MS = 30_000
/** Of what it asks of one other peer, which sends probes wherever it says: 30 in a row, then one every two seconds. */
const PUNCH_AT_ONE_MS = 2_000
const AT_ONE_OWED_MAX_MS = 60_000
/** What is not signed by its source is the neighbour's doing, who has verified what it passes on: 100 in a row, then 10 a second. */
const FORGERY_MS = 100
const FORGERIES_OWED_MAX_MS = 10_000
/** So many punches of one source to several destinations may overtake each other on their way. */
const OVERTAKEN_MAX = 64
const FORGET_EVERY_MS = 10_000
const SHORT_IDS = 4_096
/** Punches for this router that it looks at in a second; the rest are dropped, and repeated by who sent them. */
const PUNCHES_PER_SECOND_MAX = 50

export const TOO_MANY_PUNCHES = 'more punches than are taken of one peer'
export const FORGES_PUNCHES = 'punches of a neighbour that forges some'

export interface SignedPunch {
  readonly punch: Punch
  /** The signed part. */
  readonly encoded: Uint8Array
  readonly signature: Uint8Array
}

/** Who is said to have made it, and who told it. */
export interface PunchFrom {
  readonly source: Member | undefined
  readonly neighbour: number
}

/**
 * Bounds what punches make others pass on, and send to addresses that a punch names, alike at each router on the way. It costs nobody but who
 * signed them: they are charged once the signature is found right, and to the neighbour that told them when it is wrong. None counts twice.
 */
export class PunchGate {
  readonly #self: number
  readonly #asked = new Allowances(PUNCHES_OWED_MAX_MS)
  /** By pair of source and destination. */
  readonly #askedOfOne = new Allowances(AT_ONE_OWED_MAX_MS)
  readonly #forged = new Allowances(FORGERIES_OWED_MAX_MS)
  readonly #passed = new PunchOrder(OVERTAKEN_MAX)
  /** For this router: none may be overtaken. */
  readonly #own = new PunchOrder(1)
  #second = 0
  #inSecond = 0
  #forgetAt: Instant = Number.NEGATIVE_INFINITY

  constructor(self: number) {
    this.#self = self
  }

  /** Sources, pairs and neighbours that there is memory taken for. */
  get size(): number {
    return this.#asked.size + this.#askedOfOne.size + this.#forged.size
  }

  /** Undefined when the punch is to be obeyed, or passed on; else why not. */
  refusal(signed: SignedPunch, { source, neighbour }: PunchFrom, now: Instant): string | undefined {
    const { punch } = signed
    if (source === undefined) return 'a punch of a stranger'
    if (!this.#orderOf(punch).isNew(punch, source.peerName)) return 'a punch that is not newer'
    if (!this.#asked.allows(punch.source, now) || !this.#askedOfOne.allows(pairOf(punch), now)) return TOO_MANY_PUNCHES
    if (!this.#forged.allows(neighbour, now)) return FORGES_PUNCHES
    if (!this.#hasTime(punch, now)) return 'more punches than are looked at'
    this.#forgetPaid(now)
    if (isSignedBySource(signed, source)) return this.#take(punch, source, now)
    this.#forged.charge(neighbour, FORGERY_MS, now)
    return 'a punch that its peer did not sign'
  }

  #take(punch: Punch, { peerName }: Member, now: Instant): undefined {
    this.#orderOf(punch).note(punch, peerName)
    this.#asked.charge(punch.source, punchPriceMs(punch.candidates), now)
    this.#askedOfOne.charge(pairOf(punch), PUNCH_AT_ONE_MS * mostAtOneAddress(punch.candidates), now)
  }

  #orderOf({ destination }: Punch): PunchOrder {
    return destination === this.#self ? this.#own : this.#passed
  }

  #hasTime({ destination }: Punch, now: Instant): boolean {
    if (destination !== this.#self) return true
    const second = Math.floor(now / 1000)
    if (second !== this.#second) this.#inSecond = 0
    this.#second = second
    return ++this.#inSecond <= PUNCHES_PER_SECOND_MAX
  }

  #forgetPaid(now: Instant): void {
    if (now < this.#forgetAt) return
    this.#forgetAt = now + FORGET_EVERY_MS
    for (const allowances of [this.#asked, this.#askedOfOne, this.#forged]) allowances.forgetPaid(now)
  }
}

/**
 * Of one source's punches, whomever they are for. Many of its peers send probes to the addresses that it names: to one of them no more than if each
 * punch named it once.
 */
export function punchPriceMs(candidates: readonly Endpoint[]): number {
  return PUNCH_MS * mostAtOneAddress(candidates)
}

export function signedText(encoded: Uint8Array): Uint8Array {
  return new ByteWriter().bytes(new TextEncoder().encode(PUNCH_CONTEXT)).bytes(encoded).finish()
}

function isSignedBySource({ encoded, signature }: SignedPunch, { publicKey }: Member): boolean {
  return isSignedBy(fromBase64(publicKey), signedText(encoded), signature)
}

function pairOf({ source, destination }: Punch): number {
  return source * SHORT_IDS + destination
}
