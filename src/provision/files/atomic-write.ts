import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../../base/user-error.ts'

/** Readers see the former text or the whole new one, also when the machine stops in between. */
export function writeAtomically(path: string, text: string, mode: number): void {
  const temporary = join(dirname(path), `.${basename(path).replace(/^\./, '')}.${process.pid}.tmp`)
  try {
    const file = openSync(temporary, 'w', mode)
    try {
      writeFileSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (cause) {
    rmSync(temporary, { force: true })
    const problem = {
      cause: `cannot write ${path}: ${(cause as Error).message}`,
      remedy: 'check its folder and the disk',
    }
    throw new UserError(problem, 1, { cause })
  }
}
