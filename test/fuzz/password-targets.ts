import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import {
  AcceptingExchange,
  CLOSING_BYTES,
  DiallingExchange,
  type ExchangeInput,
  OPENING_BYTES,
  REPLY_BYTES,
} from '../../src/agent/password/password-exchange.ts'
import type { FuzzTarget } from './targets.ts'

const INPUT: ExchangeInput = {
  secrets: [digestOf('one'), digestOf('other')],
  sessionId: digestOf('session'),
  diallerKey: digestOf('dialler'),
  acceptorKey: digestOf('acceptor'),
}
const STRANGER: ExchangeInput = { ...INPUT, secrets: [digestOf('a guess')] }
const OPEN: ExchangeInput = { ...INPUT, secrets: [] }

/** Who says what to whom is the first byte; nobody who does not hold the password may be let in by anything that he says. */
export const PASSWORD_TARGETS: readonly FuzzTarget[] = [
  { name: 'password-opening', seeds: openings, create: () => runOpening },
  { name: 'password-reply', seeds: replies, create: () => runReply },
]

/** An opening, and behind it a closing. */
function runOpening(input: Uint8Array): void {
  const opening = input.subarray(0, OPENING_BYTES)
  const closing = input.subarray(OPENING_BYTES)
  for (const isLimited of [false, true]) {
    const exchange = new AcceptingExchange(INPUT)
    const isGuess = exchange.isGuess(opening)
    const reply = exchange.reply(opening, isGuess && isLimited)
    assert.equal(reply.length, REPLY_BYTES)
    // What proves anything is limited: else a stranger could test guesses without an end.
    if (!isGuess) assert.deepEqual(reply.subarray(4), new Uint8Array(REPLY_BYTES - 4))
    assert.equal(exchange.conclude(closing).kind, 'refused')
  }
  const open = new AcceptingExchange(OPEN)
  assert.equal(open.reply(opening, false).length, REPLY_BYTES)
  open.conclude(closing)
}

function runReply(input: Uint8Array): void {
  for (const attempt of [0, 1]) {
    const { outcome, closing, pairs } = new DiallingExchange(INPUT, attempt).conclude(input)
    assert.equal(outcome.kind, 'refused')
    assert.equal(closing.length, CLOSING_BYTES)
    assert.deepEqual(closing.subarray(1), new Uint8Array(CLOSING_BYTES - 1))
    assert.ok(pairs >= 1 && pairs <= 4)
  }
  assert.equal(new DiallingExchange(OPEN).conclude(input).closing.length, CLOSING_BYTES)
}

function openings(): readonly Uint8Array[] {
  return [INPUT, STRANGER, OPEN].flatMap(input =>
    [0, 1].map(attempt => Buffer.concat([new DiallingExchange(input, attempt).opening, new Uint8Array(CLOSING_BYTES)])),
  )
}

function replies(): readonly Uint8Array[] {
  const { opening } = new DiallingExchange(INPUT)
  return [STRANGER, OPEN].map(input => new AcceptingExchange(input).reply(opening, false))
}

function digestOf(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest())
}
