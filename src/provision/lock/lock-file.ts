import { existsSync, readFileSync } from 'node:fs'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { writeAtomically } from '../files/atomic-write.ts'
import { EMPTY_LOCK, type Lock } from '../plan/lock.ts'
import { formatLock, parseLock } from './lock-text.ts'

/** A file that cannot be read is an error, never an empty lock: that would number all hosts anew. */
export function readLock(path: string): Lock {
  if (!existsSync(path)) return EMPTY_LOCK
  const lock = parseLock(readFileSync(path, 'utf8'))
  if (lock.ok) return lock.value
  const remedy = 'restore it from version control or a backup; it is left as it is'
  throw new UserError({ cause: `the lock file ${path} is damaged: ${lock.error}`, remedy }, EXIT_CODES.badInput)
}

/** Returns whether the file had to change. */
export function writeLock(path: string, lock: Lock): boolean {
  const text = formatLock(lock)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return false
  writeAtomically(path, text, 0o644)
  return true
}
