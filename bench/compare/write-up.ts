import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Candidate } from './candidate.ts'
import { drawChart } from './chart.ts'
import { CONGESTION_CONTROL } from './measures.ts'
import { computeRatios } from './ratios.ts'
import { formatCell, MEASURES, type Measure, type Results } from './results.ts'

export interface WriteUp {
  readonly folder: string
  readonly rounds: number
  readonly candidates: readonly Candidate[]
  readonly results: Results
}

/** `results.json`, `results.md` and a chart for each measure and condition. */
export function writeResults(run: WriteUp): string {
  const { folder, results, rounds } = run
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const machine = describeMachine()
  const ratios = computeRatios(results)
  const json = { machine, congestionControl: CONGESTION_CONTROL, rounds, ratios, cells: results.cells }
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(json, undefined, 2)}\n`)
  for (const { measure, condition } of conditionsOf(results)) {
    const cells = results.cells.filter(cell => cell.measure === measure && cell.condition === condition)
    const name = `${measure}-${condition.replace(/[^a-z0-9]+/gi, '-')}.svg`
    writeFileSync(join(folder, name), drawChart(measure, condition, cells))
  }
  const text = formatReport(run, machine)
  writeFileSync(join(folder, 'results.md'), text)
  return text
}

function describeMachine(): string {
  const [first] = cpus()
  const system = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux'
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} × ${first?.model.trim()}, ${gigabytes} GiB, ${system}, kernel ${release()}`
}

function formatReport({ candidates, results, rounds }: WriteUp, machine: string): string {
  const ratios = computeRatios(results).map(
    ({ title, goal, value, isReached }) => `| ${title} | ${goal} | ${value.toFixed(2)} | ${isReached ? 'yes' : 'no'} |`,
  )
  const about = candidates.map(({ name, about }) => `- **${name}**: ${about}`)
  return `# Comparison

${machine}. All ends, relays and the load share these cores: read the figures as ratios. ${rounds} interleaved rounds; each cell is the
median (least–most), with a star for each round in which the machine was busy with something else. TCP uses ${CONGESTION_CONTROL}.

${about.join('\n')}

| ratio | goal | measured | reached |
|---|---|---|---|
${ratios.join('\n')}

${tables(candidates, results).join('\n\n')}
`
}

function tables(candidates: readonly Candidate[], results: Results): readonly string[] {
  const measures = [...new Set(conditionsOf(results).map(({ measure }) => measure))]
  return measures.map(measure => {
    const conditions = conditionsOf(results).flatMap(one => (one.measure === measure ? [one.condition] : []))
    const rows = candidates.map(({ name }) => {
      return `| ${name} | ${conditions.map(condition => formatCell(results.cell(name, measure, condition))).join(' | ')} |`
    })
    const { title, unit } = MEASURES[measure]
    const head = `| ${title}, ${unit} | ${conditions.join(' | ')} |\n|${'---|'.repeat(conditions.length + 1)}`
    return `${head}\n${rows.join('\n')}`
  })
}

function conditionsOf(results: Results): readonly { readonly measure: Measure; readonly condition: string }[] {
  const seen = new Map(
    results.cells.map(({ measure, condition }) => [`${measure}/${condition}`, { measure, condition }]),
  )
  return [...seen.values()]
}
