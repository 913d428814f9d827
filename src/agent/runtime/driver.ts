import type { Input, Output, Reach, RouterMachine, RouterStatus } from '../../core/router/index.ts'

/** What `setTimeout` can hold. */
const TIMER_MS_MAX = 2 ** 31 - 1

export interface DriverOptions {
  readonly router: RouterMachine
  /** May call `handle` again; its input is taken up after the outputs at hand. */
  readonly perform: (output: Output) => void
  readonly clock: () => number
}

/** Runs the router: each input, and each deadline reached, is handled, its outputs are performed, and one timer is set anew. */
export class Driver {
  readonly #options: DriverOptions
  readonly #waiting: Input[] = []
  #timer: NodeJS.Timeout | undefined
  #isRunning = false
  #isStopped = false

  constructor(options: DriverOptions) {
    this.#options = options
  }

  /** Call once, when whatever `perform` needs is there. */
  start(): void {
    this.#settle(now => this.#options.router.advance(now))
  }

  handle(input: Input): void {
    if (this.#isStopped) return
    this.#waiting.push(input)
    if (this.#isRunning) return
    this.#settle(() => undefined)
  }

  /** The router takes its leave of its neighbours; nothing is handled afterwards. */
  stop(): void {
    this.handle({ kind: 'stop' })
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  status(): RouterStatus {
    return this.#options.router.status(this.#options.clock())
  }

  get reach(): Reach {
    return this.#options.router.reach
  }

  #settle(first: (now: number) => void): void {
    const { router, clock, perform } = this.#options
    this.#isRunning = true
    try {
      first(clock())
      do {
        const input = this.#waiting.shift()
        if (input !== undefined) router.handle(input, clock())
        for (const output of router.drain()) perform(output)
      } while (this.#waiting.length > 0)
    } finally {
      this.#isRunning = false
    }
    this.#arm()
  }

  #arm(): void {
    clearTimeout(this.#timer)
    const { router, clock } = this.#options
    const deadline = router.deadline
    if (deadline === undefined || this.#isStopped || deadline.at === Number.POSITIVE_INFINITY) return
    const inMs = Math.min(Math.max(Math.ceil(deadline.at - clock()), 0), TIMER_MS_MAX)
    this.#timer = setTimeout(() => this.start(), inMs)
  }
}
