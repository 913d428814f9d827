import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Apply,
  applyToGoBackTo,
  applyToResume,
  History,
  resumptionOf,
  unfinishedApply,
} from '../../../../src/provision/operate/history.ts'
import { batchesOf } from '../../../../src/provision/plan/batches.ts'
import { host, inventory } from '../inventories.ts'

let folder: string
let history: History

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'history-'))
  history = new History(folder)
})

afterEach(() => rmSync(folder, { recursive: true }))

function apply(number: number, settings: Partial<Apply> = {}): Apply {
  return {
    format: 1,
    number,
    startedAt: '2020-01-01T00:00:00.000Z',
    endedAt: null,
    outcome: 'done',
    operator: { id: 'x', operator: 'ann', machine: 'm', process: '1 2', command: 'up', message: '' },
    release: 'r',
    rollbackTo: null,
    options: { serial: null, canary: null, limit: [] },
    hosts: ['a'],
    done: ['a'],
    changedFiles: 1,
    inventory: inventory([host('a')], { mtu: 1300 + number }),
    ...settings,
  }
}

it('what was applied is kept in order, for the eyes of its owner only', () => {
  for (const number of [1, 2]) history.keep(apply(number))
  history.keep(apply(2, { outcome: 'failed' }))
  expect(history.all().map(({ number, outcome }) => [number, outcome])).toEqual([
    [1, 'done'],
    [2, 'failed'],
  ])
  expect(history.nextNumber()).toBe(3)
  expect(statSync(join(folder, '.weave.history/000001.json')).mode & 0o777).toBe(0o600)
})

it('the oldest ones go when there are more than fifty', () => {
  for (let number = 1; number <= 53; number++) history.keep(apply(number))
  expect([history.all().length, history.all()[0]?.number, history.nextNumber()]).toEqual([50, 4, 54])
})

it('a half-written file is named, not skipped', () => {
  history.keep(apply(1))
  writeFileSync(join(folder, '.weave.history/000001.json'), '{"format": 1')
  expect(() => history.all()).toThrow(/000001.json is damaged/)
})

it('an inventory comes back as it was, so that the same plan follows', () => {
  history.keep(apply(1))
  expect(history.get(1).inventory).toEqual(JSON.parse(JSON.stringify(apply(1).inventory)))
  expect(() => history.get(9)).toThrow('no apply 9 is kept')
})

describe('rollback goes back to', () => {
  it('the last good apply that said something else', () => {
    expect(applyToGoBackTo([apply(1), apply(2, { outcome: 'failed' }), apply(3)]).number).toBe(1)
  })

  it('the last good one after a failed one', () => {
    expect(applyToGoBackTo([apply(1), apply(2), apply(3, { outcome: 'failed' })]).number).toBe(2)
  })

  it('nothing when there is nothing', () => {
    expect(() => applyToGoBackTo([apply(1)])).toThrow('no earlier apply')
  })
})

describe('resume goes on with', () => {
  it.each(['failed', 'interrupted', 'running'] as const)('an apply that is %s', outcome => {
    expect(applyToResume([apply(1), apply(2, { outcome })]).number).toBe(2)
  })

  it('the batches that were asked for, the canary first unless it is done', () => {
    const options = { serial: '2', canary: 'c', limit: ['a', 'b', 'c', 'd'] }
    const resumed = resumptionOf(apply(1, { outcome: 'failed', options }))
    expect(resumed).toEqual({
      limit: options.limit,
      serial: { kind: 'count', count: 2 },
      canary: 'c',
      message: '',
    })
    const batching = { serial: resumed.serial, canary: resumed.canary }
    expect(batchesOf(options.limit, batching)).toEqual([['c'], ['a', 'b'], ['d']])
    expect(batchesOf(['b', 'd'], batching)).toEqual([['b', 'd']])
    expect(resumptionOf(apply(1))).toEqual({ message: '' })
  })

  it.each([[[]], [[apply(1)]]])('nothing else', applies => {
    expect(() => applyToResume(applies)).toThrow('nothing to resume')
  })
})

describe('an apply that did not come to its end', () => {
  const stopped = apply(1, { outcome: 'failed', hosts: ['a', 'b', 'c'], done: ['a'] })
  const limitedTo = (number: number, ...limit: readonly string[]) =>
    apply(number, { options: { serial: null, canary: null, limit }, hosts: limit, done: limit })

  it('is not hidden by later ones with a limit that left hosts of it out', () => {
    const applies = [stopped, limitedTo(2, 'a'), limitedTo(3, 'b')]
    expect(unfinishedApply(applies)).toBe(stopped)
    expect(applyToResume(applies)).toBe(stopped)
  })

  it('is over when later ones with limits have seen to all that it left', () => {
    expect(unfinishedApply([stopped, limitedTo(2, 'b'), limitedTo(3, 'c')])).toBeUndefined()
  })

  it('is over when a later one saw to everybody', () => {
    expect(unfinishedApply([stopped, apply(2), limitedTo(3, 'a')])).toBeUndefined()
  })

  it('comes behind a later one that was stopped too', () => {
    const later = { ...limitedTo(2, 'b'), outcome: 'interrupted', done: [] } as const
    expect(unfinishedApply([stopped, later])).toBe(later)
    expect(unfinishedApply([stopped, later, limitedTo(3, 'b')])).toBe(stopped)
  })
})
