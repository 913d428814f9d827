import { type OpenQuestion, OpenQuestions } from '../../../../src/agent/fastpath/open-questions.ts'
import type { IpAddress } from '../../../../src/base/ip-address.ts'
import { tunnelEndOf } from '../../../../src/core/mesh/tunnel-address.ts'
import { addressOf, ipAddress } from '../../core/router/fast-path-world.ts'

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

  it('give way to the next to the same peer on the same way, at whatever address', () => {
    const elsewhere = ipAddress('fd00::2')
    const questions = asked(question(1, CLEAR), question(2, elsewhere), { ...question(3, CLEAR), peer: 3 })
    expect(questions.size).toBe(2)
    expect(taken(questions, { [`${CLEAR}`]: { nonce: 1, at: MS } })).toEqual([])
    expect(taken(questions, { [`${elsewhere}`]: { nonce: 2, at: MS } })).toEqual([{ nonce: 2, roundTripMs: 1 }])
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

/** `noted`: what the kernel has, by the address that was asked. */
function taken(
  questions: OpenQuestions,
  noted: Readonly<Record<string, { readonly nonce: number; readonly at: bigint }>>,
  now = 10n * MS,
) {
  const none = { nonce: 0, at: 0n, address: 0 }
  const answered = questions.take(now, (_, to) => ({ ...none, ...noted[`${to}`] }))
  return answered.map(({ question: { nonce }, roundTripMs }) => ({ nonce, roundTripMs }))
}
