import { CONTROL_EXIT_CODES, ControlError } from '../../agent/http/control-error.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'

export function print(text: string): void {
  process.stdout.write(text)
}

/** What each command that prints something can be told. */
export interface FormatOptions {
  readonly json?: boolean
}

/** The option `--json`, with one meaning everywhere. */
export const AS_JSON = ['--json', 'as JSON'] as const

/** As JSON when that was asked for, or in the form that scripts take from the original. */
export function printAs({ json }: FormatOptions, value: unknown, text: string): void {
  print(json === true ? `${JSON.stringify(value)}\n` : text)
}

export function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`)
}

/** Shows an error as cause and remedy, a line each, and says how the process should end. */
export function reportError(error: unknown): number {
  if (!(error instanceof UserError)) return reportBug(error)
  for (const { cause, remedy } of error.problems) {
    process.stderr.write(`error: ${oneLine(cause)}\nremedy: ${oneLine(remedy)}\n`)
  }
  return error instanceof ControlError ? CONTROL_EXIT_CODES[error.condition] : error.exitCode
}

function reportBug(error: unknown): number {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  process.stderr.write(`error: ${oneLine(message)}\n`)
  if (process.env.WEAVE_DEBUG === '1') process.stderr.write(`${stack}\n`)
  else process.stderr.write('remedy: unexpected failure; run again with WEAVE_DEBUG=1 and report what it shows\n')
  return EXIT_CODES.failure
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' · ')
}
