import { type Cell, MEASURES, type Measure, medianOf, type Results } from './results.ts'

/** A ratio that this project sets itself, and what came out. */
export interface Ratio {
  readonly title: string
  readonly goal: string
  readonly value: number
  readonly isReached: boolean
}

interface Goal {
  readonly title: string
  readonly measure: Measure
  readonly of: Side
  readonly over: Side
  readonly least?: number
  readonly most?: number
}

/** A candidate by name, or the best sealed peer, under a condition. */
interface Side {
  readonly candidate: string | 'best peer'
  readonly condition: string
}

const ours = (condition: string): Side => ({ candidate: 'sleeve', condition })
const fast = (condition: string): Side => ({ candidate: 'fast path', condition })
const best = (condition: string): Side => ({ candidate: 'best peer', condition })

const GOALS: readonly Goal[] = [
  {
    title: 'fast path ÷ plain kernel VXLAN, TCP',
    measure: 'stream',
    of: fast('direct'),
    over: { candidate: 'vxlan', condition: 'direct' },
    least: 0.95,
  },
  {
    title: 'fast path, one relay ÷ direct',
    measure: 'stream',
    of: fast('one relay'),
    over: fast('direct'),
    least: 0.85,
  },
  {
    title: 'fast path, two relays ÷ direct',
    measure: 'stream',
    of: fast('two relays'),
    over: fast('direct'),
    least: 0.75,
  },
  { title: 'sleeve ÷ best sealed peer, TCP', measure: 'stream', of: ours('direct'), over: best('direct'), least: 6 },
  { title: 'sleeve, one relay ÷ direct', measure: 'stream', of: ours('one relay'), over: ours('direct'), least: 0.8 },
  { title: 'sleeve ÷ best peer, 64 B UDP', measure: 'small', of: ours('direct'), over: best('direct'), least: 1.2 },
  { title: 'sleeve ÷ best peer, RTT', measure: 'roundTrip', of: ours('direct'), over: best('direct'), most: 1 },
  {
    title: 'sleeve ÷ best peer, RTT beside 4 streams',
    measure: 'roundTripLoaded',
    of: ours('direct'),
    over: best('direct'),
    most: 1,
  },
  {
    title: 'sleeve ÷ best peer, TCP at 1 % loss',
    measure: 'stream',
    of: ours('1 % loss'),
    over: best('1 % loss'),
    least: 1,
  },
]

/** Those for which both sides were measured. */
export function computeRatios(results: Results): readonly Ratio[] {
  return GOALS.flatMap(goal => {
    const [of, over] = [readingOf(results, goal.measure, goal.of), readingOf(results, goal.measure, goal.over)]
    if (of === undefined || over === undefined) return []
    const value = of / over
    const isReached = value >= (goal.least ?? 0) && value <= (goal.most ?? Number.POSITIVE_INFINITY)
    const limit = goal.least === undefined ? `≤ ${goal.most}` : `≥ ${goal.least}`
    return [{ title: goal.title, goal: limit, value, isReached }]
  })
}

function readingOf(results: Results, measure: Measure, { candidate, condition }: Side): number | undefined {
  if (candidate !== 'best peer') return optional(results.cell(candidate, measure, condition))
  const rivals = results.cells.filter(cell => {
    return cell.kind === 'peer' && cell.isSealed && cell.measure === measure && cell.condition === condition
  })
  if (rivals.length === 0) return undefined
  const values = rivals.map(medianOf)
  return MEASURES[measure].isMore ? Math.max(...values) : Math.min(...values)
}

function optional(cell: Cell | undefined): number | undefined {
  return cell === undefined ? undefined : medianOf(cell)
}
