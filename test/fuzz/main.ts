import { SeededRandom } from '../simulation/random.ts'
import { keepFailure, readCorpus, writeCorpus } from './corpus.ts'
import { Coverage } from './coverage.ts'
import { FuzzEngine } from './fuzz-engine.ts'
import { FUZZ_TARGETS, type FuzzTarget } from './targets.ts'

const USAGE = `usage: npm run fuzz -- [TARGET…] [--seconds N] [--seed N] [--keep]
--seconds: for each target (default 10)
--keep: writes the inputs that reached something first to test/fuzz/corpus
targets: ${FUZZ_TARGETS.map(({ name }) => name).join(' ')}`

interface Arguments {
  readonly targets: readonly FuzzTarget[]
  readonly seconds: number
  readonly seed: number
  readonly isKept: boolean
}

const parsed = parseArguments(process.argv.slice(2))
if (parsed === undefined) {
  console.error(USAGE)
  process.exitCode = 2
} else {
  const coverage = new Coverage(import.meta.url)
  for (const target of parsed.targets) if (!fuzz(target, coverage, parsed)) process.exitCode = 1
}

/** False when something was found. */
function fuzz(target: FuzzTarget, coverage: Coverage, { seconds, seed, isKept }: Arguments): boolean {
  const endsAt = performance.now() + seconds * 1000
  const engine = new FuzzEngine({
    run: target.create(),
    inputs: [...target.seeds(), ...readCorpus(target.name), ...readCorpus(`${target.name}.failures`)],
    random: new SeededRandom(seed),
    reached: () => coverage.reached(),
    clock: () => performance.now(),
  })
  const first = engine.reached
  while (performance.now() < endsAt && engine.failures.length === 0) engine.round()
  const rate = Math.round(engine.runs / seconds)
  const found = `${engine.reached} places (${first} at first), ${engine.kept.length} inputs`
  console.log(`${target.name.padEnd(16)} ${engine.runs} runs (${rate} a second), ${found}`)
  if (isKept) writeCorpus(target.name, engine.kept)
  for (const { input, error } of engine.failures) {
    console.error(`${target.name} fails with ${Buffer.from(input).toString('hex')}\n${error}`)
    keepFailure(target.name, input, error)
  }
  return engine.failures.length === 0
}

function parseArguments(words: readonly string[]): Arguments | undefined {
  const found = { seconds: 10, seed: Date.now() % 1_000_000_000, isKept: false }
  const targets: FuzzTarget[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    const target = FUZZ_TARGETS.find(({ name }) => name === word)
    if (target !== undefined) targets.push(target)
    else if (word === '--keep') found.isKept = true
    else if (word === '--seconds' || word === '--seed') {
      const value = Number(words[++i])
      if (!Number.isSafeInteger(value) || value < 0) return undefined
      found[word === '--seconds' ? 'seconds' : 'seed'] = value
    } else return undefined
  }
  return { ...found, targets: targets.length > 0 ? targets : FUZZ_TARGETS }
}
