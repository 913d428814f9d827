/** Of a process that has ended, for as long as its parent, of an orphan the machine's first process, has not asked how (proc(5)). */
const ENDED_STATES = ['Z', 'X']

export interface ProcessStat {
  readonly hasEnded: boolean
  /** When it was started, which tells it from a later process with the same id. */
  readonly start: string
}

/** What /proc/PID/stat says, fields 3 and 22 of it; the name before them, in brackets, may hold blanks and brackets. */
export function parseProcessStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { hasEnded: ENDED_STATES.includes(fields[0] ?? ''), start: fields[19] ?? '' }
}
