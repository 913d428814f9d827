import { commandOf, type Outcome, runScenario, type ScenarioOptions } from './scenario.ts'
import { appendSeed } from './seed-file.ts'

const USAGE = `usage: npm run simulate -- [--seed N] [--hosts N] [--plain | --sites] [--certified] [--trace]
       npm run simulate:soak -- [--seed N] [--hosts N] [--plain | --sites] [--certified]
--plain: no gateways, narrow wires, moves, replaced and copied hosts, and no containers
--sites: no copied hosts, and no containers
--certified: no open clusters
A seed that fails is written to test/simulation/seeds.json, and stays there.`

interface Arguments {
  seed: number
  hosts: number | undefined
  isTraced: boolean
  isSoak: boolean
  faults: ScenarioOptions['faults']
  isCertified: boolean
}

const parsed = parseArguments(process.argv.slice(2))
if (parsed === undefined) {
  console.error(USAGE)
  process.exitCode = 2
} else if (parsed.isSoak) soak(parsed)
else runOne(parsed)

function runOne(words: Arguments): void {
  const startedAt = performance.now()
  const options = optionsOf(words, words.seed)
  const outcome = runScenario(options)
  console.log(summaryOf(outcome, performance.now() - startedAt))
  console.log(outcome.story.map(line => `  ${line}`).join('\n'))
  if (words.isTraced) console.log(outcome.trace)
  if (keep(outcome, options)) process.exitCode = 1
}

/** Runs until it is interrupted. */
function soak(words: Arguments): void {
  for (let next = words.seed; ; next++) {
    const options = optionsOf(words, next)
    const startedAt = performance.now()
    const outcome = runScenario(options)
    console.log(summaryOf(outcome, performance.now() - startedAt))
    keep(outcome, options)
  }
}

/** True when the run failed. */
function keep(outcome: Outcome, options: ScenarioOptions): boolean {
  if (outcome.failure === undefined) return false
  console.error(`seed ${outcome.seed} breaks: ${outcome.failure.detail}\nonce more: ${commandOf(options)}`)
  appendSeed({ ...options, reason: outcome.failure.invariant })
  return true
}

function summaryOf(outcome: Outcome, tookMs: number): string {
  const { seed, hosts, topology, isOpen, virtualMs, convergedAfterMs, events, failure } = outcome
  const rate = (hosts * virtualMs) / tookMs
  const end = failure === undefined ? `converged ${convergedAfterMs} ms after the last fault` : 'FAILED'
  const size = `${hosts} hosts, ${topology}${isOpen ? ', open' : ''}, ${(virtualMs / 1000).toFixed(0)} virtual s, ${events} events`
  return `seed ${seed}: ${size} in ${(tookMs / 1000).toFixed(1)} s (${rate.toFixed(0)} router seconds a second): ${end}`
}

function optionsOf({ hosts, faults, isCertified }: Arguments, seed: number): ScenarioOptions {
  return {
    seed,
    ...(hosts === undefined ? {} : { hosts }),
    ...(faults === undefined ? {} : { faults }),
    ...(isCertified ? { membership: 'certified' as const } : {}),
  }
}

function parseArguments(words: readonly string[]): Arguments | undefined {
  const found: Arguments = {
    seed: Date.now() % 1_000_000_000,
    hosts: undefined,
    isTraced: false,
    isSoak: false,
    faults: undefined,
    isCertified: false,
  }
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (word === '--trace') found.isTraced = true
    else if (word === '--soak') found.isSoak = true
    else if (word === '--plain') found.faults = 'plain'
    else if (word === '--sites') found.faults = 'sites'
    else if (word === '--certified') found.isCertified = true
    else if (word === '--seed' || word === '--hosts') {
      const value = Number(words[++i])
      if (!Number.isSafeInteger(value) || value < (word === '--hosts' ? 2 : 0)) return undefined
      if (word === '--seed') found.seed = value
      else found.hosts = value
    } else return undefined
  }
  return found
}
