import type { Endpoint } from '../../../../src/base/endpoint.ts'
import {
  ABSENCES_MAX,
  ConnectionMaker,
  type DialBounds,
  FRESH_MS,
  LOOK_AGAIN_MS,
  RETRY_MAX_MS,
  STABLE_AFTER_MS,
  type Target,
} from '../../../../src/core/mesh/connection-maker.ts'
import { SeededRandom } from '../../../simulation/random.ts'

const target = { ip: '10.0.0.1', port: 6783 }
const never = () => false
const BOUNDS = { open: 4, fresh: 4 }

describe('the connection maker', () => {
  it('dials a target once at a time', () => {
    const maker = makerOf()
    maker.connect([target], 0)
    expect(maker.due(0, never, BOUNDS)).toEqual([target])
    expect(maker.due(0, never, BOUNDS)).toEqual([])
  })

  it('waits longer after each failure, but never longer than the limit (PEER-06)', () => {
    const maker = makerOf()
    maker.connect([target], 0)
    const pauses: number[] = []
    let now = 0
    for (let i = 0; i < 12; i++) {
      maker.due(now, never, BOUNDS)
      maker.failed(target, { reason: 'refused' }, now)
      pauses.push(maker.deadline - now)
      now = maker.deadline
    }
    expect(pauses[3]).toBeGreaterThan(pauses[0]!)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(RETRY_MAX_MS)
  })

  it('comes back soon, and only then less often, where nobody listens yet', () => {
    const maker = makerOf()
    maker.connect([target], 0)
    let now = 0
    const fail = () => {
      maker.due(now, never, BOUNDS)
      maker.failed(target, { reason: 'connection refused', isAbsent: true }, now)
      const pause = maker.deadline - now
      now = maker.deadline
      return pause
    }
    const pauses = Array.from({ length: ABSENCES_MAX }, fail)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(500)
    const later = Array.from({ length: 12 }, fail)
    expect(later).toEqual([...later].sort((a, b) => a - b))
    expect(later.at(-1)).toBeGreaterThan(1000)
    expect(later.at(-1)).toBeLessThanOrEqual(RETRY_MAX_MS)
  })

  it('waits longer for a target whose links end soon after they came up, and not for one whose link lasted', () => {
    const maker = makerOf()
    maker.connect([target], 0)
    const pauseAfter = (upAt: number, downAt: number) => {
      maker.succeeded(target, upAt)
      maker.failed(target, { reason: 'refused' }, downAt)
      return (maker.targets[0]?.retryAt ?? 0) - downAt
    }
    const pauses = [pauseAfter(0, 10), pauseAfter(20, 30), pauseAfter(40, 50)]
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b))
    expect(new Set(pauses).size).toBe(3)
    expect(pauseAfter(60, 60 + STABLE_AFTER_MS)).toBeCloseTo(pauses[0] ?? 0, 6)
  })

  it('dials without delay when the operator connects to a target that is waiting (CLI-04)', () => {
    const maker = makerOf()
    maker.connect([target], 0)
    maker.due(0, never, BOUNDS)
    maker.failed(target, { reason: 'refused' }, 0)
    maker.connect([target], 1)
    expect(maker.due(1, never, BOUNDS)).toEqual([target])
  })

  it('opens only a part of the dials before it knows whether they are answered, and the others when they are not', () => {
    const maker = makerOf()
    maker.connect(
      [1, 2, 3, 4, 5].map(last => ({ ip: `10.0.0.${last}`, port: 6783 })),
      0,
    )
    const bounds = { open: 3, fresh: 2 }
    const dialled = maker.due(0, never, bounds)
    expect(dialled).toHaveLength(2)
    const later = maker.deadline
    expect(later).toBeGreaterThan(FRESH_MS)
    expect(later).toBeLessThanOrEqual(LOOK_AGAIN_MS)
    expect(maker.due(later, never, bounds)).toHaveLength(1)
    for (const target of dialled) maker.dialled(target, later)
    expect(maker.due(later + LOOK_AGAIN_MS, never, { open: 9, fresh: 2 })).toHaveLength(2)
  })

  it('comes to those that it never tried as soon as dials that hang are over, before it tries again what failed', () => {
    const maker = makerOf()
    const all = [1, 2, 3, 4, 5, 6].map(last => ({ ip: `10.0.0.${last}`, port: 6783 }))
    maker.discover(all, 0)
    const tried = dialledInVain(maker, { open: 2, fresh: 2 }, all.length)
    expect(new Set(tried).size).toBe(all.length)
  })

  it('leaves alone what a link satisfies', () => {
    const maker = makerOf()
    maker.connect([target], 0)
    expect(maker.due(0, () => true, BOUNDS)).toEqual([])
    expect(maker.deadline).toBe(LOOK_AGAIN_MS)
  })

  it('forgets discovered addresses that are gone, and keeps configured ones (CLI-05)', () => {
    const maker = makerOf()
    const discovered = { ip: '10.0.0.2', port: 6783 }
    maker.connect([target], 0)
    maker.discover([discovered], 0)
    maker.discover([], 0)
    expect(maker.targets.map(known => known.endpoint)).toEqual([target])
    maker.forget([target])
    expect(maker.configured).toEqual([])
  })

  it('dials no more what was forgotten, also when that was while it dialled, unless it is discovered (CLI-05)', () => {
    const [found, open] = [
      { ip: '10.0.0.2', port: 6783 },
      { ip: '10.0.0.3', port: 6783 },
    ]
    const maker = makerOf()
    maker.discover([found], 0)
    maker.connect([target, found, open], 0)
    expect(maker.due(0, never, { open: 3, fresh: 3 })).toHaveLength(3)
    maker.failed(found, { reason: 'refused' }, 0)
    maker.forget([target, found, open])
    maker.succeeded(open, 0)
    maker.failed(target, { reason: 'refused' }, 0)
    expect(maker.targets.map(({ endpoint }) => endpoint)).toEqual([found])
    expect(maker.due(60_000, never, { open: 3, fresh: 3 })).toEqual([found])
    // The dials that ended are counted as ended.
    maker.connect([target, open], 60_000)
    expect(maker.due(60_000, never, { open: 3, fresh: 3 })).toHaveLength(2)
  })

  it('takes a discovered address for a target once it needs a dial, and as long as anything is held against it', () => {
    const maker = makerOf()
    const others = Array.from({ length: 300 }, (_, i) => ({ ip: `10.0.${i >> 8}.${i & 255}`, port: 6783 }))
    const [first] = others
    if (first === undefined) throw new Error('no address')
    maker.discover(others, 0)
    expect(maker.due(0, () => true, BOUNDS)).toEqual([])
    expect(maker.targets).toEqual([])
    const lookAgainAt = maker.deadline
    expect(lookAgainAt).toBeGreaterThan(LOOK_AGAIN_MS)
    const butFirst = ({ endpoint }: Pick<Target, 'endpoint'>) => endpoint.ip !== first.ip
    expect(maker.due(lookAgainAt - 1, butFirst, BOUNDS)).toEqual([])
    maker.reconsider(lookAgainAt - 1)
    expect(maker.due(lookAgainAt - 1, butFirst, BOUNDS)).toEqual([first])
    expect(maker.targets.map(({ endpoint }) => endpoint)).toEqual([first])
    maker.failed(first, { reason: 'no answer' }, lookAgainAt)
    const retryAt = maker.deadline
    expect(maker.due(retryAt, () => true, BOUNDS)).toEqual([])
    expect(maker.targets).toMatchObject([{ failures: 1, lastError: 'no answer' }])
    maker.discover(others.slice(1), retryAt)
    expect(maker.targets).toEqual([])
  })

  it('comes back to a target of the operator that failed though many others were never tried', () => {
    const random = new SeededRandom(1)
    const maker = new ConnectionMaker(length => random.bytes(length))
    const others = Array.from({ length: 500 }, (_, i) => ({ ip: `10.0.${1 + (i >> 8)}.${i & 255}`, port: 6783 }))
    maker.connect([target], 0)
    maker.due(0, never, { open: 1, fresh: 1 })
    maker.failed(target, { reason: 'refused' }, 0)
    maker.discover(others, 0)
    const dialled: string[] = []
    for (let now = 1_000; now < 31_000; now += 1_000) {
      for (const endpoint of maker.due(now, never, { open: 1, fresh: 1 })) {
        dialled.push(endpoint.ip)
        maker.failed(endpoint, { reason: 'no answer' }, now)
      }
    }
    const times = dialled.filter(ip => ip === target.ip).length
    expect({ isTried: times > 3, areOthers: dialled.length - times > 3 }).toEqual({ isTried: true, areOthers: true })
  })

  it('comes back to a discovered address that failed though no target of the operator answers', () => {
    const random = new SeededRandom(1)
    const maker = new ConnectionMaker(length => random.bytes(length))
    maker.discover([target], 0)
    maker.due(0, never, BOUNDS)
    maker.failed(target, { reason: 'nothing heard for 4 s' }, 0)
    maker.connect(
      Array.from({ length: 9 }, (_, i) => ({ ip: `10.0.1.${i}`, port: 6783 })),
      0,
    )
    const times = dialledInVain(maker, BOUNDS, 60).filter(ip => ip === target.ip).length
    expect({ isTried: times > 3, areOthers: times < 30 }).toEqual({ isTried: true, areOthers: true })
  })

  it('has a limited number of dials open', () => {
    const maker = makerOf()
    maker.discover(
      Array.from({ length: BOUNDS.open + 10 }, (_, i) => ({ ip: `10.0.1.${i}`, port: 6783 })),
      0,
    )
    expect(maker.due(0, never, BOUNDS)).toHaveLength(BOUNDS.open)
  })
})

/** The first `count` addresses that are dialled while each dial hangs. */
function dialledInVain(maker: ConnectionMaker, bounds: DialBounds, count: number): readonly string[] {
  const hanging: { readonly target: Endpoint; readonly endsAt: number }[] = []
  const dialled: string[] = []
  for (let now = 0; dialled.length < count; ) {
    while (hanging[0] !== undefined && hanging[0].endsAt <= now) {
      maker.failed(hanging.shift()?.target ?? target, { reason: 'timed out' }, now)
    }
    for (const target of maker.due(now, never, bounds)) {
      dialled.push(target.ip)
      hanging.push({ target, endsAt: now + 3_005 })
    }
    now = Math.min(maker.deadline, hanging[0]?.endsAt ?? Number.POSITIVE_INFINITY)
  }
  return dialled
}

function makerOf(): ConnectionMaker {
  return new ConnectionMaker(length => new Uint8Array(length).fill(128))
}
