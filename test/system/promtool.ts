import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT_ROOT } from '../architecture/project-files.ts'

/** Installed, or unpacked by scripts/setup-debian.sh. */
export function promtool(): string {
  const installed = '/usr/bin/promtool'
  return existsSync(installed) ? installed : join(PROJECT_ROOT, 'dist', 'tools', 'prometheus', installed)
}
