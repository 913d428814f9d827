import { execFile } from 'node:child_process'
import { UserError } from '../../base/user-error.ts'
import {
  type Argv,
  COMMAND_LIMIT_MS,
  COMMAND_OUTPUT_BYTES_MAX,
  commandFailed,
  commandHangs,
  commandNotRun,
  environment,
} from './run-command.ts'

interface AsideWish {
  /** Its standard input. */
  readonly input?: string
  readonly limitMs?: number
}

/**
 * Runs a command to its end and gives its standard output; the process goes on meanwhile. A router that waited for a program would be given up by its
 * neighbours after four seconds. One that does not even let itself be killed is left to itself.
 */
export function runAside(argv: Argv, { input = '', limitMs = COMMAND_LIMIT_MS }: AsideWish = {}): Promise<string> {
  const [program, ...args] = argv
  return new Promise((resolve, reject) => {
    const how = { encoding: 'utf8', env: environment(), maxBuffer: COMMAND_OUTPUT_BYTES_MAX } as const
    const child = execFile(program, args, how, (failure, stdout, stderr) => {
      clearTimeout(limit)
      if (failure === null) return resolve(stdout)
      const { code } = failure
      // A number is how the program ended.
      reject(typeof code === 'string' ? commandNotRun(argv, code) : commandFailed(argv, `${stderr}${stdout}`))
    })
    const limit = setTimeout(() => {
      child.kill('SIGKILL')
      child.unref()
      reject(commandHangs(argv, limitMs))
    }, limitMs)
    // A program that ends before it has read its input says itself what is wrong.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

/** Undefined when the command fails: for questions whose answer may be no. */
export async function tryAside(argv: Argv): Promise<string | undefined> {
  try {
    return await runAside(argv)
  } catch (cause) {
    if (cause instanceof UserError) return undefined
    throw cause
  }
}
