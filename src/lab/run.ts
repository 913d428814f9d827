import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'

export interface RunOptions {
  readonly input?: string | Uint8Array
  readonly environment?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  /** Given each line of both outputs as it comes. */
  readonly onLine?: (line: string) => void
}

export interface RunResult {
  /** 128 and the signal's number when a signal ended it, as a shell has it. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** A command of the machine that could not do its work. */
export class CommandError extends Error {
  readonly code = 'COMMAND_FAILED'
  readonly result: RunResult

  constructor(argv: readonly string[], result: RunResult) {
    const said = result.stderr.trim() || result.stdout.trim() || 'it says nothing'
    super(`${argv.join(' ')} failed with ${result.status}: ${said.slice(-400)}`)
    this.name = 'CommandError'
    this.result = result
  }
}

/** Runs a command, whatever its exit code. */
export async function attempt(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [command = '', ...rest] = argv
  const child = spawn(command, rest, {
    env: { ...process.env, ...options.environment },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: 'SIGKILL' as const }),
  })
  const stdout = collect(child.stdout, options.onLine)
  const stderr = collect(child.stderr, options.onLine)
  // A command that ends without reading its input breaks the pipe; its exit code says what happened.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(options.input)
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  const status = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
  return { status, stdout: stdout.text(), stderr: stderr.text() }
}

/** Runs a command that has to succeed. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await attempt(argv, options)
  if (result.status !== 0) throw new CommandError(argv, result)
  return result.stdout
}

function collect(stream: NodeJS.ReadableStream | null, onLine?: (line: string) => void): { text(): string } {
  const chunks: Buffer[] = []
  let rest = ''
  stream?.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    if (onLine === undefined) return
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
  return { text: () => Buffer.concat(chunks).toString() }
}
