import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { execa } from 'execa'
import { UserError } from '../../base/user-error.ts'
import {
  type PlaybookRequest,
  type PlaybookSurroundings,
  playbookArgv,
  playbookEnvironment,
} from '../commands/playbook-command.ts'
import { configuresForks, configuresSshArguments } from './ansible-configuration.ts'
import { endConnections } from './connections.ts'
import { type PlaybookEvent, parseEvent } from './event.ts'
import { forwardInterrupts } from './interrupts.ts'

export interface PlaybookRun {
  readonly exitCode: number
  /** The end of what Ansible printed; empty when it was shown as it came. */
  readonly output: string
  readonly isInterrupted: boolean
}

export interface RunOptions {
  readonly projectRoot: string
  /** A folder of this run, for sockets. */
  readonly privateFolder: string
  /** Sockets of SSH connections that others use too, and end. */
  readonly connectionsFolder?: string | undefined
  readonly vaultPasswordFile?: string | undefined
  /** Where Ansible's own output goes when it is asked for. */
  readonly outputFd: 1 | 2
  readonly onEvent: (event: PlaybookEvent) => void
}

const EVENTS_FD = 3
const OUTPUT_KEPT = 64 * 1024

/** Runs Ansible to its end, whatever that is. A first Ctrl-C lets it finish what it is at. */
export async function runPlaybook(request: PlaybookRequest, options: RunOptions): Promise<PlaybookRun> {
  const controlFolder = options.connectionsFolder ?? join(options.privateFolder, 'connections')
  const [program, ...args] = playbookArgv(request)
  const isShown = request.verbosity > 0
  const subprocess = execa(program, args, {
    stdio: [
      process.stdin.isTTY ? 'inherit' : 'ignore',
      isShown ? options.outputFd : 'pipe',
      isShown ? 2 : 'pipe',
      'pipe',
    ],
    env: playbookEnvironment(surroundingsOf(options, controlFolder)),
    buffer: false,
    reject: false,
  })
  const output = new OutputTail()
  for (const stream of [subprocess.stdout, subprocess.stderr]) stream?.on('data', chunk => output.add(chunk))
  const events = readEvents(subprocess.stdio[EVENTS_FD] as Readable | null, options.onEvent)
  const interrupts = forwardInterrupts(signal => subprocess.kill(signal))
  try {
    const result = await subprocess
    if (result.code === 'ENOENT') throw missing(program)
    await events
    return { exitCode: result.exitCode ?? 1, output: output.text(), isInterrupted: interrupts.hasHappened() }
  } finally {
    interrupts.stop()
    if (options.connectionsFolder === undefined) await endConnections(controlFolder)
  }
}

function surroundingsOf(options: RunOptions, controlFolder: string): PlaybookSurroundings {
  return {
    projectRoot: options.projectRoot,
    controlFolder,
    eventsFd: EVENTS_FD,
    vaultPasswordFile: options.vaultPasswordFile,
    hasOwnSshArguments: configuresSshArguments(process.env),
    hasOwnForks: configuresForks(process.env),
    inherited: process.env,
  }
}

async function readEvents(stream: Readable | null, onEvent: (event: PlaybookEvent) => void): Promise<void> {
  if (stream === null) return
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    const event = parseEvent(line)
    if (event !== undefined) onEvent(event)
  }
}

function missing(program: string): UserError {
  const remedy = program === 'ip' ? 'install iproute2: apt-get install iproute2' : 'apt-get install ansible-core'
  return new UserError({ cause: `${program} is not installed on this machine`, remedy })
}

/** Keeps the last of what is printed: that is where it says why it ended. */
class OutputTail {
  #text = ''

  add(chunk: unknown): void {
    this.#text = `${this.#text}${String(chunk)}`.slice(-OUTPUT_KEPT)
  }

  text(): string {
    return this.#text
  }
}
