import { BOUND_MARK, type Cell, isBoundByGenerator, MEASURES, type Measure, medianOf, type Results } from './results.ts'

/** A ratio that this project sets itself, and what came out. */
export interface Ratio {
  readonly title: string
  readonly goal: string
  readonly value: number
  /** Absent for figures that are no ratio. */
  readonly unit?: string
  readonly isReached: boolean
  /** In a round of either side the machine was busy with something else. */
  readonly isNoisy: boolean
  /** The limit of either side was the program that sends or counts. */
  readonly isBound: boolean
}

interface Goal {
  readonly title: string
  readonly measure: Measure
  readonly of: Side
  /** Absent where the figure itself is the goal. */
  readonly over?: Side
  readonly least?: number
  readonly most?: number
}

/** A candidate by name, or the best sealed peer, under a condition; or a figure that is not of this run. */
type Side = { readonly candidate: string; readonly condition: string } | { readonly reference: number }

const BEST_PEER = 'best sealed peer'
/**
 * `wireguard-go` of 2025, which no Debian package is of, on 2 cores of an AMD EPYC with AVX-512 and Linux 6.18: one TCP stream in
 * Mbit/s, and CPU of both daemons in s/GB.
 */
const WIREGUARD_2025 = { stream: { reference: 3500 }, cpu: { reference: 3.7 } } as const

const sleeve = (condition: string): Side => ({ candidate: 'sleeve', condition })
const fast = (condition: string): Side => ({ candidate: 'fast path', condition })
const best = (condition: string): Side => ({ candidate: BEST_PEER, condition })
const vxlan: Side = { candidate: 'vxlan', condition: 'direct' }
const direct = { of: sleeve('direct'), over: best('direct') } as const

const GOALS: readonly Goal[] = [
  {
    title: 'fast path ÷ plain kernel VXLAN, 1 TCP stream',
    measure: 'stream',
    of: fast('direct'),
    over: vxlan,
    least: 0.95,
  },
  {
    title: 'fast path through one relay ÷ direct',
    measure: 'stream',
    of: fast('one relay'),
    over: fast('direct'),
    least: 0.85,
  },
  {
    title: 'fast path through two relays ÷ direct',
    measure: 'stream',
    of: fast('two relays'),
    over: fast('direct'),
    least: 0.75,
  },
  { title: `sleeve ÷ ${BEST_PEER}, 1 TCP stream`, measure: 'stream', ...direct, least: 6 },
  {
    title: 'sleeve ÷ wireguard-go of 2025 (3.5 Gbit/s, of another run), 1 TCP stream',
    measure: 'stream',
    of: sleeve('direct'),
    over: WIREGUARD_2025.stream,
    least: 1.5,
  },
  {
    title: 'sleeve through one relay ÷ direct',
    measure: 'stream',
    of: sleeve('one relay'),
    over: sleeve('direct'),
    least: 0.8,
  },
  { title: `sleeve ÷ ${BEST_PEER}, 64 B UDP with ≤ 1 % loss`, measure: 'small', ...direct, least: 1.2 },
  { title: `sleeve ÷ ${BEST_PEER}, RTT p50`, measure: 'roundTrip', ...direct, most: 1 },
  { title: `sleeve ÷ ${BEST_PEER}, RTT p50 beside 4 TCP streams`, measure: 'roundTripLoaded', ...direct, most: 1 },
  {
    title: 'sleeve ÷ wireguard-go of 2025 (3.7 s/GB, of another run), CPU',
    measure: 'cpu',
    of: sleeve('direct'),
    over: WIREGUARD_2025.cpu,
    most: 0.7,
  },
  {
    title: `sleeve ÷ ${BEST_PEER}, TCP at 1 % loss`,
    measure: 'stream',
    of: sleeve('1 % loss'),
    over: best('1 % loss'),
    least: 1,
  },
  { title: 'memory of an agent, idle', measure: 'memoryIdle', of: sleeve('direct'), most: 70 },
  { title: 'memory of an agent, peak under load', measure: 'memoryLoaded', of: sleeve('direct'), most: 90 },
]

/** Those for which both sides were measured, and the other one is not nothing. */
export function computeRatios(results: Results): readonly Ratio[] {
  return GOALS.flatMap(({ title, measure, of, over, ...limit }) => {
    const own = readingOf(results, measure, of)
    const other = over === undefined ? { value: 1, isNoisy: false, isBound: false } : readingOf(results, measure, over)
    if (own === undefined || other === undefined || other.value === 0) return []
    const value = own.value / other.value
    return [
      {
        title,
        goal: limit.least === undefined ? `≤ ${limit.most}` : `≥ ${limit.least}`,
        value,
        ...(over === undefined ? { unit: MEASURES[measure].unit } : {}),
        isReached: value >= (limit.least ?? 0) && value <= (limit.most ?? Number.POSITIVE_INFINITY),
        isNoisy: own.isNoisy || other.isNoisy,
        isBound: own.isBound || other.isBound,
      },
    ]
  })
}

/** `| title | goal | measured | reached |` */
export function formatRatio({ title, goal, value, unit, isReached, isNoisy, isBound }: Ratio): string {
  const [wanted, measured] =
    unit === undefined ? [goal, value.toFixed(2)] : [`${goal} ${unit}`, `${value.toFixed(0)} ${unit}`]
  return `| ${title} | ${wanted} | ${measured}${isBound ? BOUND_MARK : ''}${isNoisy ? '*' : ''} | ${isReached ? 'reached' : 'missed'} |`
}

interface Figure {
  readonly value: number
  readonly isNoisy: boolean
  readonly isBound: boolean
}

function readingOf(results: Results, measure: Measure, side: Side): Figure | undefined {
  if ('reference' in side) return { value: side.reference, isNoisy: false, isBound: false }
  const { candidate, condition } = side
  if (candidate !== BEST_PEER) {
    const cell = results.cell(candidate, measure, condition)
    return cell === undefined ? undefined : figureOf(results, cell)
  }
  const rivals = results.cells.filter(cell => {
    return cell.kind === 'peer' && cell.isSealed && cell.measure === measure && cell.condition === condition
  })
  const sign = MEASURES[measure].isMore ? -1 : 1
  const [first] = rivals.map(cell => figureOf(results, cell)).sort((a, b) => sign * (a.value - b.value))
  return first
}

function figureOf({ cells }: Results, cell: Cell): Figure {
  return {
    value: medianOf(cell),
    isNoisy: cell.readings.some(({ isNoisy }) => isNoisy),
    isBound: isBoundByGenerator(cells, cell),
  }
}
