import { readFileSync, writeFileSync } from 'node:fs'
import { chartName } from './chart.ts'
import { BOUND_LEGEND, describeRun } from './legend.ts'
import { formatRatio } from './ratios.ts'
import type { RunRecord } from './record.ts'
import { describeCell, MEASURES, type Measure } from './results.ts'

const BEGIN = '<!-- bench: begin -->'
const END = '<!-- bench: end -->'

/** Columns of the quotation, each one measure under one condition. */
const COLUMNS: readonly { readonly measure: Measure; readonly condition: string; readonly title: string }[] = [
  { measure: 'stream', condition: 'direct', title: 'TCP direct' },
  { measure: 'stream', condition: 'one relay', title: 'through one relay' },
  { measure: 'stream', condition: '1 % loss', title: 'at 1 % loss' },
  { measure: 'small', condition: 'direct', title: '64 B UDP' },
  { measure: 'roundTrip', condition: 'direct', title: 'RTT' },
  { measure: 'roundTripLoaded', condition: 'direct', title: 'RTT beside 4 streams' },
  { measure: 'cpu', condition: 'direct', title: 'CPU' },
]

/** What the README says of a run, between its markers. */
export function quote(record: RunRecord): string {
  const { machine, date, rounds, congestionControl, machineCongestionControl, ratios } = record
  const candidates = [...new Set([...record.cells, ...record.failures].map(({ candidate }) => candidate))]
  const head = ['', ...COLUMNS.map(({ title, measure }) => `${title}, ${MEASURES[measure].unit}`)]
  const rows = candidates.map(candidate => {
    return [candidate, ...COLUMNS.map(column => describeCell(record, { candidate, ...column }))]
  })
  return `${BEGIN}
Measured on ${machine}, ${date}, ${describeRun(record)}: all ends and relays share these cores, so read the figures as ratios. Medians
(least–most) of ${rounds} interleaved rounds, a star for each in which the machine was busy with something else. TCP uses
${congestionControl} on all; the machine's default is ${machineCongestionControl}. ${BOUND_LEGEND} All cells, and charts: [bench/results](bench/results/results.md).

${table([head, ...rows])}
${chart(record)}
| ratio | goal | measured | |
|---|---|---|---|
${ratios.map(formatRatio).join('\n')}
${END}`
}

/** Of one stream, as that is what all others are beside. */
function chart({ cells }: RunRecord): string {
  const [measure, condition] = ['stream', 'direct'] as const
  if (!cells.some(cell => cell.measure === measure && cell.condition === condition)) return ''
  return `\n![${MEASURES[measure].title}, ${condition}](bench/results/${chartName(measure, condition)})\n`
}

/** Exchanges what stands between the markers in the file at `path`. */
export function writeQuotation(path: string, record: RunRecord): void {
  const text = readFileSync(path, 'utf8')
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`${path} has no place for the figures: '${BEGIN}', '${END}'`)
  writeFileSync(path, text.slice(0, begin) + quote(record) + text.slice(end + END.length))
}

function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows.map(row => `| ${row.join(' | ')} |`)
  return [head, `|${'---|'.repeat(COLUMNS.length + 1)}`, ...rest].join('\n')
}
