import { jest } from '@jest/globals'
import { Driver } from '../../../../src/agent/runtime/driver.ts'
import type { Input, Output, RouterMachine, RouterStatus } from '../../../../src/core/router/index.ts'
import { NO_SIZES } from '../table-sizes.ts'

const STOP: Input = { kind: 'stop' }
/** So long what is to come after all that can be read takes by the clock of these tests. */
const READING_MS = 1

describe('the driver', () => {
  beforeEach(() => jest.useFakeTimers({ now: 0 }))
  afterEach(() => jest.useRealTimers())

  it('performs what the router wants after each input', () => {
    const { driver, router, performed } = createDriver()
    router.react = () => [log('one'), log('two')]
    driver.handle(STOP)
    expect(performed).toEqual(['one', 'two'])
  })

  it('takes up input that came while it performed only afterwards', () => {
    const { driver, router, performed, onPerform } = createDriver()
    router.react = input => (input.kind === 'stop' ? [log('first'), log('second')] : [log('third')])
    onPerform(message => {
      if (message === 'first') driver.handle({ kind: 'connect', targets: [], replace: false })
    })
    driver.handle(STOP)
    expect(performed).toEqual(['first', 'second', 'third'])
  })

  it('wakes the router at its deadline, and again at the next', () => {
    const { driver, router } = createDriver()
    router.deadlines.push(100, 250)
    driver.start()
    jest.advanceTimersByTime(1000)
    expect(router.advancedAt).toEqual([0, 100 + READING_MS, 250 + READING_MS])
  })

  it('hands over what has come before it says how long nothing has', () => {
    const { driver, router } = createDriver()
    router.deadlines.push(100)
    driver.start()
    jest.setSystemTime(5_000)
    jest.advanceTimersToNextTimer()
    expect(router.heardUntil).toEqual([0])
    driver.handle(STOP)
    jest.advanceTimersToNextTimer()
    expect(router.heardUntil).toEqual([0, 5_100])
  })

  it('has links kept while more and more comes, and the rest once it is read', () => {
    const { driver, router } = createDriver()
    router.deadlines.push(100)
    driver.start()
    for (let at = 0; at <= 1_000; at += 50) {
      jest.setSystemTime(at)
      driver.handle(STOP)
    }
    expect(router.keptAt).toEqual([350, 600, 850])
    expect(router.advancedAt).toEqual([0])
    jest.runOnlyPendingTimers()
    jest.runOnlyPendingTimers()
    expect(router.advancedAt).toHaveLength(2)
  })

  it('keeps one timer: an earlier deadline replaces a later', () => {
    const { driver, router } = createDriver()
    router.deadlines.push(1000)
    driver.start()
    router.deadlines.unshift(10)
    driver.handle(STOP)
    expect(jest.getTimerCount()).toBe(1)
    jest.advanceTimersByTime(10 + READING_MS)
    expect(router.advancedAt).toEqual([0, 10 + READING_MS])
  })

  it('does nothing after it is stopped, but lets the router take its leave', () => {
    const { driver, router, performed } = createDriver()
    router.deadlines.push(10)
    router.react = () => [log('farewell')]
    driver.start()
    driver.stop()
    driver.handle(STOP)
    jest.advanceTimersByTime(1000)
    expect(performed).toEqual(['farewell'])
    expect(router.advancedAt).toEqual([0])
  })
})

class FakeRouter implements RouterMachine {
  /** Reached ones are dropped. */
  readonly deadlines: number[] = []
  react: (input: Input) => Output[] = () => []
  readonly advancedAt: number[] = []
  readonly heardUntil: number[] = []
  readonly keptAt: number[] = []
  #outputs: Output[] = []

  get deadline(): RouterMachine['deadline'] {
    const [at] = this.deadlines
    return at === undefined ? undefined : { at, reason: 'a test' }
  }

  handle(input: Input): void {
    this.#outputs.push(...this.react(input))
  }

  keepLinks(now: number): void {
    this.keptAt.push(now)
  }

  advance(now: number, heardUntil: number): void {
    this.advancedAt.push(now)
    this.heardUntil.push(heardUntil)
    while ((this.deadlines[0] ?? Number.POSITIVE_INFINITY) <= now) this.deadlines.shift()
  }

  drain(): Output[] {
    return this.#outputs.splice(0)
  }

  readonly reach = { reachable: 1, all: 1 }
  readonly sizes = NO_SIZES

  status(): RouterStatus {
    throw new Error('not asked for in these tests')
  }
}

function createDriver() {
  const router = new FakeRouter()
  const performed: string[] = []
  let listener: (message: string) => void = () => undefined
  const startedAt = Date.now()
  const perform = (output: Output) => {
    if (output.kind !== 'log') return
    performed.push(output.message)
    listener(output.message)
  }
  const driver = new Driver({ router, perform, clock: () => Date.now() - startedAt })
  const onPerform = (listen: typeof listener) => {
    listener = listen
  }
  return { driver, router, performed, onPerform }
}

function log(message: string): Output {
  return { kind: 'log', level: 'info', message, fields: {} }
}
