import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Candidate } from './candidate.ts'
import { chartName, drawChart } from './chart.ts'
import { BOUND_LEGEND, describeRun } from './legend.ts'
import { CONGESTION_CONTROL } from './measures.ts'
import { computeRatios, formatRatio } from './ratios.ts'
import { type Origin, RECORD_FILE, type RunRecord } from './record.ts'
import { describeCell, type Failure, MEASURES, type Measure, type Results } from './results.ts'
import { smallBufferBytes } from './small-packets.ts'

const REASON_LETTERS_MAX = 200

export interface WriteUp {
  readonly folder: string
  readonly origin: Origin
  readonly candidates: readonly Candidate[]
  readonly results: Results
}

/** `results.json`, `results.md` and a chart for each measure and condition. Gives the text of `results.md`. */
export function writeResults({ folder, origin, candidates, results }: WriteUp): string {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const record: RunRecord = {
    ...origin,
    machine: describeMachine(),
    date: new Date().toISOString().slice(0, 10),
    congestionControl: CONGESTION_CONTROL,
    machineCongestionControl: readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim(),
    ratios: computeRatios(results),
    cells: results.cells,
    failures: results.failures,
  }
  writeFileSync(join(folder, RECORD_FILE), `${JSON.stringify(record, undefined, 2)}\n`)
  for (const { measure, condition } of conditionsOf(results)) {
    const cells = results.cells.filter(cell => cell.measure === measure && cell.condition === condition)
    writeFileSync(join(folder, chartName(measure, condition)), drawChart(measure, condition, cells))
  }
  const text = formatReport(record, candidates, results)
  writeFileSync(join(folder, 'results.md'), text)
  return text
}

export function describeMachine(): string {
  const [first] = cpus()
  const system = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux'
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} × ${first?.model.trim()}, ${gigabytes} GiB, ${system}, kernel ${release()}`
}

function formatReport(record: RunRecord, candidates: readonly Candidate[], results: Results): string {
  const { machine, date, rounds, congestionControl, machineCongestionControl } = record
  const about = candidates.map(({ name, about }) => `- **${name}**: ${about}`)
  return `# Comparison

${machine}; ${date}, ${describeRun(record)}. All ends, relays and the load share these cores: read the figures as ratios. ${rounds} interleaved rounds; each
cell is the median (least–most), with a star for each round in which the machine was busy with something else. TCP uses
${congestionControl} on every candidate; the machine's default is ${machineCongestionControl}.
Small packets are sent and counted by programs with ${Math.round(smallBufferBytes() / 1024)} KiB of socket buffer: what they lose while they wait for a core, no
candidate has lost. ${BOUND_LEGEND}

${about.join('\n')}

The encrypted fast path, VXLAN within the kernel's WireGuard, is no candidate: the kernels on which this is run have no WireGuard, and by
wireguard-go it is there for tests only; there routers choose the sleeve.
Each condition differs from the direct one, 1,500 bytes and no loss, in what its name says alone.

${[...ratioTable(record), ...tables(candidates, results), ...failureTable(results.failures)].join('\n\n')}
`
}

function ratioTable({ ratios }: RunRecord): readonly string[] {
  if (ratios.length === 0) return []
  return [`| ratio | goal | measured | |\n|---|---|---|---|\n${ratios.map(formatRatio).join('\n')}`]
}

function failureTable(failures: readonly Failure[]): readonly string[] {
  if (failures.length === 0) return []
  const rows = failures.map(({ candidate, condition, reason }) => `| ${candidate} | ${condition} | ${inCell(reason)} |`)
  return [`| failed | in | because |\n|---|---|---|\n${rows.join('\n')}`]
}

/** The first line; what follows are logs. */
function inCell(reason: string): string {
  const [first = ''] = reason.split('\n')
  return first.slice(0, REASON_LETTERS_MAX).replaceAll('|', '\\|')
}

function tables(candidates: readonly Candidate[], results: Results): readonly string[] {
  const measures = [...new Set(conditionsOf(results).map(({ measure }) => measure))]
  return measures.map(measure => {
    const conditions = conditionsOf(results).flatMap(one => (one.measure === measure ? [one.condition] : []))
    const rows = candidates.map(({ name }) => {
      return `| ${name} | ${conditions.map(condition => describeCell(results, { candidate: name, measure, condition })).join(' | ')} |`
    })
    const { title, unit } = MEASURES[measure]
    const head = `| ${title}, ${unit} | ${conditions.join(' | ')} |\n|${'---|'.repeat(conditions.length + 1)}`
    const charts = conditions.map(condition => `[${condition}](${chartName(measure, condition)})`)
    return `${head}\n${rows.join('\n')}\n\nCharts: ${charts.join(', ')}`
  })
}

function conditionsOf(results: Results): readonly { readonly measure: Measure; readonly condition: string }[] {
  const seen = new Map(
    results.cells.map(({ measure, condition }) => [`${measure}/${condition}`, { measure, condition }]),
  )
  return [...seen.values()]
}
