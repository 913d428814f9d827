import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT_ROOT } from '../architecture/project-files.ts'

/** Installed as `path`, or unpacked by scripts/setup-debian.sh. */
export function unpackedProgram(packageName: string, path: string): string {
  return existsSync(path) ? path : join(PROJECT_ROOT, 'dist', 'tools', packageName, path)
}

export function promtool(): string {
  return unpackedProgram('prometheus', '/usr/bin/promtool')
}
