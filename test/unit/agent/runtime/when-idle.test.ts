import { jest } from '@jest/globals'
import { type Leisure, wheneverIdle, whenIdle } from '../../../../src/agent/runtime/when-idle.ts'

describe('what can wait', () => {
  beforeEach(() => jest.useFakeTimers())
  afterEach(() => jest.useRealTimers())

  it('is done once, when its time has come and the host is idle', () => {
    const { acted, host } = begin()
    jest.advanceTimersByTime(3_499)
    expect(acted()).toBe(0)
    jest.advanceTimersByTime(1_000)
    expect(acted()).toBe(0)
    host.isBusy = false
    jest.advanceTimersByTime(60_000)
    expect(acted()).toBe(1)
  })

  it('waits for the next calm when the host was idle for a moment only', () => {
    const { acted, host } = begin()
    jest.advanceTimersByTime(10_000)
    for (let i = 0; i < 5; i++) {
      host.isBusy = false
      jest.advanceTimersByTime(1_000)
      host.isBusy = true
      jest.advanceTimersByTime(1_000)
    }
    expect(acted()).toBe(0)
    host.isBusy = false
    jest.advanceTimersByTime(2_000)
    expect(acted()).toBe(1)
  })

  it('is done at the latest on a host that is never idle', () => {
    const { acted } = begin()
    jest.advanceTimersByTime(59_999)
    expect(acted()).toBe(0)
    jest.advanceTimersByTime(1)
    expect(acted()).toBe(1)
  })

  it('may be done at the first calm look, of looks that are closer together', () => {
    const { acted, host } = begin({ afterMs: 20, lookEveryMs: 20, calmLooks: 1 })
    jest.advanceTimersByTime(119)
    host.isBusy = false
    expect(acted()).toBe(0)
    jest.advanceTimersByTime(1)
    expect(acted()).toBe(1)
  })

  it('is not done when it was given up', () => {
    const { acted, timer } = begin()
    clearInterval(timer)
    jest.advanceTimersByTime(120_000)
    expect(acted()).toBe(0)
  })
})

describe('what can wait, and comes again', () => {
  beforeEach(() => jest.useFakeTimers())
  afterEach(() => jest.useRealTimers())

  it('is done each time while the host is idle, and seldom while it is busy', () => {
    let count = 0
    const host = { isBusy: false }
    const timer = wheneverIdle({ everyMs: 4_000, latestMs: 60_000, isBusy: () => host.isBusy }, () => count++)
    const doneIn = (ms: number) => {
      const before = count
      jest.advanceTimersByTime(ms)
      return count - before
    }
    expect(doneIn(40_000)).toBe(10)
    host.isBusy = true
    expect([56_000, 4_000, 56_000, 4_000].map(doneIn)).toEqual([0, 1, 0, 1])
    host.isBusy = false
    expect(doneIn(4_000)).toBe(1)
    clearInterval(timer)
    expect(doneIn(120_000)).toBe(0)
  })
})

function begin(wish: Partial<Leisure> = {}) {
  let count = 0
  const host = { isBusy: true }
  const timer = whenIdle({ afterMs: 3_500, latestMs: 60_000, isBusy: () => host.isBusy, ...wish }, () => count++)
  return { acted: () => count, host, timer }
}
