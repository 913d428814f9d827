import { RuleWatch } from '../../../../src/agent/containers/rule-watch.ts'

const APART_MS = 10_000

describe('whether rules are to be looked at', () => {
  let generation: number | undefined
  let watch: RuleWatch

  beforeEach(() => {
    generation = 7
    watch = new RuleWatch(() => generation)
  })

  it('depends on whether somebody has changed some', () => {
    expect(watch.isDue(0)).toBe(false)
    generation = 8
    expect(watch.isDue(0)).toBe(true)
    watch.looked(0)
    expect(watch.isDue(APART_MS)).toBe(false)
  })

  it('is denied for a while after the last look', () => {
    watch.looked(0)
    generation = 8
    expect(watch.isDue(APART_MS - 1)).toBe(false)
    expect(watch.isDue(APART_MS)).toBe(true)
  })

  it('is not affected by what the look itself has put back', () => {
    generation = 8
    expect(watch.isDue(0)).toBe(true)
    generation = 9
    watch.looked(0)
    expect(watch.isDue(APART_MS)).toBe(false)
  })

  it('is never so where changes cannot be told', () => {
    generation = undefined
    const blind = new RuleWatch(() => generation)
    expect(blind.isDue(APART_MS)).toBe(false)
  })
})
