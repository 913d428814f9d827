import { readFileSync, readlinkSync } from 'node:fs'
import type { Libc } from './libc.ts'

const MADV_DONTNEED = 4

/** Of this process's program: they are the same as long as it runs, and listing them takes longer than all the rest. */
let mappings: readonly Mapping[] | undefined

/**
 * Gives back the pages of this process's program file that are in memory because its start needed them. Those still in use come
 * back from the page cache at the next access (madvise(2)). Only what is mapped read-only and is as in the file: nothing is lost.
 */
export function releaseProgramPages(libc: Libc): void {
  mappings ??= unchangedMappings(readFileSync('/proc/self/smaps', 'utf8'), readlinkSync('/proc/self/exe'))
  for (const { start, length } of mappings) libc.madvise(start, length, MADV_DONTNEED)
}

interface Mapping {
  readonly start: number
  readonly length: number
}

/** `smaps`: as in proc_pid_smaps(5). */
export function unchangedMappings(smaps: string, program: string): readonly Mapping[] {
  const mappings = smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
  return mappings.flatMap(mapping => {
    const [, start = '', end = '', path] = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ \S+ +(.*)$/m.exec(mapping) ?? []
    const isUnchanged = /^Anonymous: +0 kB$/m.test(mapping) && /^Swap: +0 kB$/m.test(mapping)
    if (path !== program || !isUnchanged) return []
    const from = Number.parseInt(start, 16)
    return [{ start: from, length: Number.parseInt(end, 16) - from }]
  })
}
