import type { SeededRandom } from '../simulation/random.ts'
import { mutate } from './mutate.ts'

/** Inputs run between two looks at the coverage: a look costs more than many runs. */
const BATCH = 64
/** An input that takes longer is a failure: so little must not cost so much. */
export const SLOW_MS = 1_000
const FAILURES_MAX = 20
const NEWEST = 4

export interface FuzzFailure {
  readonly input: Uint8Array
  readonly error: string
}

export interface EngineOptions {
  /** Throws when the input shows a bug. */
  readonly run: (input: Uint8Array) => void
  readonly inputs: readonly Uint8Array[]
  readonly random: SeededRandom
  /** What was reached since the last call. */
  readonly reached: () => readonly string[]
  /** Milliseconds. */
  readonly clock: () => number
}

/** Mutates inputs, and keeps those that reach what none before did. */
export class FuzzEngine {
  readonly failures: FuzzFailure[] = []
  /** Inputs that reached something first, in the order in which they were found. */
  readonly kept: Uint8Array[] = []
  runs = 0
  readonly #options: EngineOptions
  readonly #reached = new Set<string>()

  constructor(options: EngineOptions) {
    this.#options = options
    options.reached()
    for (const input of [...options.inputs, new Uint8Array(0)]) this.#tryAlone(input)
  }

  get reached(): number {
    return this.#reached.size
  }

  /** One batch. */
  round(): void {
    const { random, reached } = this.#options
    const batch = Array.from({ length: BATCH }, () => mutate(this.#pick(), this.#pick(), random))
    for (const input of batch) this.#run(input)
    if (!this.#isNews(reached())) return
    for (const input of batch) this.#tryAlone(input)
  }

  /** Half of the time one of those found last: what they lead to was not tried yet. */
  #pick(): Uint8Array {
    const { random, inputs } = this.#options
    const all = this.kept.length > 0 ? this.kept : inputs
    return random.pick(random.chance(0.5) ? all.slice(-NEWEST) : all) ?? new Uint8Array(0)
  }

  #tryAlone(input: Uint8Array): void {
    this.#run(input)
    const reached = this.#options.reached()
    if (!this.#isNews(reached)) return
    for (const place of reached) this.#reached.add(place)
    this.kept.push(input)
  }

  #isNews(reached: readonly string[]): boolean {
    return reached.some(place => !this.#reached.has(place))
  }

  #run(input: Uint8Array): void {
    const { run, clock } = this.#options
    const startedAt = clock()
    this.runs++
    try {
      run(Uint8Array.from(input))
    } catch (error) {
      this.#failed(input, error instanceof Error ? `${error.stack}` : String(error))
    }
    const tookMs = clock() - startedAt
    if (tookMs > SLOW_MS) this.#failed(input, `took ${tookMs.toFixed(0)} ms`)
  }

  #failed(input: Uint8Array, error: string): void {
    const isKnown = this.failures.some(failure => firstLine(failure.error) === firstLine(error))
    if (!isKnown && this.failures.length < FAILURES_MAX) this.failures.push({ input, error })
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
