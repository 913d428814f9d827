import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { UserError } from '../../base/user-error.ts'
import { startOf } from './process-start.ts'

/** Who works on an inventory. */
interface Holder {
  readonly pid: number
  /** Tells a process from a later one with the same id. */
  readonly startedAt: string
  readonly machine: string
  readonly user: string
  readonly command: string
}

const ATTEMPTS_MAX = 3

/**
 * Keeps two runs from changing one inventory's state at a time. Advisory, and held by a process: what a run that was killed has
 * left is taken over.
 */
export async function withRunLock<T>(path: string, command: string, work: () => Promise<T>): Promise<T> {
  acquire(path, command)
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

function acquire(path: string, command: string): void {
  const holder: Holder = {
    pid: process.pid,
    startedAt: startOf(process.pid) ?? '',
    machine: hostname(),
    user: userInfo().username,
    command,
  }
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (create(path, holder)) return
    const present = readHolder(path)
    if (present !== undefined && isWorking(present)) throw occupied(path, present)
    rmSync(path, { force: true })
  }
  const remedy = `remove ${path} when no other weave-provision runs`
  throw new UserError({ cause: `cannot take ${path}`, remedy })
}

/** A link appears with its content, so nobody ever reads half of it. */
function create(path: string, holder: Holder): boolean {
  const draft = `${path}.${process.pid}`
  try {
    writeFileSync(draft, `${JSON.stringify(holder)}\n`, { mode: 0o644 })
    linkSync(draft, path)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    const message = `cannot write ${path}: ${(cause as Error).message}`
    throw new UserError({ cause: message, remedy: 'check the folder of the inventory' }, 1, { cause })
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Undefined when the file is gone again, or is no holder's. */
function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

/** Of another machine's process nothing can be known: it counts as working. */
function isWorking(holder: Holder): boolean {
  return holder.machine !== hostname() || startOf(holder.pid) === holder.startedAt
}

function occupied(path: string, holder: Holder): UserError {
  const who = `${holder.user} on ${holder.machine}, process ${holder.pid}`
  const cause = `weave-provision ${holder.command} works on this inventory already (${who})`
  return new UserError({ cause, remedy: `wait until it has ended; if it cannot be running any more, remove ${path}` })
}
