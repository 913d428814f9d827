import { closingSentence } from '../../../src/cli/provision/closing-sentence.ts'

const REPORT = { seconds: 12.34, hosts: [], changed: 0, notices: [] }

describe('what up has come to', () => {
  it('is said of every host, whatever else there was to notice', () => {
    expect(closingSentence({ ...REPORT, notices: ['made vault-password'] })).toBe(
      'Nothing to change; verified in 12.3 s: every host sees every other.',
    )
  })

  it('is said of the hosts of the run, when others are not reached', () => {
    const notices = ['alpha: not reached, and not part of this run: delta']
    expect(closingSentence({ ...REPORT, changed: 1, notices })).toBe(
      'Done in 12.3 s: 1 of 0 hosts changed; the hosts of this run see each other.',
    )
  })
})
