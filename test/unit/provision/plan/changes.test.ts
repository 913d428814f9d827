import { changesBetween, refuseRenumbering } from '../../../../src/provision/plan/changes.ts'
import { EMPTY_LOCK, type Lock } from '../../../../src/provision/plan/lock.ts'
import { lockOf } from '../inventories.ts'

const textsOf = (before: Lock, after: Lock) => changesBetween(before, after).map(({ text }) => text)

describe('changes between two locks', () => {
  it('are none between the same', () => {
    expect(textsOf(lockOf({ a: 1 }), lockOf({ a: 1 }))).toEqual([])
  })

  it('name hosts that come and go', () => {
    expect(textsOf(EMPTY_LOCK, lockOf({ a: 1 }))).toEqual(['a gets number 1'])
    expect(textsOf(lockOf({ a: 1 }), lockOf({}))).toEqual(['a goes; number 1 stays reserved for its return'])
  })

  it('say what another number means (trap 2.9)', () => {
    const [text] = textsOf(lockOf({ a: 1 }), lockOf({ a: 5 }))
    expect(text).toBe('a moves from number 1 to 5: its containers get other addresses')
  })

  it('say that another subnet moves every host (trap 2.9)', () => {
    const after = lockOf({ a: 1, b: 2 }, { network: { subnet: '10.9.0.0/16', containerPrefix: 24 } })
    expect(changesBetween(lockOf({ a: 1, b: 2 }), after).map(({ kind }) => kind)).toEqual(['readdress', 'readdress'])
  })

  it('are a migration when hosts move, and then need a plan that was looked at', () => {
    const [before, after] = [lockOf({ a: 1, b: 2, c: 3 }), lockOf({ a: 4, b: 5, d: 6 })]
    expect(refuseRenumbering(changesBetween(before, after), 'look')).toEqual([
      {
        cause: 'hosts would be renumbered: a moves from number 1 to 4: its containers get other addresses, and 1 more',
        remedy: 'look',
      },
    ])
    expect(refuseRenumbering(changesBetween(before, lockOf({ a: 1, d: 4 })), 'look')).toEqual([])
  })

  it('are counted by hosts in the refusal, whatever becomes of each', () => {
    const network = { subnet: '10.9.0.0/16', containerPrefix: 24 }
    const causeOf = (after: Lock) => refuseRenumbering(changesBetween(lockOf({ a: 1, b: 2 }), after), '')[0]?.cause
    expect(causeOf(lockOf({ a: 4, b: 5 }, { network }))).toMatch(/^hosts would be renumbered: a moves .*, and 1 more$/)
    expect(causeOf(lockOf({ a: 4 }, { network }))).not.toContain('more')
  })

  it('name hosts whose key is not known yet, or is another', () => {
    const after = lockOf({}, { hosts: [{ name: 'a', index: 1, publicKey: 'k' }] })
    expect(textsOf(lockOf({ a: 1 }), after)).toEqual(['a is certified with a public key not seen before'])
  })
})
