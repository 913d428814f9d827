import { timingSafeEqual } from 'node:crypto'
import { type CpaceMessage, CpaceRun, confirm, joinWithLengths, SHARE_BYTES, TAG_BYTES } from './cpace.ts'

/**
 * The three messages after TLS by which two routers show each other that they hold the same password, or that neither has one
 * (docs/protocol.md, section 3). Each end learns of one password whether it is the other's, and nothing else.
 *
 *     dialling end                     accepting end
 *        opening: share      ───────▶
 *                            ◀───────  reply: share, proof
 *        closing: proof      ───────▶
 *
 * The accepting end proves first, so that what the dialling end sends tests at most the password that the other put in.
 */

export const OPENING_BYTES = 3 + SHARE_BYTES
export const REPLY_BYTES = 4 + SHARE_BYTES + TAG_BYTES
export const CLOSING_BYTES = 1 + TAG_BYTES
/** For TLS’s exporter (RFC 8446, section 7.5): what ties the exchange to this one connection. */
export const EXPORTER_LABEL = 'EXPORTER-weave-password-v1'
export const SESSION_ID_BYTES = 32

const VERSION = 1
const CONTEXT = new TextEncoder().encode('weave password v1')
const Mode = { withoutPassword: 0, withPassword: 1 } as const
const Verdict = { goOn: 0, wrongPassword: 1, otherMode: 2, tooManyGuesses: 3, badMessage: 4 } as const

export type Refusal =
  | 'wrong password'
  | 'a password is asked for here'
  | 'a password is asked for there'
  | 'too many wrong passwords'
  | 'the exchange of passwords is broken'

export type Outcome = { readonly kind: 'admitted' } | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Of one connection. */
export interface ExchangeInput {
  /** Stretched; the preferred one first, at most two. None: whoever comes is let in. */
  readonly secrets: readonly Uint8Array[]
  readonly sessionId: Uint8Array
  readonly diallerKey: Uint8Array
  readonly acceptorKey: Uint8Array
}

/** What the dialling end makes of the reply. */
export interface Conclusion {
  readonly outcome: Outcome
  readonly closing: Uint8Array
  /** How many connections it takes to try all pairs of passwords: one for each. */
  readonly pairs: number
}

export class DiallingExchange {
  readonly opening: Uint8Array
  readonly #input: ExchangeInput
  readonly #run: CpaceRun | undefined

  /** `attempt`: which pair of this end's and the other's passwords is tried; counts from 0. */
  constructor(input: ExchangeInput, attempt = 0) {
    this.#input = input
    const { secrets } = input
    const secret = secrets[attempt % Math.max(1, secrets.length)]
    this.#run = secret === undefined ? undefined : startRun(input, secret)
    const slot = Math.floor(attempt / Math.max(1, secrets.length))
    const mode = secret === undefined ? Mode.withoutPassword : Mode.withPassword
    this.opening = concat(Uint8Array.of(VERSION, mode, slot), this.#run?.share ?? new Uint8Array(SHARE_BYTES))
  }

  /** True when `reply` tests our password, as anybody can who answers where we dial: what has to be limited. */
  isGuess(reply: Uint8Array): boolean {
    const [, mode, , verdict] = reply
    return this.#run !== undefined && mode === Mode.withPassword && verdict !== Verdict.tooManyGuesses
  }

  /** `isLimited`: there were too many wrong passwords; whether this one is right stays unsaid. */
  conclude(reply: Uint8Array, isLimited = false): Conclusion {
    const [version = 0, mode = 0, count = 0, verdict = 0] = reply
    const pairs = Math.max(1, this.#input.secrets.length) * Math.max(1, Math.min(count, 2))
    const end = (refusal: Refusal | undefined, said: number, proof = new Uint8Array(TAG_BYTES)): Conclusion => {
      const outcome: Outcome = refusal === undefined ? { kind: 'admitted' } : { kind: 'refused', refusal }
      return { outcome, closing: concat(Uint8Array.of(said), proof), pairs }
    }
    if (reply.length !== REPLY_BYTES || version !== VERSION) {
      return end('the exchange of passwords is broken', Verdict.badMessage)
    }
    if (verdict === Verdict.tooManyGuesses) return end('too many wrong passwords', Verdict.tooManyGuesses)
    if (this.#run === undefined) {
      if (mode === Mode.withoutPassword) return end(undefined, Verdict.goOn)
      return end('a password is asked for there', Verdict.otherMode)
    }
    if (mode !== Mode.withPassword) return end('a password is asked for here', Verdict.otherMode)
    if (isLimited) return end('too many wrong passwords', Verdict.tooManyGuesses)
    const proof = this.#verify(this.#run, reply)
    if (proof === undefined) return end('wrong password', Verdict.wrongPassword)
    return end(undefined, Verdict.goOn, proof)
  }

  #verify(run: CpaceRun, reply: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    const sent = messageOf(this.opening, 3)
    const heard = messageOf(reply, 4)
    const key = run.keyWith(sent, heard)
    const { sessionId } = this.#input
    if (key === undefined || !isSame(confirm(key, sessionId, heard), reply.subarray(-TAG_BYTES))) return undefined
    return new Uint8Array(confirm(key, sessionId, sent))
  }
}

export class AcceptingExchange {
  readonly #input: ExchangeInput
  /** What a right closing says. */
  #expected: Uint8Array | undefined
  #refusal: Refusal | undefined

  constructor(input: ExchangeInput) {
    this.#input = input
  }

  /** True when the reply to `opening` tests a password: what has to be limited. */
  isGuess(opening: Uint8Array): boolean {
    return this.#input.secrets.length > 0 && opening[1] === Mode.withPassword
  }

  /** `isLimited`: there were too many wrong passwords; no password is tested. */
  reply(opening: Uint8Array, isLimited: boolean): Uint8Array {
    const [version = 0, mode = 0, slot = 0] = opening
    const { secrets } = this.#input
    const secret = secrets[slot % Math.max(1, secrets.length)]
    if (opening.length !== OPENING_BYTES || version !== VERSION) {
      return this.#decline('the exchange of passwords is broken', Verdict.badMessage)
    }
    if (secret === undefined && mode === Mode.withPassword) {
      return this.#decline('a password is asked for there', Verdict.otherMode)
    }
    if (secret === undefined) {
      this.#expected = new Uint8Array(TAG_BYTES)
      return this.#header(Verdict.goOn)
    }
    if (mode !== Mode.withPassword) return this.#decline('a password is asked for here', Verdict.otherMode)
    if (isLimited) return this.#decline('too many wrong passwords', Verdict.tooManyGuesses)
    return this.#prove(secret, opening)
  }

  /** `closing` may be undefined: the other end went away, as who guessed wrong may. */
  conclude(closing: Uint8Array | undefined): Outcome {
    if (this.#refusal !== undefined) return { kind: 'refused', refusal: this.#refusal }
    const isRight =
      this.#expected !== undefined &&
      closing?.length === CLOSING_BYTES &&
      closing[0] === Verdict.goOn &&
      isSame(this.#expected, closing.subarray(1))
    if (isRight) return { kind: 'admitted' }
    const isOpen = this.#input.secrets.length === 0
    return { kind: 'refused', refusal: isOpen ? 'the exchange of passwords is broken' : 'wrong password' }
  }

  #prove(secret: Uint8Array, opening: Uint8Array): Uint8Array {
    const run = startRun(this.#input, secret)
    const header = this.#header(Verdict.goOn)
    header.set(run.share, 4)
    const [heard, sent] = [messageOf(opening, 3), messageOf(header, 4)]
    const key = run.keyWith(heard, sent)
    if (key === undefined) return this.#decline('the exchange of passwords is broken', Verdict.badMessage)
    header.set(confirm(key, this.#input.sessionId, sent), 4 + SHARE_BYTES)
    this.#expected = confirm(key, this.#input.sessionId, heard)
    return header
  }

  #decline(refusal: Refusal, verdict: number): Uint8Array {
    this.#refusal = refusal
    return this.#header(verdict)
  }

  #header(verdict: number): Uint8Array {
    const count = this.#input.secrets.length
    const reply = new Uint8Array(REPLY_BYTES)
    reply.set([VERSION, count === 0 ? Mode.withoutPassword : Mode.withPassword, count, verdict])
    return reply
  }
}

function startRun({ sessionId, diallerKey, acceptorKey }: ExchangeInput, password: Uint8Array): CpaceRun {
  return new CpaceRun({ password, sessionId, channel: joinWithLengths(CONTEXT, diallerKey, acceptorKey) })
}

/** The share behind a header, which is authenticated with it. */
function messageOf(bytes: Uint8Array, headerBytes: number): CpaceMessage {
  return {
    associated: bytes.subarray(0, headerBytes),
    share: bytes.subarray(headerBytes, headerBytes + SHARE_BYTES),
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([a, b]))
}
