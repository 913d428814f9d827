import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface Lock {
  release(): Promise<void>
}

/**
 * A lock between processes that a crash cannot leave behind: `flock` holds it as long as it can read from this process.
 * `onWait` is called once when another process has it.
 */
export async function acquireLock(path: string, onWait: () => void): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true })
  const atOnce = await hold(['--nonblock', path])
  if (atOnce !== undefined) return atOnce
  onWait()
  const later = await hold([path])
  if (later === undefined) throw new Error(`no lock on ${path}`)
  return later
}

export async function exclusively<T>(path: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const lock = await acquireLock(path, onWait)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

async function hold(options: readonly string[]): Promise<Lock | undefined> {
  // `echo` says that the lock is held; `cat` ends when this process closes the pipe, or dies.
  const child = spawn('flock', [...options, 'sh', '-c', 'echo && exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  const ended = once(child, 'exit')
  const isHeld = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)])
  if (!isHeld) return undefined
  return {
    release: async () => {
      child.stdin.end()
      await ended
    },
  }
}
