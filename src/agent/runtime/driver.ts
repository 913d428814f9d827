import type { Input, Output, Reach, RouterMachine, RouterStatus } from '../../core/router/index.ts'

/** What `setTimeout` can hold. */
const TIMER_MS_MAX = 2 ** 31 - 1
/** What has come may keep this thread busy for seconds: what is due waits for no longer than this, and for the input in hand. */
const LATE_MAX_MS = 250

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
  #reading: NodeJS.Immediate | undefined
  #deadline = Number.POSITIVE_INFINITY
  #tendedAt = Number.NEGATIVE_INFINITY
  #isRunning = false
  #isStopped = false

  constructor(options: DriverOptions) {
    this.#options = options
  }

  /** Call once, when whatever `perform` needs is there. */
  start(): void {
    this.#advance(this.#options.clock())
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
    clearImmediate(this.#reading)
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
        if (input !== undefined) this.#handle(input)
        for (const output of router.drain()) perform(output)
      } while (this.#waiting.length > 0)
    } finally {
      this.#isRunning = false
    }
    this.#arm()
  }

  #handle(input: Input): void {
    const { router, clock } = this.#options
    const now = clock()
    router.handle(input, now)
    if (now < Math.max(this.#deadline, this.#tendedAt) + LATE_MAX_MS) return
    this.#tendedAt = now
    router.keepLinks(now)
  }

  /** `heardUntil`: all that had come until then is handled. */
  #advance(heardUntil: number): void {
    this.#settle(now => this.#options.router.advance(now, heardUntil))
  }

  /** What has come meanwhile is read first: a host that was away for seconds must not take for silent who has written to it. */
  #due(): void {
    const dueAt = this.#options.clock()
    this.#reading = setImmediate(() => {
      this.#reading = undefined
      this.#advance(dueAt)
    })
  }

  #arm(): void {
    clearTimeout(this.#timer)
    const { router, clock } = this.#options
    this.#deadline = router.deadline?.at ?? Number.POSITIVE_INFINITY
    if (this.#reading !== undefined || this.#isStopped || this.#deadline === Number.POSITIVE_INFINITY) return
    const inMs = Math.min(Math.max(Math.ceil(this.#deadline - clock()), 0), TIMER_MS_MAX)
    this.#timer = setTimeout(() => this.#due(), inMs)
  }
}
