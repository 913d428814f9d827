import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface Lock {
  release(): Promise<void>
}

/**
 * A lock between processes that a crash cannot leave behind: a child holds it as long as it can read from this process.
 * Whoever has the lock may remove its file; who waited for a file that is gone starts again with the one that is there.
 */
const HOLD = `
  exec 9>>"$1" || exit 2
  shift
  flock "$@" 9 || exit 1
  [ /proc/self/fd/9 -ef "$0" ] || exit 3
  echo
  exec cat`

const GONE = 3

/** `onWait` is called once when another process has it. */
export async function acquireLock(path: string, onWait: () => void): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true })
  let outcome = await hold(path, ['--nonblock'])
  if (outcome === 'taken') onWait()
  while (outcome === 'taken' || outcome === 'gone') outcome = await hold(path, [])
  return outcome
}

export async function exclusively<T>(path: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const lock = await acquireLock(path, onWait)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

async function hold(path: string, options: readonly string[]): Promise<Lock | 'taken' | 'gone'> {
  // Not in this process's group: Ctrl-C must not take the lock from work that is still being tidied up.
  const child = spawn('sh', ['-c', HOLD, path, path, ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  const ended = once(child, 'exit')
  const isHeld = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)])
  if (!isHeld && child.exitCode === 2) throw new Error(`the lock ${path} cannot be opened`)
  if (!isHeld) return child.exitCode === GONE ? 'gone' : 'taken'
  return {
    release: async () => {
      child.stdin.end()
      await ended
    },
  }
}
