import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../base/user-error.ts'

export type Argv = readonly [program: string, ...args: string[]]

/** Where commands are when PATH is empty, as in some boot scripts. */
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`

/** Runs a short command to its end and returns its standard output. */
export function runCommand(argv: Argv): string {
  return runCommandWith('', argv)
}

/** The same with a text as its standard input. */
export function runCommandWith(input: string, argv: Argv): string {
  const [program, ...args] = argv
  const ended = spawnSync(program, args, { input, encoding: 'utf8', env: { ...process.env, PATH, LC_ALL: 'C' } })
  const { code } = (ended.error ?? {}) as NodeJS.ErrnoException
  // A program that ends before it has read its input says itself what is wrong.
  const hasSpoken = code === 'EPIPE' && ended.status !== null
  if (ended.error !== undefined && !hasSpoken) {
    const cause = `'${program}' could not be run: ${code ?? ended.error.message}`
    throw new UserError({ cause, remedy: `install the program '${program}'` })
  }
  if (ended.status !== 0) throw commandFailed(argv, `${ended.stderr}${ended.stdout}`)
  return ended.stdout
}

/** Whether the host has the program. */
export function hasProgram(program: string): boolean {
  return pathOf(program) !== undefined
}

/** Where the host has the program. */
export function pathOf(program: string): string | undefined {
  const folders = PATH.split(':').filter(folder => folder !== '')
  return folders.map(folder => join(folder, program)).find(path => existsSync(path))
}

/** Undefined when the command fails: for questions whose answer may be no. */
export function tryCommand(argv: Argv): string | undefined {
  try {
    return runCommand(argv)
  } catch (cause) {
    if (cause instanceof UserError) return undefined
    throw cause
  }
}

function commandFailed(argv: Argv, output: string): UserError {
  const isForbidden = /permitted|permission/i.test(output)
  const said = output.trim().split('\n').pop() ?? ''
  return new UserError({
    cause: `'${argv.join(' ')}' failed: ${said}`,
    remedy: isForbidden
      ? 'run as root, with the capability CAP_NET_ADMIN'
      : 'mend what the message names, then try again',
  })
}
