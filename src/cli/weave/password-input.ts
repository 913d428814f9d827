import { readFileSync } from 'node:fs'
import { checkPassword, parsePasswords } from '../../agent/password/password-text.ts'
import { generatePassword, weaknessOf } from '../../agent/password/strength.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { print, warn } from './report.ts'

export interface PasswordOptions {
  readonly password?: string
  readonly passwordFile?: string
  readonly generatePassword?: boolean
}

const FILE_REMEDY = 'put it in a file of mode 0600, and give --password-file FILE (- for standard input)'

/**
 * The passwords that a command was given, the preferred one first; undefined when it was given none. They do not stay where other
 * users of the host could see them: the title of the process hides its arguments, and nothing inherits the variable.
 */
export function takePasswords(options: PasswordOptions, environment: NodeJS.ProcessEnv): readonly string[] | undefined {
  const inherited = environment.WEAVE_PASSWORD
  delete environment.WEAVE_PASSWORD
  const given = [options.password, options.passwordFile, options.generatePassword].filter(one => one !== undefined)
  if (given.length > 1) {
    const cause = '--password, --password-file and --generate-password exclude each other'
    throw new UserError({ cause, remedy: FILE_REMEDY }, EXIT_CODES.badInput)
  }
  const passwords = readPasswords(options, inherited)
  for (const password of passwords ?? []) warnOfWeakness(password)
  return passwords
}

/** Says why a password is weak, and offers another. */
function warnOfWeakness(password: string): void {
  const weakness = weaknessOf(password)
  if (weakness === undefined) return
  warn(`the password is weak: ${weakness}. A strong one, made just now: ${generatePassword()}`)
}

function readPasswords(options: PasswordOptions, inherited: string | undefined): readonly string[] | undefined {
  if (options.generatePassword === true) return [showGenerated()]
  if (options.passwordFile !== undefined) return readFile(options.passwordFile)
  if (options.password !== undefined) {
    warn(`a password on the command line stays in the shell's history: ${FILE_REMEDY}`)
    checkPassword(options.password, '--password')
    return [options.password]
  }
  if (inherited === undefined || inherited === '') return undefined
  warn(`WEAVE_PASSWORD can be read in /proc by root and this user while this command runs: ${FILE_REMEDY}`)
  checkPassword(inherited, 'WEAVE_PASSWORD')
  return [inherited]
}

/** On standard output, once, so that it can be given to the other hosts. */
function showGenerated(): string {
  const password = generatePassword()
  print(`${password}\n`)
  return password
}

function readFile(path: string): readonly string[] {
  const name = path === '-' ? 'standard input' : path
  try {
    return parsePasswords(readFileSync(path === '-' ? 0 : path, 'utf8'), name)
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    const { code } = cause as NodeJS.ErrnoException
    throw new UserError({ cause: `${name} cannot be read: ${code}`, remedy: FILE_REMEDY }, EXIT_CODES.badInput)
  }
}
