import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A run that once failed, and why it is kept. */
export interface KeptSeed {
  readonly seed: number
  readonly hosts?: number
  readonly faults?: 'plain' | 'sites'
  readonly membership?: 'certified'
  readonly reason: string
}

const PATH = join('test', 'simulation', 'seeds.json')

/** Both take the folder of the project as the current one, as npm sees to. */
export function readSeeds(): readonly KeptSeed[] {
  return JSON.parse(readFileSync(PATH, 'utf8')) as readonly KeptSeed[]
}

/** Once, however often it is run again. */
export function appendSeed(kept: KeptSeed): void {
  const { reason: _, ...run } = kept
  const others = readSeeds().filter(({ reason: __, ...known }) => JSON.stringify(known) !== JSON.stringify(run))
  const lines = [...others, kept].map(one => `  ${JSON.stringify(one)}`)
  writeFileSync(PATH, `[\n${lines.join(',\n')}\n]\n`)
}
