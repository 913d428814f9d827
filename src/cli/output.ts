import pc from 'picocolors'
import { EXIT_CODES, type ExitCode, UserError } from '../base/user-error.ts'

/** Colour only where a person looks; NO_COLOR and FORCE_COLOR mean what they mean elsewhere. */
export function coloursFor(stream: { readonly isTTY?: boolean }): ReturnType<typeof pc.createColors> {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR !== undefined && NO_COLOR !== '') return pc.createColors(false)
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return pc.createColors(true)
  return pc.createColors(stream.isTTY === true && TERM !== 'dumb')
}

export function printLine(text = ''): void {
  process.stdout.write(`${text}\n`)
}

/** With line ends of its own. */
export function printText(text: string): void {
  process.stdout.write(text)
}

export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, null, 2))
}

/** For what must not mix with the result on standard output. */
export function printNotice(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Shows an error as cause and remedy, a line each, and says how the process should end. */
export function printError(error: unknown): ExitCode {
  const colours = coloursFor(process.stderr)
  if (!(error instanceof UserError)) return printBug(error)
  for (const { cause, remedy } of error.problems) {
    printNotice(`${colours.red('error:')} ${oneLine(cause)}`)
    printNotice(`${colours.cyan('remedy:')} ${oneLine(remedy)}`)
  }
  return error.exitCode
}

/** Rows in columns as wide as their widest cell. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map(row => (row[i] ?? '').length)))
  const format = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  return [header, ...rows].map(format).join('\n')
}

function printBug(error: unknown): ExitCode {
  const isError = error instanceof Error
  printNotice(`error: ${oneLine(isError ? error.message : String(error))}`)
  if (isError && process.env.WEAVE_PROVISION_DEBUG === '1') printNotice(error.stack ?? '')
  else printNotice('remedy: unexpected failure; run again with WEAVE_PROVISION_DEBUG=1 and report what it shows')
  return EXIT_CODES.failure
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' · ')
}
