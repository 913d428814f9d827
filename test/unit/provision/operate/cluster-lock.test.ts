import { jest } from '@jest/globals'
import { Interrupted, type Question } from '../../../../src/provision/apply/ask-hosts.ts'
import { isDead, keepersOf, withClusterLock } from '../../../../src/provision/operate/cluster-lock.ts'
import {
  describeHolder,
  duration,
  type HostLock,
  type Operator,
  parseHostLock,
} from '../../../../src/provision/operate/operator.ts'

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

describe('the lock of the cluster', () => {
  const OPERATOR: Operator = { id: 'me', operator: 'bob', machine: 'm', process: '1 2', command: 'up', message: '' }

  beforeEach(() => jest.useFakeTimers())
  afterEach(() => jest.useRealTimers())

  it('is taken, renewed where it was given, and given back with lines for the log', async () => {
    const asked: string[] = []
    const place = placeOf(['a', 'b'], ({ lock }, host) => {
      asked.push(`${lock} ${host}`)
      return host === 'b' && lock === 'take' ? undefined : { state: lock === 'release' ? 'released' : 'taken' }
    })
    const entries = { c: { outcome: 'changed' } }
    const outcome = await withClusterLock(place, OPERATOR, {
      work: async lost => {
        await jest.advanceTimersByTimeAsync(500_000)
        return lost()
      },
      entriesOf: () => entries,
    })
    expect(outcome).toBeUndefined()
    expect(asked).toEqual(['take a', 'take b', 'renew a', 'renew a', 'release a', 'release b', 'release c'])
    expect(place.questions.at(-1)?.variables).toMatchObject({ weave_operator: { entries } })
  })

  it.each<[string, (renewals: number) => Partial<HostLock> | undefined, string | undefined]>([
    ['was released by somebody', () => ({ state: 'lost' }), 'was taken away meanwhile'],
    ['has somebody else', () => ({ ...HELD }), 'was taken away meanwhile, and ann on laptop'],
    ['could not be renewed for long', () => undefined, 'could not be renewed, so that others may have it'],
    ['could not be renewed now and then', n => (n % 2 === 0 ? undefined : { state: 'taken' }), undefined],
  ])('that %s is known to the work', async (_, renewal, cause) => {
    let renewals = 0
    const place = placeOf(['a'], ({ lock }) => (lock === 'renew' ? renewal(renewals++) : { state: 'taken' }))
    const lost = await withClusterLock(place, OPERATOR, {
      work: async problem => {
        await jest.advanceTimersByTimeAsync(5 * 240_000)
        return problem()
      },
      entriesOf: () => ({}),
    })
    if (cause === undefined) expect(lost).toBeUndefined()
    else expect(lost?.cause).toContain(cause)
  })

  it('is not taken for free when nobody could be asked', async () => {
    const place = placeOf(['a', 'b'], () => undefined)
    const work = jest.fn(async () => undefined)
    await expect(withClusterLock(place, OPERATOR, { work, entriesOf: () => ({}) })).rejects.toThrow(
      'none of a, b could be asked for the lock',
    )
    expect(work).not.toHaveBeenCalled()
  })

  it('of another is named, and what was taken on other hosts is given back', async () => {
    const place = placeOf(['a', 'b'], ({ lock }, host) => {
      if (lock === 'take') return host === 'a' ? { state: 'taken' } : { ...HELD, machine: 'elsewhere' }
      return { state: 'released' }
    })
    const change = { work: async () => undefined, entriesOf: () => ({}) }
    await expect(withClusterLock(place, OPERATOR, change)).rejects.toThrow('is locked by ann on elsewhere')
    expect(place.questions.at(-1)?.variables).toMatchObject({ weave_operator: { lock: 'release' } })
  })

  it('is given back when it was being taken as Ctrl-C came', async () => {
    const place = placeOf(['a', 'b'], ({ lock }) => {
      if (lock === 'take') throw new Interrupted()
      return { state: 'released' }
    })
    const change = { work: async () => undefined, entriesOf: () => ({}) }
    await expect(withClusterLock(place, OPERATOR, change)).rejects.toThrow(Interrupted)
    expect(place.questions.at(-1)?.variables).toMatchObject({ weave_operator: { lock: 'release', holder: OPERATOR } })
  })

  it('is given back when the work fails', async () => {
    const place = placeOf(['a'], () => ({ state: 'taken' }))
    const work = async () => {
      throw new Error('broken')
    }
    await expect(withClusterLock(place, OPERATOR, { work, entriesOf: () => ({}) })).rejects.toThrow('broken')
    expect(place.questions.at(-1)?.variables).toMatchObject({ weave_operator: { lock: 'release' } })
  })
})

interface Asked {
  readonly lock: string
}

/** Hosts that answer what `say` says; one of which it says nothing does not answer. */
function placeOf(keepers: readonly string[], say: (asked: Asked, host: string) => Partial<HostLock> | undefined) {
  const questions: Question[] = []
  const ask = async (question: Question) => {
    questions.push(question)
    const asked = question.variables.weave_operator as Asked
    const answers = question.hosts.flatMap(host => {
      const lock = say(asked, host)
      return lock === undefined ? [] : [[host, { value: { lock }, at: 0 }] as const]
    })
    return { answers: new Map(answers), problems: new Map(), notices: [] }
  }
  return { ask, group: 'weave', keepers, questions }
}
