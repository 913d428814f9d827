import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { type BootOptions, supervisorCommand } from './boot.ts'
import type { HostClass, LabHost } from './description.ts'
import { findInit, isListening, killAll, POWER_OFF_SIGNALS, sendSignal, waitFor } from './processes.ts'

const SSH_PORT = 22
const SUPERVISOR_LIMIT_MS = 10_000
const POWER_OFF_LIMIT_MS = 30_000

export type HostState = 'running' | 'starting' | 'stopped'

/** The processes of the hosts of one lab: whether they run, starting and stopping them. */
export class LabHosts {
  readonly #options: BootOptions

  constructor(options: BootOptions) {
    this.#options = options
  }

  async state(host: string): Promise<HostState> {
    if (!(await this.#isSupervised(host))) return 'stopped'
    const init = await this.initOf(host)
    return init !== undefined && (await isListening(init, SSH_PORT)) ? 'running' : 'starting'
  }

  /** The machine's number of the host's PID 1. */
  async initOf(host: string): Promise<number | undefined> {
    return findInit(await this.#options.groups.processesOf(host))
  }

  async start(host: LabHost): Promise<void> {
    await this.clear(host.name)
    const [command = '', ...rest] = supervisorCommand(host, this.#options)
    const log = await open(this.#options.instance.consoleLog(host.name), 'a')
    const child = spawn(command, rest, { stdio: ['ignore', log.fd, log.fd], detached: true })
    child.unref()
    await log.close()
    const isUp = await waitFor(
      async () => ((await this.#isSupervised(host.name)) || child.exitCode !== null ? true : undefined),
      SUPERVISOR_LIMIT_MS,
    )
    if (isUp !== true || child.exitCode !== null) throw new Error(`host '${host.name}' did not start`)
  }

  /** An orderly power-off; a hard one when the host does not follow. */
  async stop(host: { readonly name: string; readonly hostClass: HostClass }): Promise<'orderly' | 'hard'> {
    const init = await this.initOf(host.name)
    if (init !== undefined) sendSignal(init, POWER_OFF_SIGNALS[host.hostClass])
    const isOff = await waitFor(
      async () => ((await this.#isSupervised(host.name)) ? undefined : true),
      init === undefined ? 0 : POWER_OFF_LIMIT_MS,
    )
    await this.clear(host.name)
    return isOff === true ? 'orderly' : 'hard'
  }

  /** Ends whatever is left of a host: the supervisor first, or it would boot the host again. */
  async clear(host: string): Promise<void> {
    const { groups } = this.#options
    await killAll(() => groups.supervisorProcesses(host))
    await killAll(() => groups.processesOf(host))
    await groups.remove(host)
  }

  async #isSupervised(host: string): Promise<boolean> {
    return (await this.#options.groups.supervisorProcesses(host)).length > 0
  }
}
