import { isDead, keepersOf } from '../../../../src/provision/operate/cluster-lock.ts'
import { describeHolder, duration, type HostLock, parseHostLock } from '../../../../src/provision/operate/operator.ts'

const HELD: HostLock = {
  state: 'held',
  id: 'i1',
  operator: 'ann',
  machine: 'laptop',
  process: '4711 99',
  command: 'up',
  message: 'new MTU',
  ageSeconds: 300,
  renewedSeconds: 10,
  isStale: false,
}

it('the keepers are the lowest numbers, whatever the order of the inventory', () => {
  const hosts = [7, 3, 1, 9, 2, 5, 8].map(index => ({ name: `h${index}`, index }))
  expect(keepersOf(hosts)).toEqual(['h1', 'h2', 'h3', 'h5', 'h7'])
})

it.each([
  ['a process of this machine that has ended', 'laptop', undefined, true],
  ['a later process with the same number', 'laptop', '4711 100', true],
  ['the process itself', 'laptop', '4711 99', false],
  ['a process of another machine', 'desktop', undefined, false],
])('the lock of %s', (_, machine, mark, expected) => {
  expect(isDead(HELD, machine, () => mark)).toBe(expected)
})

it('a holder is described by name, machine, command, message and ages', () => {
  expect(describeHolder(HELD)).toBe('ann on laptop (up, "new MTU"), for 5 min, renewed 10 s ago')
  expect([duration(-5), duration(119), duration(7300)]).toEqual(['0 s', '119 s', '2 h'])
})

it('what a host says of the lock is checked', () => {
  expect(parseHostLock({ state: 'free' })).toMatchObject({ ok: true, value: { state: 'free', id: '' } })
  expect(parseHostLock({ ...HELD })).toMatchObject({ ok: true, value: HELD })
  expect(parseHostLock({ state: 'perhaps' }).ok).toBe(false)
  expect(parseHostLock(null).ok).toBe(false)
})
