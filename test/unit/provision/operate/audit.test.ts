import type { HostReport } from '../../../../src/provision/apply/report.ts'
import { untouched } from '../../../../src/provision/change/batch-reports.ts'
import { removalEntries } from '../../../../src/provision/operate/audit.ts'

const OPERATOR = { id: 'x', operator: 'ann', machine: 'm', process: '1 2', command: 'down', message: '' }

describe('what hosts are told of being taken down', () => {
  it('is by whom and how it went, on those that had the overlay', () => {
    const outcomes: Readonly<Record<string, HostReport['outcome']>> = {
      a: 'changed',
      b: 'ok',
      c: 'failed',
      d: 'stopped',
    }
    const hosts = Object.entries(outcomes).map(([name, outcome]) => untouched(name, outcome))
    expect(removalEntries(OPERATOR, Object.keys(outcomes), { hosts })).toEqual({
      a: { ...OPERATOR, host: 'a', outcome: 'changed', actions: ['take-down'] },
      c: { ...OPERATOR, host: 'c', outcome: 'failed', actions: ['take-down'] },
    })
  })

  it('is that it was begun, when nobody knows how it ended', () => {
    expect(removalEntries(OPERATOR, ['a'], undefined)).toMatchObject({ a: { outcome: 'begun' } })
  })
})
