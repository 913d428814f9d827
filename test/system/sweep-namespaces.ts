import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Removes what runs that were killed have left behind: namespaces called `PREFIX-PID-…`, and what runs in them. */
export async function sweepNamespaces(prefix: string): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'list'])
  for (const [namespace = '', owner = ''] of stdout.matchAll(new RegExp(`^${prefix}-(\\d+)-\\w+`, 'gm'))) {
    if (existsSync(`/proc/${owner}`)) continue
    const { stdout: ids } = await run('ip', ['netns', 'pids', namespace])
    for (const id of ids.split('\n').filter(line => line !== '')) endProcess(Number(id))
    await run('ip', ['netns', 'delete', namespace])
  }
}

/** It may have ended since it was listed. */
export function endProcess(id: number): void {
  try {
    process.kill(id, 'SIGKILL')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause
  }
}
