import { createInterface } from 'node:readline/promises'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'

export interface Confirmation {
  /** It has been said already, with --yes. */
  readonly isGiven: boolean
  /** What can be said in place of an answer. */
  readonly remedy?: string
  readonly ask?: (question: string) => Promise<void>
  readonly hasTerminal?: boolean
}

/** What changes hosts is asked before. Where there is nobody to ask, as in cron, it must have been said. */
export async function confirm(question: string, confirmation: Confirmation): Promise<void> {
  const { isGiven, remedy = 'give --yes', ask = askToGoOn, hasTerminal = process.stdin.isTTY === true } = confirmation
  if (isGiven) return
  if (hasTerminal) return ask(question)
  throw new UserError(
    { cause: `'${question}' is asked before, and there is no terminal to ask`, remedy },
    EXIT_CODES.badInput,
  )
}

/** Anything but yes changes nothing. */
async function askToGoOn(question: string): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${question} [y/N] `)
    if (/^y(es)?$/i.test(answer.trim())) return
    throw new UserError({ cause: 'not confirmed: nothing was changed', remedy: 'give --yes' }, EXIT_CODES.failure)
  } finally {
    terminal.close()
  }
}
