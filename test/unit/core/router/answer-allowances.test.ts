import { AnswerAllowances } from '../../../../src/core/router/answer-allowances.ts'

const NEIGHBOUR = 7
const ALL_RECORDS_BYTES = 3_000_000

describe('what a neighbour is told when it compares', () => {
  it('is 400 short answers in a row, then 20 a second, and the neighbour is named once', () => {
    const { allowances, exceeded } = start()
    expect(answersAt(allowances, { bytes: 20, now: 0 })).toBeGreaterThanOrEqual(400)
    let later = 0
    for (let now = 1; now <= 10_000; now++) later += answersAt(allowances, { bytes: 20, now })
    expect(later).toBeLessThanOrEqual(201)
    expect(later).toBeGreaterThan(190)
    expect(exceeded).toEqual([NEIGHBOUR])
  })

  it('is all there is three times in a row, and then as its bytes allow', () => {
    const { allowances } = start()
    expect(answersAt(allowances, { bytes: ALL_RECORDS_BYTES, now: 0 })).toBeGreaterThanOrEqual(3)
    let later = 0
    for (let now = 1_000; now <= 60_000; now += 1_000) later += answersAt(allowances, { bytes: ALL_RECORDS_BYTES, now })
    expect(later * ALL_RECORDS_BYTES).toBeLessThanOrEqual(60 * 512_000 + ALL_RECORDS_BYTES)
  })

  it('costs no other neighbour anything, and no memory once it is paid for', () => {
    const { allowances } = start()
    answersAt(allowances, { bytes: ALL_RECORDS_BYTES, now: 0 })
    expect(allowances.allows(NEIGHBOUR + 1, 0)).toBe(true)
    expect(allowances.size).toBe(1)
    allowances.forgetPaid(60_000)
    expect(allowances.size).toBe(0)
  })
})

function start(): { allowances: AnswerAllowances; exceeded: number[] } {
  const exceeded: number[] = []
  return { allowances: new AnswerAllowances(neighbour => exceeded.push(neighbour)), exceeded }
}

/** How many answers of so many bytes the neighbour gets at that moment. */
function answersAt(allowances: AnswerAllowances, { bytes, now }: { bytes: number; now: number }): number {
  let answers = 0
  for (; allowances.allows(NEIGHBOUR, now); answers++) allowances.charge(NEIGHBOUR, bytes, now)
  return answers
}
