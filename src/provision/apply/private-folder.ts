import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRunning } from '../lock/process-start.ts'

const PREFIX = 'weave-provision-'

/** A folder only for us, for secrets on their way to the hosts; gone when the work is done, however it ends. */
export async function withPrivateFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  removeOrphans()
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  try {
    mkdirSync(join(folder, 'rendered'), { mode: 0o700 })
    mkdirSync(join(folder, 'connections'), { mode: 0o700 })
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What runs have left that were killed. */
function removeOrphans(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-\\w{6}$`).exec(name)?.[1]
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}
