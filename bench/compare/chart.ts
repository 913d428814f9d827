import { type Cell, formatCell, MEASURES, type Measure, medianOf } from './results.ts'

const [WIDTH, BAR, GAP, LABEL] = [760, 22, 8, 150]
const COLOURS = { ours: '#1b6ca8', peer: '#8a8f98', reference: '#d5d8dc' } as const

/** The file of the chart of one measure under one condition. */
export function chartName(measure: Measure, condition: string): string {
  return `${measure}-${condition.replace(/[^a-z0-9]+/gi, '-')}.svg`
}

/** Bars of one measure under one condition, the best first; SVG. */
export function drawChart(measure: Measure, condition: string, cells: readonly Cell[]): string {
  const { title, unit, isMore } = MEASURES[measure]
  const sorted = [...cells].sort((a, b) => (medianOf(a) - medianOf(b)) * (isMore ? -1 : 1))
  const most = Math.max(...sorted.map(medianOf))
  const height = 40 + sorted.length * (BAR + GAP)
  const bars = sorted.map((cell, i) => {
    const y = 34 + i * (BAR + GAP)
    const length = Math.max(1, (medianOf(cell) / most) * (WIDTH - LABEL - 210))
    return (
      `<text x="${LABEL - 8}" y="${y + 16}" text-anchor="end">${cell.candidate}</text>` +
      `<rect x="${LABEL}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" fill="${COLOURS[cell.kind]}"/>` +
      `<text x="${(LABEL + length + 6).toFixed(1)}" y="${y + 16}">${formatCell(cell, cells)}</text>`
    )
  })
  const hint = isMore ? 'more is better' : 'less is better'
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#fff"/>
<text x="8" y="20" font-weight="bold">${title}, ${condition}: ${unit}, ${hint}</text>
${bars.join('\n')}
</svg>
`
}
