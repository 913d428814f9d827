import { type Outcome, runScenario } from './scenario.ts'
import { appendSeed } from './seed-file.ts'

const USAGE = 'usage: npm run simulate -- [--seed N] [--hosts N] [--trace]\n       npm run simulate:soak -- [--hosts N]'

interface Arguments {
  seed: number
  hosts: number | undefined
  isTraced: boolean
  isSoak: boolean
}

const parsed = parseArguments(process.argv.slice(2))
if (parsed === undefined) {
  console.error(USAGE)
  process.exitCode = 2
} else if (parsed.isSoak) soak(parsed)
else runOne(parsed)

function runOne({ seed, hosts, isTraced }: Arguments): void {
  const startedAt = performance.now()
  const outcome = runScenario(optionsOf(seed, hosts))
  console.log(summaryOf(outcome, performance.now() - startedAt))
  console.log(outcome.story.map(line => `  ${line}`).join('\n'))
  if (isTraced) console.log(outcome.trace)
  if (outcome.failure === undefined) return
  console.error(failureOf(outcome, hosts))
  process.exitCode = 1
}

/** Runs until it is interrupted. */
function soak({ seed, hosts }: Arguments): void {
  for (let next = seed; ; next++) {
    const startedAt = performance.now()
    const outcome = runScenario(optionsOf(next, hosts))
    console.log(summaryOf(outcome, performance.now() - startedAt))
    if (outcome.failure === undefined) continue
    console.error(failureOf(outcome, hosts))
    appendSeed({ ...optionsOf(next, hosts), reason: outcome.failure.invariant })
  }
}

function summaryOf(outcome: Outcome, tookMs: number): string {
  const { seed, hosts, topology, virtualMs, convergedAfterMs, events, failure } = outcome
  const rate = (hosts * virtualMs) / tookMs
  const end = failure === undefined ? `converged ${convergedAfterMs} ms after the last fault` : 'FAILED'
  const size = `${hosts} hosts, ${topology}, ${(virtualMs / 1000).toFixed(0)} virtual s, ${events} events`
  return `seed ${seed}: ${size} in ${(tookMs / 1000).toFixed(1)} s (${rate.toFixed(0)} router seconds a second): ${end}`
}

function failureOf({ seed, failure }: Outcome, hosts: number | undefined): string {
  const again = `npm run simulate -- --seed ${seed}${hosts === undefined ? '' : ` --hosts ${hosts}`} --trace`
  return `seed ${seed} breaks: ${failure?.detail}\nonce more: ${again}`
}

function optionsOf(seed: number, hosts: number | undefined): { seed: number; hosts?: number } {
  return hosts === undefined ? { seed } : { seed, hosts }
}

function parseArguments(words: readonly string[]): Arguments | undefined {
  const found: Arguments = { seed: Date.now() % 1_000_000_000, hosts: undefined, isTraced: false, isSoak: false }
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (word === '--trace') found.isTraced = true
    else if (word === '--soak') found.isSoak = true
    else if (word === '--seed' || word === '--hosts') {
      const value = Number(words[++i])
      if (!Number.isSafeInteger(value) || value < (word === '--hosts' ? 2 : 0)) return undefined
      if (word === '--seed') found.seed = value
      else found.hosts = value
    } else return undefined
  }
  return found
}
