import { EXIT_CODES, UserError } from '../../base/user-error.ts'

/** During a rotation the old one and the new one. */
export const PASSWORDS_MAX = 2
const PASSWORD_BYTES_MAX = 1024

/** A password a line, the preferred one first. Throws a `UserError` that shows nothing of them. */
export function parsePasswords(text: string, source: string): readonly string[] {
  const lines = text.split(/\r?\n/).filter(line => line !== '')
  if (lines.length === 0) throw bad(`${source} holds no password`)
  if (lines.length > PASSWORDS_MAX)
    throw bad(`${source} holds ${lines.length} lines, and at most ${PASSWORDS_MAX} count`)
  for (const line of lines) checkPassword(line, source)
  return [...new Set(lines)]
}

export function checkPassword(password: string, source: string): void {
  if (password.trim() === '') throw bad(`${source} is an empty password`)
  if (Buffer.byteLength(password) > PASSWORD_BYTES_MAX) {
    throw bad(`${source} is longer than ${PASSWORD_BYTES_MAX} bytes`)
  }
  if (hasControlCharacter(password)) throw bad(`${source} holds a control character`)
}

function hasControlCharacter(text: string): boolean {
  return [...text].some(char => char < ' ' || char === '\u007f')
}

function bad(cause: string): UserError {
  const remedy = 'give one password a line: the one to use first, and during a change the old one below it'
  return new UserError({ cause, remedy }, EXIT_CODES.badInput)
}
