import { readFileSync } from 'node:fs'
import { parseProcessStat } from '../../base/process-stat.ts'

/**
 * The process id and the time of its start: no later process has the same. Undefined of one that has ended, though it may still be
 * listed.
 */
export function processMark(pid: number): string | undefined {
  try {
    const { hasEnded, start } = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    return hasEnded ? undefined : `${pid} ${start}`
  } catch (cause) {
    if (['ENOENT', 'ESRCH'].includes((cause as NodeJS.ErrnoException).code ?? '')) return undefined
    throw cause
  }
}
