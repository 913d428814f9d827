import { jest } from '@jest/globals'
import { ControlError } from '../../../../src/agent/http/control-error.ts'
import { UserError } from '../../../../src/base/user-error.ts'
import { reportError } from '../../../../src/cli/weave/report.ts'

describe('what stands against a command', () => {
  let written = ''
  beforeEach(() => {
    written = ''
    jest.spyOn(process.stderr, 'write').mockImplementation(text => {
      written += String(text)
      return true
    })
  })
  afterEach(() => {
    jest.restoreAllMocks()
    delete process.env.WEAVE_DEBUG
  })

  it('is shown as cause and remedy, a line each, with the exit code of the original (ARG-07)', () => {
    expect(reportError(new UserError({ cause: 'it is\n broken', remedy: 'mend it' }))).toBe(1)
    expect(written).toBe('error: it is · broken\nremedy: mend it\n')
    expect(reportError(new ControlError('notRunning'))).toBe(2)
    expect(reportError(new ControlError('alreadyRunning'))).toBe(3)
    expect(reportError(new ControlError('notThere'))).toBe(4)
  })

  it('shows where a bug came about when WEAVE_DEBUG asks for it (ENV-12)', () => {
    expect(reportError(new Error('odd'))).toBe(1)
    expect(written).toMatch(/^error: odd\nremedy: .*WEAVE_DEBUG=1/)
    expect(written).not.toContain('report.test.ts')
    process.env.WEAVE_DEBUG = '1'
    reportError(new Error('odd'))
    expect(written).toContain('report.test.ts')
  })
})
