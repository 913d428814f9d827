import type { Candidate } from './candidate.ts'
import { median } from './measures.ts'

/** What is measured, with its unit; `isMore` when more is better. */
export const MEASURES = {
  stream: { title: 'TCP, 1 stream', unit: 'Mbit/s', digits: 0, isMore: true },
  streams: { title: 'TCP, 4 streams', unit: 'Mbit/s', digits: 0, isMore: true },
  small: { title: "64 B UDP with ≤ 1 % loss beyond the cable's", unit: 'kpps', digits: 1, isMore: true },
  roundTrip: { title: 'RTT p50, idle', unit: 'ms', digits: 3, isMore: false },
  roundTrip99: { title: 'RTT p99, idle', unit: 'ms', digits: 3, isMore: false },
  roundTripLoaded: { title: 'RTT p50 beside 4 streams', unit: 'ms', digits: 2, isMore: false },
  cpu: { title: 'CPU of all daemons', unit: 's/GB', digits: 2, isMore: false },
  memoryIdle: { title: 'memory of a daemon, idle', unit: 'MB', digits: 0, isMore: false },
  memoryLoaded: { title: 'memory of a daemon, peak under load', unit: 'MB', digits: 0, isMore: false },
} as const

export type Measure = keyof typeof MEASURES

export interface Reading {
  readonly value: number
  /** The machine was busy with something else. */
  readonly isNoisy: boolean
}

/** Of one candidate, one measure, under one condition: a reading for each round. */
export interface Cell {
  readonly candidate: string
  readonly kind: Candidate['kind']
  readonly isSealed: boolean
  readonly measure: Measure
  /** As `direct`, `one relay`, `1 % loss`, `MTU 9000`. */
  readonly condition: string
  readonly readings: Reading[]
}

/** What a candidate could not do; once for each time. */
export interface Failure {
  readonly candidate: string
  readonly condition: string
  readonly reason: string
}

export class Results {
  readonly #cells = new Map<string, Cell>()
  readonly failures: Failure[] = []

  fail({ name }: Candidate, { condition, reason }: { condition: string; reason: string }): void {
    this.failures.push({ candidate: name, condition, reason })
  }

  add(candidate: Candidate, key: { measure: Measure; condition: string }, reading: Reading): void {
    const { name, kind, isSealed } = candidate
    const id = `${name}/${key.measure}/${key.condition}`
    const cell = this.#cells.get(id) ?? { candidate: name, kind, isSealed, ...key, readings: [] }
    this.#cells.set(id, cell)
    cell.readings.push(reading)
  }

  get cells(): readonly Cell[] {
    return [...this.#cells.values()]
  }

  cell(candidate: string, measure: Measure, condition: string): Cell | undefined {
    return this.#cells.get(`${candidate}/${measure}/${condition}`)
  }
}

/** Of the quiet rounds, or of all when there is none. */
export function medianOf({ readings }: Cell): number {
  const quiet = readings.filter(reading => !reading.isNoisy)
  return median((quiet.length === 0 ? readings : quiet).map(reading => reading.value))
}

/** Under which failures to start are noted, and the only one that has hosts of its own. */
export const START = 'MTU 1500'
export const JUMBO = 'MTU 9000'

/** Of the candidate that is the bare cables themselves. */
export const CABLES = 'veth'
/** What ends so little below bare cables that the next rate would have been too much for those too. */
const AS_CABLES_LEAST = 0.95
/** Stands for `isBoundByGenerator`. */
export const BOUND_MARK = '‡'

/** Whether bare cables carry no more small packets either: the limit is the program that sends or counts them. */
export function isBoundByGenerator(cells: readonly Cell[], cell: Cell): boolean {
  if (cell.measure !== 'small') return false
  const cables = cells.find(({ candidate, measure, condition }) => {
    return candidate === CABLES && measure === cell.measure && condition === cell.condition
  })
  return cables !== undefined && medianOf(cell) >= AS_CABLES_LEAST * medianOf(cables)
}

/** What a table says of a candidate: `failed` where it has tried and nothing came of it. */
export function describeCell(
  { cells, failures }: { readonly cells: readonly Cell[]; readonly failures: readonly Failure[] },
  key: { readonly candidate: string; readonly measure: Measure; readonly condition: string },
): string {
  const isOfSame = ({ candidate, condition }: Cell | Failure) => {
    return candidate === key.candidate && condition === key.condition
  }
  const cell = cells.find(one => one.measure === key.measure && isOfSame(one))
  if (cell !== undefined) return formatCell(cell, cells)
  const hasNotStarted = failures.some(({ candidate, condition }) => {
    return candidate === key.candidate && condition === START && key.condition !== JUMBO
  })
  return hasNotStarted || failures.some(isOfSame) ? 'failed' : '–'
}

/** `2301‡ (2290–2410)*`, with a star for each noisy round, and the mark where the generator is the limit. */
export function formatCell(cell: Cell, cells: readonly Cell[]): string {
  const { digits } = MEASURES[cell.measure]
  const values = cell.readings.map(reading => reading.value)
  const noise = '*'.repeat(cell.readings.filter(reading => reading.isNoisy).length)
  const span = `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`
  const bound = isBoundByGenerator(cells, cell) ? BOUND_MARK : ''
  return `${medianOf(cell).toFixed(digits)}${bound} (${span})${noise}`
}
