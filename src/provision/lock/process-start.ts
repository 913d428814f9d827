import { readFileSync } from 'node:fs'
import { type ProcessStat, parseProcessStat } from '../../base/process-stat.ts'

/** When it was started, which tells it from a later process with the same id; undefined of one that has ended. */
export function startOf(pid: number): string | undefined {
  const stat = statOf(pid)
  return stat?.hasEnded === false ? stat.start : undefined
}

/** Names a process that runs for good: no later one has the same mark. */
export function processMark(pid: number): string | undefined {
  const start = startOf(pid)
  return start === undefined ? undefined : `${pid} ${start}`
}

/** A process of others may hide what it does from us; it counts as running. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return statOf(pid)?.hasEnded !== true
}

function statOf(pid: number): ProcessStat | undefined {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined
  }
}
