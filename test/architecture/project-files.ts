import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const PROJECT_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Git refuses a clone that another user owns, as CI's often is, unless told that it is meant. */
const TRUSTED = ['-c', `safe.directory=${PROJECT_ROOT}`]

/** A text file of the project; `path` is relative to the root, with slashes. */
export interface ProjectFile {
  readonly path: string
  readonly text: string
}

/** What git tracks, and what it would: a rule counts before the commit, not after it. Binary files are left out. */
export function projectFiles(): readonly ProjectFile[] {
  const listed = execFileSync('git', [...TRUSTED, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: PROJECT_ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  return [...new Set(listed.split('\0'))]
    .filter(path => path !== '' && path !== 'package-lock.json' && existsSync(join(PROJECT_ROOT, path)))
    .sort()
    .map(path => ({ path, text: readFileSync(join(PROJECT_ROOT, path), 'utf8') }))
    .filter(file => !file.text.includes('\0'))
}

export function isUnder(path: string, ...folders: readonly string[]): boolean {
  return folders.some(folder => path.startsWith(`${folder}/`))
}

export function isCode(path: string): boolean {
  return /\.(ts|mts|cts|js|mjs|cjs)$/.test(path)
}
