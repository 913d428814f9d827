import type { Endpoint } from '../../../../src/base/endpoint.ts'
import type { Output } from '../../../../src/core/router/index.ts'
import { SleeveChecks } from '../../../../src/core/router/sleeve-checks.ts'

const PEER = 2
const NEVER = Number.NEGATIVE_INFINITY

describe('the sleeve to a peer', () => {
  it('is asked where frames for it go, and proved as of when the question was asked that it answers', () => {
    const { checks, questions } = station()
    checks.ask(PEER, 100)
    const [question] = questions
    expect(question).toMatchObject({ kind: 'probe', peer: PEER, to: { ip: '10.0.0.3' }, probe: { datagramBytes: 64 } })
    expect(checks.provedAt(PEER)).toBe(NEVER)
    expect(checks.answered(PEER, question!.probe.sequence)).toBe(true)
    expect(checks.provedAt(PEER)).toBe(100)
    checks.ask(PEER, 200)
    expect(checks.provedAt(PEER)).toBe(100)
  })

  it('is not proved by answers to earlier questions, by those of others, and by none to what others have asked', () => {
    const { checks, questions } = station()
    checks.ask(PEER, 100)
    checks.ask(PEER, 200)
    checks.ask(3, 200)
    const [first, last] = questions.map(({ probe }) => probe.sequence)
    expect(checks.answered(PEER, first!)).toBe(true)
    expect(checks.answered(3, last!)).toBe(true)
    expect([checks.answered(PEER, 7), checks.answered(PEER, 2 ** 31 + 1)]).toEqual([false, false])
    expect([PEER, 3].map(peer => checks.provedAt(peer))).toEqual([NEVER, NEVER])
  })

  it('is not asked where frames for the peer go nowhere, and forgotten when the inquiry is over', () => {
    const { checks, questions } = station(() => undefined)
    checks.ask(PEER, 100)
    expect(questions).toEqual([])
    const other = station()
    other.checks.ask(PEER, 100)
    other.checks.answered(PEER, other.questions[0]!.probe.sequence)
    other.checks.forget(PEER)
    expect(other.checks.provedAt(PEER)).toBe(NEVER)
  })
})

function station(endpointOf: (peer: number) => Endpoint | undefined = () => ({ ip: '10.0.0.3', port: 6783 })) {
  const questions: Extract<Output, { kind: 'probe' }>[] = []
  const checks = new SleeveChecks(output => {
    if (output.kind === 'probe') questions.push(output)
  }, endpointOf)
  return { checks, questions }
}
