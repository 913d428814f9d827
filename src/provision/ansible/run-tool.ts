import { execa } from 'execa'
import { UserError } from '../../base/user-error.ts'

export interface ToolResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface ToolOptions {
  /** Given to standard input: the place for secrets, which argv and environment are not. */
  readonly input?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

/** Inventory plugins may ask a cloud; nothing that runs here needs longer. */
const TIMEOUT_MS = 120_000

const WORDS_MAX = 200

/** Without colours, and in English, because messages are read by program. */
const PLAIN = { ANSIBLE_NOCOLOR: '1', ANSIBLE_FORCE_COLOR: '0', LC_ALL: 'C.UTF-8' }

/** Runs one of Ansible's programs on the control machine. */
export async function runTool(argv: readonly [string, ...string[]], options: ToolOptions = {}): Promise<ToolResult> {
  const [program, ...args] = argv
  const result = await execa(program, args, {
    reject: false,
    stripFinalNewline: false,
    input: options.input ?? '',
    env: { ...PLAIN, ...options.environment },
    timeout: options.timeoutMs ?? TIMEOUT_MS,
    maxBuffer: 256 * 1024 * 1024,
  })
  if (result.code === 'ENOENT') throw missing(program)
  if (result.timedOut) throw tooSlow(program, options.timeoutMs ?? TIMEOUT_MS, lastLine(result.stderr, result.stdout))
  if (result.exitCode === undefined) throw new UserError(ended(program, result.shortMessage ?? 'by a signal'))
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr }
}

function missing(program: string): UserError {
  const remedy = 'install Ansible: apt-get install ansible-core'
  return new UserError({ cause: `${program} is not installed on this machine`, remedy })
}

function tooSlow(program: string, timeoutMs: number, said: string): UserError {
  const cause = `${program} did not end within ${timeoutMs / 1000} s${said === '' ? '' : `; its last words: ${said}`}`
  return new UserError({ cause, remedy: 'run it by hand to see what it waits for' })
}

/** Standard output counts where there is nothing else: of an inventory it is data. */
function lastLine(stderr: string, stdout: string): string {
  const lines = `${stdout}\n${stderr}`.split('\n').map(line => line.trim())
  return (lines.findLast(line => line !== '') ?? '').slice(0, WORDS_MAX)
}

function ended(program: string, message: string): { cause: string; remedy: string } {
  return { cause: `${program} was ended: ${message}`, remedy: 'run it again' }
}
