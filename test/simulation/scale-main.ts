import { readFileSync, writeFileSync } from 'node:fs'
import { measureScale } from './scale-figures.ts'
import { sectionOf, withSection } from './scale-page.ts'
import { describeScale } from './scale-report.ts'

const USAGE = 'usage: npm run simulate:scale -- [--hosts N] [--seed N] [--write]'
const PAGE = 'docs/scale.md'

interface Arguments {
  hosts: number
  seed: number
  isWritten: boolean
}

const parsed = parseArguments(process.argv.slice(2))
if (parsed === undefined) {
  console.error(USAGE)
  process.exitCode = 2
} else measure(parsed)

function measure({ hosts, seed, isWritten }: Arguments): void {
  const startedAt = performance.now()
  const figures = measureScale(hosts, seed, text =>
    console.error(`${((performance.now() - startedAt) / 1000).toFixed(0)} s: ${text}`),
  )
  const page = readFileSync(PAGE, 'utf8')
  const section = describeScale(figures, seed, sectionOf(page, 'simulated'))
  console.log(section)
  if (isWritten) writeFileSync(PAGE, withSection(page, 'simulated', section))
}

function parseArguments(words: readonly string[]): Arguments | undefined {
  const found: Arguments = { hosts: 1_000, seed: 1, isWritten: false }
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (word === '--scale') continue
    if (word === '--write') found.isWritten = true
    else if (word === '--hosts' || word === '--seed') {
      const value = Number(words[++i])
      if (!Number.isSafeInteger(value) || value < (word === '--hosts' ? 2 : 0) || value > 4_000) return undefined
      if (word === '--hosts') found.hosts = value
      else found.seed = value
    } else return undefined
  }
  return found
}
