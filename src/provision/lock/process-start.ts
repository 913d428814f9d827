import { readFileSync } from 'node:fs'

/** Of a process that has ended, for as long as its parent, of an orphan the machine's first process, has not asked how (proc(5)). */
const ENDED_STATES = ['Z', 'X']

/** When it was started, which tells it from a later process with the same id; undefined of one that has ended. */
export function startOf(pid: number): string | undefined {
  const [state, start] = statOf(pid) ?? []
  return state === undefined || ENDED_STATES.includes(state) ? undefined : start
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
  return !ENDED_STATES.includes(statOf(pid)?.[0] ?? '')
}

/** Fields 3 and 22 of /proc/PID/stat; the name before them, in brackets, may hold blanks. */
function statOf(pid: number): readonly [string | undefined, string | undefined] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return [fields[0], fields[19]]
  } catch {
    return undefined
  }
}
