import { BOUND_MARK, type Cell, isBoundByGenerator, MEASURES, type Measure, medianOf, type Results } from './results.ts'

/** A ratio that this project sets itself, and what came out. */
export interface Ratio {
  readonly title: string
  /** Absent where there is none, and the figure stands beside another one. */
  readonly goal?: string
  readonly value: number
  /** Absent for figures that are a ratio. */
  readonly unit?: string
  /** `not compared`: the other side cannot be had from apt, and was not given; the value is the one side's. */
  readonly verdict: 'reached' | 'missed' | 'not compared' | 'shown'
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

/** A candidate by name, or the best sealed peer, under a condition. */
interface Side {
  readonly candidate: string
  readonly condition: string
}

const BEST_PEER = 'best sealed peer'
/** The candidate that runs only where a program of it is given. */
export const GIVEN_WIREGUARD_GO = 'given wireguard-go'

const sleeve = (condition: string): Side => ({ candidate: 'sleeve', condition })
const fast = (condition: string): Side => ({ candidate: 'fast path', condition })
const best = (condition: string): Side => ({ candidate: BEST_PEER, condition })
const vxlan: Side = { candidate: 'vxlan', condition: 'direct' }
const given: Side = { candidate: GIVEN_WIREGUARD_GO, condition: 'direct' }
const direct = { of: sleeve('direct'), over: best('direct') } as const

const GOALS: readonly Goal[] = [
  {
    title: 'fast path ÷ plain kernel VXLAN, 1 TCP stream',
    measure: 'stream',
    of: fast('direct'),
    over: vxlan,
    least: 0.95,
  },
  // One stream is in one of two modes, for either.
  { title: 'the same, 4 TCP streams', measure: 'streams', of: fast('direct'), over: vxlan },
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
    title: 'sleeve ÷ current wireguard-go, 1 TCP stream',
    measure: 'stream',
    of: sleeve('direct'),
    over: given,
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
    title: 'sleeve ÷ current wireguard-go, CPU',
    measure: 'cpu',
    of: sleeve('direct'),
    over: given,
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

/** Those of which one side was measured, and the other one is not nothing. */
export function computeRatios(results: Results): readonly Ratio[] {
  return GOALS.flatMap(goal => {
    const own = readingOf(results, goal.measure, goal.of)
    if (own === undefined) return []
    if (goal.over === undefined) return [judge(goal, own, { unit: MEASURES[goal.measure].unit })]
    const other = readingOf(results, goal.measure, goal.over)
    if (other === undefined && goal.over === given) return [leaveOpen(goal, own)]
    if (other === undefined || other.value === 0) return []
    const isNoisy = own.isNoisy || other.isNoisy
    const isBound = own.isBound || other.isBound
    return [judge(goal, { value: own.value / other.value, isNoisy, isBound }, {})]
  })
}

function judge(goal: Goal, figure: Figure, unit: { readonly unit?: string }): Ratio {
  const { title, least, most } = goal
  const wanted = wish(goal)
  if (wanted === undefined) return { title, ...figure, ...unit, verdict: 'shown' }
  const isReached = figure.value >= (least ?? 0) && figure.value <= (most ?? Number.POSITIVE_INFINITY)
  return { title, goal: wanted, ...figure, ...unit, verdict: isReached ? 'reached' : 'missed' }
}

function leaveOpen(goal: Goal, own: Figure): Ratio {
  const { title, measure } = goal
  const wanted = wish(goal) ?? ''
  return { title, goal: wanted, ...own, unit: MEASURES[measure].unit, verdict: 'not compared' }
}

function wish({ least, most }: Goal): string | undefined {
  if (least !== undefined) return `≥ ${least}`
  return most === undefined ? undefined : `≤ ${most}`
}

const VERDICTS: Readonly<Record<Ratio['verdict'], string>> = {
  reached: 'reached',
  missed: 'missed',
  'not compared': 'sleeve alone: such a wireguard-go is not in apt, `--wireguard-go PATH` compares with one',
  shown: 'beside it, as one stream has two modes',
}

/** `| title | goal | measured | verdict |` */
export function formatRatio({ title, goal = '–', value, unit, verdict, isNoisy, isBound }: Ratio): string {
  const wanted = unit === undefined || verdict === 'not compared' ? goal : `${goal} ${unit}`
  const measured = unit === undefined ? value.toFixed(2) : `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`
  return `| ${title} | ${wanted} | ${measured}${isBound ? BOUND_MARK : ''}${isNoisy ? '*' : ''} | ${VERDICTS[verdict]} |`
}

interface Figure {
  readonly value: number
  readonly isNoisy: boolean
  readonly isBound: boolean
}

function readingOf(results: Results, measure: Measure, side: Side): Figure | undefined {
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
