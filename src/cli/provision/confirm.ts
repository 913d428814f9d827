import { createInterface } from 'node:readline/promises'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'

/** Asks on the terminal; anything but yes changes nothing. */
export async function askToGoOn(question: string): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${question} [y/N] `)
    if (/^y(es)?$/i.test(answer.trim())) return
    throw new UserError({ cause: 'not confirmed: nothing was changed', remedy: 'give --yes' }, EXIT_CODES.failure)
  } finally {
    terminal.close()
  }
}
