import { createSecureContext, type TLSSocket } from 'node:tls'
import { ok, type Result, refused } from '../../base/result.ts'
import type { Identity } from '../host/identity.ts'
import type { GuessLimiter } from '../password/guess-limiter.ts'
import {
  AcceptingExchange,
  CLOSING_BYTES,
  DiallingExchange,
  EXPORTER_LABEL,
  type ExchangeInput,
  OPENING_BYTES,
  REPLY_BYTES,
  type Refusal,
  SESSION_ID_BYTES,
} from '../password/password-exchange.ts'
import type { Admission, Proof } from './admission.ts'
import { shownKeyOf } from './credentials.ts'
import { readExactly } from './read-exactly.ts'
import { remoteOf, strangerAt } from './remote-endpoint.ts'
import { selfSign } from './self-signed.ts'

const ANSWER_TIMEOUT_MS = 10_000
const NO_KEY = 'its certificate holds no Ed25519 key'

/** For the log of one end and the status of the other. */
const REASONS: Readonly<Record<Refusal, string>> = {
  'wrong password': 'wrong password: this host and the other have different ones',
  'a password is asked for here': 'it has no password, and this host asks for one: launch it with the same',
  'a password is asked for there': 'it asks for a password, and this host has none: launch it with the same',
  'too many wrong passwords': 'too many wrong passwords from there: none is tried for a while',
  'the exchange of passwords is broken': 'the exchange of passwords was broken off or malformed',
}

export interface OpenAdmissionOptions {
  readonly identity: Identity
  /** Stretched, the preferred one first; none lets anybody in. */
  readonly secrets: () => readonly Uint8Array[]
  /** Of those who dial us. */
  readonly limiter: GuessLimiter
  /** Of those who answer where we dial: strangers who guess on their own account are not in their way. */
  readonly answerLimiter: GuessLimiter
}

/** Hosts have keys that nobody vouches for; who shows by an exchange that he holds the password is let in. */
export class OpenAdmission implements Admission {
  readonly tls
  readonly context
  readonly suspicion = 'perhaps its cluster uses certificates (weave-provision), which this host has not'
  readonly #options: OpenAdmissionOptions

  constructor(options: OpenAdmissionOptions) {
    this.#options = options
    this.tls = {
      key: options.identity.privateKeyPem,
      cert: selfSign(options.identity),
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
      rejectUnauthorized: false,
    } as const
    this.context = createSecureContext(this.tls)
  }

  async greet(): Promise<undefined> {
    return undefined
  }

  approach(): void {}

  async admit(socket: TLSSocket): Promise<Result<Uint8Array>> {
    const publicKey = shownKeyOf(socket.getPeerX509Certificate())
    if (publicKey === undefined) return refused(NO_KEY)
    const opening = await readExactly(socket, OPENING_BYTES, ANSWER_TIMEOUT_MS)
    if (opening === undefined) return refused(REASONS['the exchange of passwords is broken'])
    const { limiter, identity } = this.#options
    const exchange = new AcceptingExchange(this.#input(socket, publicKey, identity.publicKey))
    const address = strangerAt(remoteOf(socket).ip)
    const isGuess = exchange.isGuess(opening)
    socket.write(exchange.reply(opening, isGuess && !limiter.take(address, publicKey)))
    const outcome = exchange.conclude(await readExactly(socket, CLOSING_BYTES, ANSWER_TIMEOUT_MS))
    if (outcome.kind === 'refused') return refused(REASONS[outcome.refusal])
    if (isGuess) limiter.succeeded(address, publicKey)
    return ok(publicKey)
  }

  async prove(socket: TLSSocket, attempt: number): Promise<Proof> {
    const publicKey = shownKeyOf(socket.getPeerX509Certificate())
    if (publicKey === undefined) return { kind: 'refused', reason: NO_KEY, mayRetry: false }
    const exchange = new DiallingExchange(this.#input(socket, this.#options.identity.publicKey, publicKey), attempt)
    socket.write(exchange.opening)
    const reply = await readExactly(socket, REPLY_BYTES, ANSWER_TIMEOUT_MS)
    if (reply === undefined) {
      return { kind: 'refused', reason: REASONS['the exchange of passwords is broken'], mayRetry: false }
    }
    const { ip } = remoteOf(socket)
    const { answerLimiter } = this.#options
    const isGuess = exchange.isGuess(reply)
    const { outcome, closing, pairs } = exchange.conclude(reply, isGuess && !answerLimiter.take(ip, publicKey))
    socket.write(closing)
    if (outcome.kind === 'admitted') {
      if (isGuess) answerLimiter.succeeded(ip, publicKey)
      return { kind: 'proven', publicKey }
    }
    const mayRetry = outcome.refusal === 'wrong password' && attempt + 1 < pairs
    return { kind: 'refused', reason: REASONS[outcome.refusal], mayRetry }
  }

  #input(socket: TLSSocket, diallerKey: Uint8Array, acceptorKey: Uint8Array): ExchangeInput {
    const sessionId = socket.exportKeyingMaterial(SESSION_ID_BYTES, EXPORTER_LABEL, Buffer.alloc(0))
    return { secrets: this.#options.secrets(), sessionId, diallerKey, acceptorKey }
  }
}
