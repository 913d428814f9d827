import { formatLock, parseLock } from '../../../../src/provision/lock/lock-text.ts'
import type { Lock } from '../../../../src/provision/plan/lock.ts'
import { makePlan } from '../../../../src/provision/plan/plan.ts'
import { isRemoved, markRemoved, markReturned, withoutRemoved } from '../../../../src/provision/plan/removed-hosts.ts'
import { facts, host, inventory, lockOf } from '../inventories.ts'

const KEY = `${'A'.repeat(43)}=`
const hosts = [host('a'), host('b', { peers: ['a', 'c'] }), host('c')]
const locked: Lock = {
  ...lockOf({ a: 1, b: 2 }),
  hosts: [...lockOf({ a: 1, b: 2 }).hosts, { name: 'c', index: 3, publicKey: KEY }],
}

function plan(lock: Lock, listed = hosts, keyOfC: string | undefined = undefined) {
  const known = withoutRemoved(inventory(listed), lock)
  const given = keyOfC === undefined ? {} : { facts: { c: facts({ publicKey: keyOfC }) } }
  const outcome = makePlan({ inventory: known, lock, ...given })
  return outcome
}

it('a removed host is out of the plan and of the peers of all others, whatever the inventory says', () => {
  const outcome = plan(markRemoved(locked, 'c', { isRevoked: false }))
  expect(outcome).toMatchObject({ kind: 'planned', plan: { hosts: [{ name: 'a' }, { name: 'b' }] } })
  const targets = outcome.kind === 'planned' ? outcome.plan.hosts.flatMap(one => one.targets) : []
  expect(targets).toHaveLength(2)
})

it('its number rests, and a new host gets another', () => {
  const gone = plan(markRemoved(locked, 'c', { isRevoked: false }))
  if (gone.kind === 'refused') throw new Error('refused')
  expect(gone.plan.lock.tombstones).toEqual([{ name: 'c', index: 3 }])
  const next = plan(gone.plan.lock, [...hosts, host('d')])
  expect(next).toMatchObject({ plan: { hosts: [{ index: 1 }, { index: 2 }, { name: 'd', index: 4 }] } })
})

it('added again, it has its number back', () => {
  const gone = plan(markRemoved(locked, 'c', { isRevoked: false }))
  if (gone.kind === 'refused') throw new Error('refused')
  const back = plan(markReturned(gone.plan.lock, 'c'))
  expect(back).toMatchObject({ plan: { hosts: [{ name: 'a' }, { name: 'b' }, { name: 'c', index: 3 }] } })
})

it('a revoked key is refused under its old name, and another key is not', () => {
  const lock = markReturned(markRemoved(locked, 'c', { isRevoked: true }), 'c')
  expect(isRemoved(lock, 'c')).toBe(false)
  expect(plan({ ...lock, hosts: [] }, hosts, KEY)).toMatchObject({
    kind: 'refused',
    problems: [{ cause: "host 'c' shows a key that was revoked" }],
  })
  expect(plan({ ...lock, hosts: [] }, hosts, `${'B'.repeat(42)}A=`).kind).toBe('planned')
})

it('the lock file keeps what was removed and revoked', () => {
  const lock = markReturned(markRemoved(markRemoved(locked, 'a', { isRevoked: false }), 'c', { isRevoked: true }), 'c')
  const back = parseLock(formatLock(lock))
  expect(back).toMatchObject({
    ok: true,
    value: { removed: [{ name: 'a' }, { name: 'c', revokedKey: KEY, isBack: true }] },
  })
})
