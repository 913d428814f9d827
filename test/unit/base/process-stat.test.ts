import { parseProcessStat } from '../../../src/base/process-stat.ts'

describe('what the kernel says of a process', () => {
  it('is read behind its name, whatever that holds', () => {
    expect(parseProcessStat(statOf('tail', 'S'))).toEqual({ hasEnded: false, start: '4711' })
    expect(parseProcessStat(statOf('a) Z (b c', 'R'))).toEqual({ hasEnded: false, start: '4711' })
  })

  it.each(['Z', 'X'])('in state %s is that it has ended, though it is listed', state => {
    expect(parseProcessStat(statOf('tail', state)).hasEnded).toBe(true)
  })
})

/** Fields 4 to 21 are of no interest here. */
function statOf(name: string, state: string): string {
  return `12 (${name}) ${state} ${'0 '.repeat(18)}4711 5 6\n`
}
