import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ratio } from './ratios.ts'
import type { Cell, Failure } from './results.ts'

/** What `results.json` holds: all of a run. */
export interface RunRecord {
  /** Of which hardware and system. */
  readonly machine: string
  /** `YYYY-MM-DD` */
  readonly date: string
  /** Used by all candidates, whatever the machine's default is. */
  readonly congestionControl: string
  readonly machineCongestionControl: string
  readonly rounds: number
  readonly ratios: readonly Ratio[]
  readonly cells: readonly Cell[]
  readonly failures: readonly Failure[]
}

export const RECORD_FILE = 'results.json'

export function readRecord(folder: string): RunRecord {
  return JSON.parse(readFileSync(join(folder, RECORD_FILE), 'utf8'))
}
