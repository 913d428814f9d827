import { Progress } from '../../../../src/provision/apply/progress.ts'
import { makeReport, type Report } from '../../../../src/provision/apply/report.ts'
import { eventOf, resultLine, statsLine, taskLine } from './event-lines.ts'

describe('a report', () => {
  it('of a run that went well', () => {
    const report = reportAfter([
      taskLine('a', ['files']),
      resultLine('ok', 'alpha', 'a', { changed: true }),
      resultLine('ok', 'bravo', 'a'),
      taskLine('b', ['bridge']),
      resultLine('ok', 'alpha', 'b'),
      resultLine('ok', 'bravo', 'b'),
      statsLine(3),
    ])
    expect(report).toMatchObject({ isComplete: true, changed: 1, failed: 0, problems: [] })
    expect(report.hosts.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['alpha', 'changed'],
      ['bravo', 'ok'],
    ])
  })

  it('says what was not done, on the host that failed and on those that were stopped with it', () => {
    const report = reportAfter([
      taskLine('a', ['files']),
      resultLine('unreachable', 'alpha', 'a', { details: { msg: 'Connection timed out' } }),
      resultLine('ok', 'bravo', 'a'),
      statsLine(3),
    ])
    expect(report.isComplete).toBe(false)
    expect(report.hosts.map(({ outcome, notDone }) => [outcome, notDone])).toEqual([
      ['unreachable', ['files', 'bridge']],
      ['stopped', ['bridge']],
    ])
  })

  it('a host that was done before another failed is done', () => {
    const report = reportAfter([
      taskLine('a', ['files']),
      resultLine('ok', 'alpha', 'a'),
      resultLine('failed', 'bravo', 'a', { details: { msg: 'no' } }),
      taskLine('b', ['bridge']),
      resultLine('ok', 'alpha', 'b', { changed: true }),
      statsLine(3),
    ])
    expect(report.hosts.map(({ outcome }) => outcome)).toEqual(['changed', 'failed'])
  })

  it('of a run that was cut off is not complete', () => {
    const report = reportAfter([taskLine('a', ['files']), resultLine('ok', 'alpha', 'a')], { isInterrupted: true })
    expect(report).toMatchObject({ isComplete: false, isInterrupted: true })
  })
})

function reportAfter(lines: readonly string[], traits: { isInterrupted?: boolean } = {}): Report {
  const progress = new Progress(['alpha', 'bravo'])
  for (const line of lines) progress.apply(eventOf(line))
  const facts = { command: 'up', inventory: '/i', isCheck: false, isInterrupted: false, seconds: 1, further: [] }
  return makeReport(progress, { ...facts, phases: ['files', 'bridge'], ...traits })
}
