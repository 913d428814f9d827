import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

const LOADAVG = '/proc/loadavg'

/** True when work is being done on half of the processors or more, beside the caller's: what has time had better wait. */
export function isHostBusy(): boolean {
  return othersRunning(readFileSync(LOADAVG, 'utf8')) * 2 >= availableParallelism()
}

/** Threads that run or are ready to, without the one that asks; of all namespaces. `loadavg`: as in proc_loadavg(5). */
export function othersRunning(loadavg: string): number {
  const [, running = '1'] = /^\S+ \S+ \S+ (\d+)\//.exec(loadavg) ?? []
  return Math.max(0, Number(running) - 1)
}
