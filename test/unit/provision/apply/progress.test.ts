import { Progress } from '../../../../src/provision/apply/progress.ts'
import { eventOf, resultLine, startLine, statsLine, taskLine } from './event-lines.ts'

describe('progress', () => {
  it('follows each host through the phases', () => {
    const progress = progressAfter([
      taskLine('probe', ['always', 'preflight']),
      startLine('alpha', 'probe'),
      resultLine('ok', 'alpha', 'probe'),
      taskLine('bridge', ['bridge']),
      startLine('alpha', 'bridge'),
    ])
    expect(stepsOf(progress, 'alpha')).toEqual({ preflight: 'ok', bridge: 'running' })
    expect(stepsOf(progress, 'bravo')).toEqual({})
    expect(progress.phase).toBe('bridge')
  })

  it('a phase with a change stays changed, whatever its other tasks do', () => {
    const progress = progressAfter([
      taskLine('a', ['router']),
      resultLine('ok', 'alpha', 'a', { changed: true }),
      taskLine('b', ['router']),
      startLine('alpha', 'b'),
      resultLine('ok', 'alpha', 'b'),
    ])
    expect(stepsOf(progress, 'alpha')).toEqual({ router: 'changed' })
    expect(progress.hosts[0]?.changes).toBe(1)
  })

  it('a failed phase stays failed', () => {
    const progress = progressAfter([
      taskLine('a', ['router']),
      resultLine('failed', 'alpha', 'a', { details: { msg: 'broken', remedy: 'mend it' } }),
      resultLine('ok', 'alpha', 'a', { changed: true }),
    ])
    expect(stepsOf(progress, 'alpha')).toEqual({ router: 'failed' })
    expect(progress.hosts[0]?.problems).toMatchObject([{ cause: 'broken', remedy: 'mend it', phase: 'router' }])
    expect(progress.hasFailed).toBe(true)
  })

  it('a failure on the control machine is nobody’s in particular', () => {
    const details = { msg: 'non-zero return code', stderr: 'error: no key\nremedy: make one\n' }
    const progress = progressAfter([
      taskLine('render', ['files']),
      resultLine('failed', 'alpha', 'render', { delegate: 'localhost', details }),
    ])
    expect(progress.generalProblems).toMatchObject([{ cause: 'no key', remedy: 'make one' }])
    expect(progress.hosts[0]?.problems).toEqual([])
  })

  it('what a program on the control machine says to the user is kept', () => {
    const details = { stdout: 'a table', stderr: 'A password was made.\n' }
    const progress = progressAfter([
      taskLine('render', ['files']),
      resultLine('ok', 'alpha', 'render', { delegate: 'localhost', details }),
    ])
    expect(progress.notices).toEqual(['A password was made.'])
  })

  it('what a module wants the user to know is kept, with the host', () => {
    const progress = progressAfter([
      taskLine('a', ['verify']),
      resultLine('ok', 'bravo', 'a', { details: { note: 'alpha is away' } }),
    ])
    expect(progress.notices).toEqual(['bravo: alpha is away'])
  })

  it('a skipped or ignored task is no failure', () => {
    const progress = progressAfter([
      taskLine('a', ['docker']),
      resultLine('skipped', 'alpha', 'a'),
      resultLine('ignored', 'bravo', 'a', { details: { msg: 'never mind' } }),
    ])
    expect(progress.hasFailed).toBe(false)
    expect(stepsOf(progress, 'alpha')).toEqual({ docker: 'ok' })
  })

  it('times the phases, those that come twice together', () => {
    const progress = progressAfter([
      taskLine('a', ['files'], 10),
      taskLine('b', ['bridge'], 12),
      taskLine('c', ['files'], 13),
      statsLine(13.5),
    ])
    expect(progress.phaseTimes).toEqual([
      { phase: 'files', seconds: 2.5 },
      { phase: 'bridge', seconds: 1 },
    ])
    expect(progress.isComplete).toBe(true)
  })

  it('hosts that the run does not have are not made up', () => {
    const progress = progressAfter([taskLine('a', ['files']), resultLine('ok', 'stranger', 'a', { changed: true })])
    expect(progress.hosts.map(({ name }) => name)).toEqual(['alpha', 'bravo'])
  })
})

function progressAfter(lines: readonly string[]): Progress {
  const progress = new Progress(['alpha', 'bravo'])
  for (const line of lines) progress.apply(eventOf(line))
  return progress
}

function stepsOf(progress: Progress, name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(progress.hosts.find(host => host.name === name)?.steps ?? [])
}
