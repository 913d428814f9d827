import { SeededRandom } from '../simulation/random.ts'
import { readCorpus } from './corpus.ts'
import { FuzzEngine } from './fuzz-engine.ts'
import { mutate } from './mutate.ts'
import { FUZZ_TARGETS } from './targets.ts'

const MUTANTS = 150
const ROUNDS_MAX = 1_500

describe('what takes bytes from the network', () => {
  it.each(FUZZ_TARGETS)('stands what the fuzzer has kept, and changes of it: $name', target => {
    const run = target.create()
    const inputs = [...target.seeds(), ...readCorpus(target.name), ...readCorpus(`${target.name}.failures`)]
    for (const input of inputs) run(Uint8Array.from(input))
    const random = new SeededRandom(2)
    for (let i = 0; i < MUTANTS; i++) {
      const [input, other] = [random.pick(inputs) ?? new Uint8Array(0), random.pick(inputs) ?? new Uint8Array(0)]
      run(mutate(input, other, random))
    }
  })
})

describe('the fuzzer', () => {
  it('finds what hides behind several bytes, one after the other, by what each of them reaches', () => {
    const engine = createEngine(maze('mesh'))
    for (let round = 0; round < ROUNDS_MAX && engine.failures.length === 0; round++) engine.round()
    expect(engine.failures.map(({ input }) => Buffer.from(input).toString().slice(0, 4))).toEqual(['mesh'])
    expect(engine.kept.length).toBeGreaterThanOrEqual(4)
  })

  it('does not find it without', () => {
    const { run } = maze('mesh')
    const engine = createEngine({ run, reached: () => [] })
    for (let round = 0; round < ROUNDS_MAX / 10; round++) engine.round()
    expect(engine.failures).toEqual([])
  })

  it('calls an input slow that takes more than a second, and tells each failure once', () => {
    let now = 0
    const engine = createEngine({ run: () => undefined, reached: () => [] }, () => (now += 600))
    const slow = createEngine({ run: () => undefined, reached: () => [] }, () => (now += 1_100))
    for (const one of [engine, slow]) one.round()
    expect(engine.failures).toEqual([])
    expect(slow.failures.map(({ error }) => error)).toEqual(['took 1100 ms'])
  })

  it('makes the same changes for the same seed', () => {
    const [one, other] = [1, 2].map(() => {
      const random = new SeededRandom(7)
      return Array.from({ length: 50 }, () => mutate(Uint8Array.of(1, 2, 3), Uint8Array.of(9), random))
    })
    expect(one).toEqual(other)
  })
})

interface Maze {
  readonly run: (input: Uint8Array) => void
  readonly reached: () => readonly string[]
}

/** Fails at the end of `way`, and tells how far an input came. */
function maze(way: string): Maze {
  let furthest = 0
  return {
    run(input) {
      const wrong = [...way].findIndex((letter, i) => input[i] !== letter.charCodeAt(0))
      furthest = Math.max(furthest, wrong < 0 ? way.length : wrong)
      if (wrong < 0) throw new Error('at the end')
    },
    reached() {
      const places = Array.from({ length: furthest + 1 }, (_, i) => `${i}`)
      furthest = 0
      return places
    },
  }
}

function createEngine({ run, reached }: Maze, clock = () => 0): FuzzEngine {
  return new FuzzEngine({ run, reached, clock, inputs: [Uint8Array.of(0, 0)], random: new SeededRandom(3) })
}
