import { MEASURES, type Measure, summarise } from '../../../bench/scale/figures.ts'
import { describeFigures } from '../../../bench/scale/report.ts'

const RUN = { machine: 'a machine', repeats: 3, routers: 30, large: 60 }

describe('the report of real agents', () => {
  it('has a row for each figure that is to be reached, with its goal', () => {
    const values = new Map((Object.keys(MEASURES) as Measure[]).map(measure => [measure, [1]]))
    const page = describeFigures({ ...RUN, figures: summarise(values) })
    for (const { title } of Object.values(MEASURES)) expect(page).toContain(`| ${title} | `)
    expect(page).toContain('| password guesses from one connection of a stranger | unlimited | 1 | 1 |\n')
    expect(page).toMatch(/\| a router of a star of ten that is killed .* \| 31 s \| 5 s \| 1\.00 s \|\n/)
  })

  it('says of which figures the goal is missed, and keeps rows of cases that were not run', () => {
    const before = describeFigures({ ...RUN, figures: summarise(new Map([['guesses', [2, 1, 2]]])) })
    const after = describeFigures({ ...RUN, figures: summarise(new Map([['starDeath', [2]]])) }, before)
    expect(after).toContain('| unlimited | 1 | 2 (1–2), not reached |\n')
    expect(after).toContain('| 31 s | 5 s | 2.00 s |\n')
  })
})
