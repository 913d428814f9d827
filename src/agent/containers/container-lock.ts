import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../../base/user-error.ts'
import { sweepTemporaries, temporaryPath } from '../host/temporary-file.ts'
import { processMark } from '../linux/process-mark.ts'

const WAIT_MS = 60_000
const LOOK_EVERY_MS = 20

/** Works on one container while no other process does; a lock whose holder was killed does not count. */
export async function withContainerLock<T>(folder: string, id: string, work: () => Promise<T>): Promise<T> {
  const file = join(folder, `container-${id}.lock`)
  const endsAt = performance.now() + WAIT_MS
  sweepTemporaries(folder)
  while (!take(file)) {
    const holder = readHolder(file)
    if (holder !== undefined && !isAlive(holder)) breakLock(file, holder)
    else if (performance.now() > endsAt) throw stillBusy(id, holder ?? 'unknown')
    else await sleep(LOOK_EVERY_MS)
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

/** Ids whose work was cut short: the holder of the lock is no more. */
export function brokenLocks(folder: string): readonly string[] {
  try {
    const ids = readdirSync(folder).flatMap(name => /^container-([0-9a-f]{64})\.lock$/.exec(name)?.[1] ?? [])
    return ids.filter(id => !isLocked(folder, id))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw cause
  }
}

/** Whether a process works on the container. */
export function isLocked(folder: string, id: string): boolean {
  const holder = readHolder(join(folder, `container-${id}.lock`))
  return holder !== undefined && isAlive(holder)
}

function take(file: string): boolean {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
  const own = temporaryPath(file)
  writeFileSync(own, processMark(process.pid) ?? '', { mode: 0o600 })
  try {
    // Linked, not written in place: the lock is never there without its holder's name.
    linkSync(own, file)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw cause
  } finally {
    rmSync(own, { force: true })
  }
}

/** By renaming, which only one of several can do; what turns out to be somebody else's goes back. */
function breakLock(file: string, holder: string): void {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
    if (readHolder(aside) !== holder) renameSync(aside, file)
    else rmSync(aside, { force: true })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
  }
}

function readHolder(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cause
  }
}

function isAlive(holder: string): boolean {
  return processMark(Number(holder.split(' ')[0])) === holder
}

function stillBusy(id: string, holder: string): UserError {
  return new UserError({
    cause: `process ${holder.split(' ')[0]} has worked on container ${id.slice(0, 12)} for a minute`,
    remedy: 'wait for it, or end it, and try again',
  })
}
