import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { processMark } from '../linux/process-mark.ts'

/** Behind the name of the file that it is to become: the process that writes it, and when that was started. */
const OURS = /\.(\d+)-(\d*)-[0-9a-f]{12}\.tmp$/

/** Beside the file that it is to become, and no other's. */
export function temporaryPath(path: string): string {
  const [pid, start = ''] = (processMark(process.pid) ?? `${process.pid}`).split(' ')
  return `${path}.${pid}-${start}-${randomBytes(6).toString('hex')}.tmp`
}

/**
 * Removes what writers that were killed have left in the folder; what one that lives is at work on stays. Where something cannot be removed, it
 * is left: no write fails for what another has left.
 */
export function sweepTemporaries(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      const [isOurs, pid, start] = OURS.exec(name) ?? []
      if (isOurs !== undefined && isOver(`${pid} ${start}`)) rmSync(join(folder, name), { force: true })
    }
  } catch {
    // The write that follows says what is wrong with the folder.
  }
}

/** Where no process can be looked at, none is said to be over. */
function isOver(writer: string): boolean {
  const alive = processMark(Number(writer.split(' ')[0]))
  return alive !== writer && processMark(process.pid) !== undefined
}
