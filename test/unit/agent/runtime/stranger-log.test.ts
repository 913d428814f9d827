import { StrangerLog } from '../../../../src/agent/runtime/stranger-log.ts'

describe('the log of strangers', () => {
  it('counts all by reason, and logs a few', () => {
    const lines: unknown[] = []
    const log = new StrangerLog({ write: (...line) => void lines.push(line) }, () => 0)
    for (let i = 0; i < 30; i++) log.refused('10.0.0.1', `wrong password: attempt ${i}`)
    log.refused('10.0.0.2', 'no valid preface')
    expect(log.counts).toEqual({ 'wrong password': 30, 'no valid preface': 1 })
    expect(lines).toHaveLength(10)
  })

  it('keeps a bounded number of names', () => {
    const log = new StrangerLog({ write: () => undefined }, () => 0)
    for (let i = 0; i < 100; i++) log.refused('10.0.0.1', `reason ${'x'.repeat(i)}`)
    expect(Object.keys(log.counts)).toHaveLength(17)
    expect(log.counts.other).toBe(84)
  })
})
