import { readFileSync, rmSync } from 'node:fs'
import { replaceFile } from '../host/atomic-file.ts'
import type { Logger } from './logger.ts'

/** Says which process is the router. Scripts are better off with it, the overlay is there without. */
export function writePidFile(path: string, log: Logger): void {
  try {
    replaceFile(path, `${process.pid}\n`, 0o644)
  } catch (cause) {
    log.write('error', 'pid file not written', { path, reason: (cause as Error).message })
  }
}

/** Unless it is that of another router, which may have started as soon as this one had let go of its devices. */
export function removePidFile(path: string): void {
  if (readIfThere(path).trim() === `${process.pid}`) rmSync(path, { force: true })
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw cause
  }
}
