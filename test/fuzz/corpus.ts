import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Inputs that a target keeps: enough to begin from, few enough to read through. */
export const KEPT_MAX = 64
export const KEPT_BYTES_MAX = 512
const FOLDER = join('test', 'fuzz', 'corpus')

/** One input a line, in hexadecimal; what stands behind a # says why it is kept. The current folder is the project's. */
export function readCorpus(target: string): readonly Uint8Array[] {
  const path = pathOf(target)
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.filter(line => line !== '').map(line => Uint8Array.from(Buffer.from(line.split(' #')[0] ?? '', 'hex')))
}

/** The shortest first, so that a full corpus keeps what is easy to read. */
export function writeCorpus(target: string, inputs: readonly Uint8Array[]): void {
  const short = inputs.filter(({ length }) => length > 0 && length <= KEPT_BYTES_MAX)
  const lines = [...new Set([...short].sort((a, b) => a.length - b.length).map(hexOf))]
  writeFileSync(
    pathOf(target),
    lines
      .slice(0, KEPT_MAX)
      .map(line => `${line}\n`)
      .join(''),
  )
}

/** Where a failure is kept, so that `npm test` runs it from here on. */
export function keepFailure(target: string, input: Uint8Array, error: string): void {
  const path = pathOf(`${target}.failures`)
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const reason = (error.split('\n')[0] ?? '').slice(0, 100)
  writeFileSync(path, `${before}${hexOf(input)} # ${reason}\n`)
}

function pathOf(name: string): string {
  return join(FOLDER, `${name}.hex`)
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
