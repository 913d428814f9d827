import { createHash } from 'node:crypto'
import fc from 'fast-check'
import {
  AcceptingExchange,
  CLOSING_BYTES,
  DiallingExchange,
  type ExchangeInput,
  OPENING_BYTES,
  type Outcome,
  REPLY_BYTES,
} from '../../../../src/agent/password/password-exchange.ts'

const GOOD = secretOf('good')
const OLD = secretOf('old')
const BAD = secretOf('bad')
const ADMITTED: Outcome = { kind: 'admitted' }

describe('an exchange of passwords', () => {
  it('admits both ends when both have the same', () => {
    expect(exchange({ secrets: [GOOD] }, { secrets: [GOOD] })).toEqual([ADMITTED, ADMITTED])
  })

  it('admits both ends when neither has one', () => {
    expect(exchange({ secrets: [] }, { secrets: [] })).toEqual([ADMITTED, ADMITTED])
  })

  it('tells both ends of a wrong password', () => {
    expect(exchange({ secrets: [GOOD] }, { secrets: [BAD] })).toEqual([
      refused('wrong password'),
      refused('wrong password'),
    ])
  })

  it('tells each end which of them has a password and which has none', () => {
    expect(exchange({ secrets: [GOOD] }, { secrets: [] })).toEqual([
      refused('a password is asked for here'),
      refused('a password is asked for there'),
    ])
    expect(exchange({ secrets: [] }, { secrets: [GOOD] })).toEqual([
      refused('a password is asked for there'),
      refused('a password is asked for here'),
    ])
  })

  it.each(['sessionId', 'diallerKey', 'acceptorKey'] as const)('refuses when the ends see another %s', field => {
    const [dialler, acceptor] = exchange({ secrets: [GOOD] }, { secrets: [GOOD], [field]: secretOf('other') })
    expect([dialler, acceptor]).toEqual([refused('wrong password'), refused('wrong password')])
  })

  it.each([
    [[GOOD, OLD], [OLD]],
    [[OLD], [GOOD, OLD]],
    [
      [GOOD, OLD],
      [OLD, BAD],
    ],
    [
      [BAD, OLD],
      [GOOD, OLD],
    ],
  ])('finds the common one of two lists within as many connections as there are pairs', (mine, theirs) => {
    const attempts = Array.from({ length: mine.length * theirs.length }, (_, attempt) =>
      exchange({ secrets: mine }, { secrets: theirs }, attempt),
    )
    expect(attempts.some(([a, b]) => a.kind === 'admitted' && b.kind === 'admitted')).toBe(true)
    const dialling = new DiallingExchange(input({ secrets: mine }))
    const reply = new AcceptingExchange(input({ secrets: theirs })).reply(dialling.opening, false)
    expect(dialling.conclude(reply).pairs).toBe(mine.length * theirs.length)
  })

  it('tests no password when there were too many wrong ones', () => {
    const dialling = new DiallingExchange(input({ secrets: [GOOD] }))
    const accepting = new AcceptingExchange(input({ secrets: [GOOD] }))
    expect(accepting.isGuess(dialling.opening)).toBe(true)
    const reply = accepting.reply(dialling.opening, true)
    expect([...reply.subarray(4)].every(byte => byte === 0)).toBe(true)
    const { outcome, closing } = dialling.conclude(reply)
    expect([outcome, accepting.conclude(closing)]).toEqual([
      refused('too many wrong passwords'),
      refused('too many wrong passwords'),
    ])
  })

  it('sends a wrong other end no proof that it could test guesses against', () => {
    const dialling = new DiallingExchange(input({ secrets: [GOOD] }))
    const impostor = new AcceptingExchange(input({ secrets: [BAD] }))
    const { closing } = dialling.conclude(impostor.reply(dialling.opening, false))
    expect([...closing.subarray(1)].every(byte => byte === 0)).toBe(true)
  })

  it('refuses who goes away instead of proving', () => {
    const accepting = new AcceptingExchange(input({ secrets: [GOOD] }))
    accepting.reply(new DiallingExchange(input({ secrets: [BAD] })).opening, false)
    expect(accepting.conclude(undefined)).toEqual(refused('wrong password'))
  })

  it('refuses a dialling end whose share makes the key known to all', () => {
    const opening = new Uint8Array(OPENING_BYTES)
    opening.set([1, 1, 0])
    const accepting = new AcceptingExchange(input({ secrets: [GOOD] }))
    const reply = accepting.reply(opening, false)
    expect([...reply.subarray(4)].every(byte => byte === 0)).toBe(true)
    expect(accepting.conclude(new Uint8Array(CLOSING_BYTES))).toEqual(refused('the exchange of passwords is broken'))
  })

  it('takes any bytes from the other end without throwing, and lets nobody in for them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 80 }), (first, second) => {
        const accepting = new AcceptingExchange(input({ secrets: [GOOD] }))
        expect(accepting.reply(first, false)).toHaveLength(REPLY_BYTES)
        expect(accepting.conclude(second).kind).toBe('refused')
        expect(new DiallingExchange(input({ secrets: [GOOD] })).conclude(first).outcome.kind).toBe('refused')
      }),
      { numRuns: 50 },
    )
  })
})

/** What the dialling and the accepting end come to. */
function exchange(
  dialler: Partial<ExchangeInput>,
  acceptor: Partial<ExchangeInput>,
  attempt = 0,
): readonly [Outcome, Outcome] {
  const dialling = new DiallingExchange(input(dialler), attempt)
  const accepting = new AcceptingExchange(input(acceptor))
  const { outcome, closing } = dialling.conclude(accepting.reply(dialling.opening, false))
  return [outcome, accepting.conclude(closing)]
}

function input(change: Partial<ExchangeInput>): ExchangeInput {
  return {
    secrets: [],
    sessionId: secretOf('session'),
    diallerKey: secretOf('dialler'),
    acceptorKey: secretOf('acceptor'),
    ...change,
  }
}

function refused(refusal: Extract<Outcome, { kind: 'refused' }>['refusal']): Outcome {
  return { kind: 'refused', refusal }
}

function secretOf(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest())
}
