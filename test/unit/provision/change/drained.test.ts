import { changeOf } from '../../../../src/provision/change/host-change.ts'
import { hasWork, leftDrained, type Review } from '../../../../src/provision/change/review.ts'
import { file, RELEASE, rendered, surveyed } from './surveys.ts'

const CONFIG = '/etc/weave/agent-config.json'

describe('hosts that are as planned', () => {
  it('leave nothing to do', () => {
    expect(hasWork(asPlanned('a', 'b'), [])).toBe(false)
  })

  it('still have a hook to be called when one of them was left drained', () => {
    expect(hasWork(asPlanned('a', 'b'), ['b'])).toBe(true)
    expect(leftDrained(asPlanned('a', 'b'), ['b'])).toEqual(['b'])
  })

  it('have none when it is another one, which was not asked', () => {
    expect(hasWork(asPlanned('a'), ['b'])).toBe(false)
  })
})

function asPlanned(...hosts: readonly string[]): Review {
  const changes = hosts.map(host =>
    changeOf(rendered([file(CONFIG, '{}')], { host }), surveyed({ [CONFIG]: '{}' }), RELEASE),
  )
  return { changes, lockChanges: [] } as unknown as Review
}
