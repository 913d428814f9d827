import { type OpenQuestion, OpenQuestions } from '../../../../src/agent/fastpath/open-questions.ts'
import type { IpAddress } from '../../../../src/base/ip-address.ts'
import { tunnelEndOf } from '../../../../src/core/mesh/tunnel-address.ts'
import { addressOf } from '../../core/router/fast-path-world.ts'

const PEER = 2
const MS = 1_000_000n
const [CLEAR, SEALED] = [addressOf(PEER), tunnelEndOf(PEER)]

describe('open questions of the fast path', () => {
  it('are answered each on the way that it went', () => {
    const questions = asked(question(1, CLEAR), question(2, SEALED))
    expect(questions.size).toBe(2)
    expect(taken(questions, { [`${SEALED}`]: { nonce: 2, at: 3n * MS } })).toEqual([{ nonce: 2, roundTripMs: 3 }])
    expect(taken(questions, { [`${CLEAR}`]: { nonce: 2, at: 3n * MS } })).toEqual([])
    expect(taken(questions, { [`${CLEAR}`]: { nonce: 1, at: 4n * MS } })).toEqual([{ nonce: 1, roundTripMs: 4 }])
    expect(questions.size).toBe(0)
  })

  it('are answered once, and by no answer of before', () => {
    const questions = asked({ ...question(1, CLEAR), sentAt: 9n * MS })
    expect(taken(questions, { [`${CLEAR}`]: { nonce: 1, at: 8n * MS } })).toEqual([])
    const answer = { [`${CLEAR}`]: { nonce: 1, at: 10n * MS } }
    expect(taken(questions, answer)).toEqual([{ nonce: 1, roundTripMs: 1 }])
    expect(taken(questions, answer)).toEqual([])
  })

  it('are answered also when the next has been asked, by the last that the kernel has noted on that way', () => {
    const questions = asked(question(1, CLEAR), question(2, CLEAR), { ...question(3, CLEAR), peer: 3 })
    expect(taken(questions, { [`${CLEAR}`]: { nonce: 1, at: MS } })).toEqual([{ nonce: 1, roundTripMs: 1 }])
    expect(taken(questions, { [`${CLEAR}`]: { nonce: 2, at: MS } })).toEqual([{ nonce: 2, roundTripMs: 1 }])
    expect(questions.size).toBe(1)
  })

  it('are overdue once when they should be answered by a time, and may be answered all the same', () => {
    const questions = asked({ ...question(1, CLEAR), dueAt: 30n * MS }, question(2, SEALED))
    expect([30n, 31n, 32n].map(ms => overdue(questions, ms * MS))).toEqual([[], [1], []])
    const answer = { [`${CLEAR}`]: { nonce: 1, at: 50n * MS } }
    expect(taken(questions, answer, 60n * MS)).toEqual([{ nonce: 1, roundTripMs: 50 }])
  })

  it('have the kernel asked once for all of a way', () => {
    const questions = asked(question(1, CLEAR), question(2, CLEAR), question(3, SEALED))
    const asks: IpAddress[] = []
    questions.take(MS, (_, to) => {
      asks.push(to)
      return { nonce: 0, at: 0n, address: 0 }
    })
    expect(asks).toEqual([CLEAR, SEALED])
  })

  it('are not overdue when the kernel has their answer, and nobody has looked for long', () => {
    const questions = asked({ ...question(1, CLEAR), dueAt: 30n * MS })
    const noted = () => ({ nonce: 1, at: MS, address: 0 })
    expect(questions.take(9_000n * MS, noted)).toMatchObject({ answered: [{ roundTripMs: 1 }], overdue: [] })
  })

  it('are let go when they have waited for too long', () => {
    const questions = asked(question(1, CLEAR))
    expect(taken(questions, {}, 400n * MS)).toEqual([])
    expect(questions.size).toBe(1)
    expect(taken(questions, {}, 401n * MS)).toEqual([])
    expect(questions.size).toBe(0)
  })
})

function question(nonce: number, to: IpAddress): OpenQuestion {
  return { peer: PEER, nonce, to, datagram: Buffer.alloc(0), sentAt: 0n, isDoubtful: false }
}

function asked(...all: readonly OpenQuestion[]): OpenQuestions {
  const questions = new OpenQuestions()
  for (const one of all) questions.add(one)
  return questions
}

/** While the kernel has noted nothing. */
function overdue(questions: OpenQuestions, now: bigint): readonly number[] {
  return questions.take(now, () => ({ nonce: 0, at: 0n, address: 0 })).overdue.map(({ nonce }) => nonce)
}

/** `noted`: what the kernel has, by the address that was asked. */
function taken(
  questions: OpenQuestions,
  noted: Readonly<Record<string, { readonly nonce: number; readonly at: bigint }>>,
  now = 10n * MS,
) {
  const none = { nonce: 0, at: 0n, address: 0 }
  const { answered } = questions.take(now, (_, to) => ({ ...none, ...noted[`${to}`] }))
  return answered.map(({ question: { nonce }, roundTripMs }) => ({ nonce, roundTripMs }))
}
