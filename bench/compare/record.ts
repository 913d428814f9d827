import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExtentName } from './extent.ts'
import type { Ratio } from './ratios.ts'
import type { Cell, Failure } from './results.ts'

/** What was run. */
export interface Origin {
  /** Measures the same again. */
  readonly command: string
  readonly extent: ExtentName
  readonly rounds: number
  /** So long it took. */
  readonly minutes: number
  /** Of the sources; undefined where git does not know them. */
  readonly revision: string | undefined
}

/** What `results.json` holds: all of a run. */
export interface RunRecord extends Origin {
  /** Of which hardware and system. */
  readonly machine: string
  /** `YYYY-MM-DD` */
  readonly date: string
  /** Used by all candidates, whatever the machine's default is. */
  readonly congestionControl: string
  readonly machineCongestionControl: string
  readonly ratios: readonly Ratio[]
  readonly cells: readonly Cell[]
  readonly failures: readonly Failure[]
}

export const RECORD_FILE = 'results.json'

export function readRecord(folder: string): RunRecord {
  return JSON.parse(readFileSync(join(folder, RECORD_FILE), 'utf8'))
}
