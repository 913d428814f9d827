import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../base/user-error.ts'

export type Argv = readonly [program: string, ...args: string[]]

/** Where commands are when PATH is empty, as in some boot scripts. */
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`

/** Longer than those wait that want a lock of another program's: they say themselves that they did not get it. */
export const COMMAND_LIMIT_MS = 75_000
/** Of its standard output; Node.js takes 1 MiB unless told otherwise, and hosts have rules and connections of more than that. */
export const COMMAND_OUTPUT_BYTES_MAX = 64 * 1024 * 1024
/** As `spawnSync` and `execFile` name it when there is more. */
const TOO_MUCH = ['ENOBUFS', 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER']

/**
 * Runs a short command to its end and returns its standard output. The process does nothing else meanwhile: for commands, and for the start of the
 * router.
 */
export function runCommand(argv: Argv, limitMs = COMMAND_LIMIT_MS): string {
  const [program, ...args] = argv
  const limits = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: COMMAND_OUTPUT_BYTES_MAX } as const
  const ended = spawnSync(program, args, {
    ...limits,
    encoding: 'utf8',
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { code } = (ended.error ?? {}) as NodeJS.ErrnoException
  if (code === 'ETIMEDOUT') throw commandHangs(argv, limitMs)
  if (ended.error !== undefined) throw commandNotRun(argv, code ?? ended.error.message)
  if (ended.status !== 0) throw commandFailed(argv, `${ended.stderr}${ended.stdout}`)
  return ended.stdout
}

/** Of what runs a command: where programs are, and in the language that is understood here. */
export function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH, LC_ALL: 'C' }
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
export function tryCommand(argv: Argv, limitMs = COMMAND_LIMIT_MS): string | undefined {
  try {
    return runCommand(argv, limitMs)
  } catch (cause) {
    if (cause instanceof UserError) return undefined
    throw cause
  }
}

/** `reason`: the name of a system call's error, or of one of Node.js. */
export function commandNotRun(argv: Argv, reason: string): UserError {
  const [program] = argv
  if (TOO_MUCH.includes(reason)) {
    return new UserError({
      cause: `'${argv.join(' ')}' printed more than ${COMMAND_OUTPUT_BYTES_MAX >> 20} MB, and was ended`,
      remedy: 'run it by hand to see what there is so much of, and remove what nobody needs',
    })
  }
  const remedies: Readonly<Record<string, string>> = {
    ENOENT: `install the program '${program}'`,
    EACCES: `let root run '${program}': look at its mode, and at what guards this host, such as AppArmor`,
    EAGAIN: 'raise the limit of processes (ulimit -u, pids.max), or end some',
    ENOMEM: 'free memory, then try again',
  }
  return new UserError({
    cause: `'${program}' could not be run: ${reason}`,
    remedy: remedies[reason] ?? `see that '${program}' runs by hand, then try again`,
  })
}

export function commandHangs(argv: Argv, limitMs: number): UserError {
  return new UserError({
    cause: `'${argv.join(' ')}' has not ended within ${limitMs / 1000} s, and was killed`,
    remedy: 'run it by hand to see what it waits for, such as another program that holds a lock; then try again',
  })
}

export function commandFailed(argv: Argv, output: string): UserError {
  const isForbidden = /permitted|permission/i.test(output)
  const said = output.trim().split('\n').pop() ?? ''
  return new UserError({
    cause: `'${argv.join(' ')}' failed: ${said}`,
    remedy: isForbidden
      ? 'run as root, with the capability CAP_NET_ADMIN'
      : 'mend what the message names, then try again',
  })
}
