import type { Lock } from '../../../../src/provision/plan/lock.ts'
import { facts, host, lockOf, planned, refusals } from '../inventories.ts'

const CLUSTER = { id: 'ours', publicKey: 'key' }

function lock(settings: Partial<Lock> = {}): Lock {
  return lockOf({ a: 1, b: 2 }, { cluster: CLUSTER, manifest: { version: 7, digest: 'd' }, ...settings })
}

function member(clusterId: string, manifestVersion: number) {
  return facts({ membership: { clusterId, shortId: 3, manifestVersion } })
}

describe('a host that is set up already', () => {
  it.each([
    ['of this cluster', member('ours', 7)],
    ['that knows less than the lock file', member('ours', 6)],
    ['for no cluster', facts()],
  ])('%s is taken', (_, of) => {
    expect(planned([host('a'), host('b')], { lock: lock(), facts: { a: of } }).hosts).toHaveLength(2)
  })

  it('with its number is taken into a cluster that begins anew, as when all keys were lost', () => {
    const given = (number: number) => ({ lock: lockOf({ a: number }), facts: { a: member('lost', 7) } })
    expect(planned([host('a')], given(3)).hosts[0]?.index).toBe(3)
    expect(refusals([host('a')], given(4)).join()).toContain('another cluster')
  })

  it.each([
    [
      'of another cluster',
      lock(),
      member('theirs', 1),
      'is number 3 of another cluster, theirs: the lock file is of ours',
    ],
    ['without its lock file', lockOf({}), member('theirs', 1), 'there is no lock file that knows it'],
    ['that knows more than the lock file', lock(), member('ours', 8), "host 'a' has manifest 8, and it knows 7"],
  ])('%s is refused, with a remedy', (_, of, facts, cause) => {
    const [refusal, ...rest] = refusals([host('a'), host('b')], { lock: of, facts: { a: facts } })
    expect(refusal).toContain(cause)
    expect(refusal).toMatch(/→ fetch .*\.weave\.lock\.yml/)
    expect(rest).toEqual([])
  })

  it('is named, whichever of them it is', () => {
    const given = { lock: lock(), facts: { a: member('theirs', 1), b: member('theirs', 2) } }
    expect(refusals([host('a'), host('b')], given).join()).toMatch(/'a'.*'b'/)
  })
})
