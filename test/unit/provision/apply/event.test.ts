import { parseEvent } from '../../../../src/provision/apply/event.ts'
import { resultLine, taskLine } from './event-lines.ts'

describe('an event of Ansible', () => {
  it('tells the phase by the tag of the task', () => {
    expect(parseEvent(taskLine('a', ['always', 'bridge'], 2))).toMatchObject({ kind: 'task', phase: 'bridge', at: 2 })
  })

  it('belongs to no phase when no tag names one', () => {
    expect(parseEvent(taskLine('a', ['always']))).toMatchObject({ phase: undefined })
  })

  it('carries what changed, who did it, and the messages', () => {
    const diffs = [{ before_header: '/a', after_header: '/a', before: '', after: 'x\n' }]
    const line = resultLine('failed', 'alpha', 'a', {
      changed: true,
      delegate: 'localhost',
      details: { msg: 'no' },
      diffs,
    })
    expect(parseEvent(line)).toMatchObject({
      kind: 'result',
      outcome: 'failed',
      host: 'alpha',
      isDelegated: true,
      isChanged: true,
      details: { msg: 'no' },
      diffs: [{ path: '/a', before: '', after: 'x\n' }],
    })
  })

  it.each(['', 'warning: something', '{"kind":"strange"}', '{"kind":"start"}', '[]', 'null', '{"kind":"ok","host":1}'])(
    'a line %j is none',
    line => {
      expect(parseEvent(line)).toBeUndefined()
    },
  )
})
