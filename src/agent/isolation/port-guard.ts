import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  formatIpOnNetwork,
  type IpAddress,
  type IpNetwork,
  type IpOnNetwork,
  parseIpOnNetwork,
} from '../../base/ip-address.ts'
import { UserError } from '../../base/user-error.ts'
import { replaceFile } from '../host/atomic-file.ts'
import { loadLibc } from '../linux/libc.ts'
import { ruleGeneration } from '../linux/rule-generation.ts'
import { runAside, tryAside } from '../linux/run-aside.ts'
import type { Argv } from '../linux/run-command.ts'
import {
  type GuardedPort,
  ISOLATION_TABLE,
  isolationRemoval,
  isolationText,
  replacePortText,
} from './isolation-rules.ts'

const APPLY = ['nft', '-f', '-'] as const
const LIST = ['nft', 'list', 'table', 'bridge', ISOLATION_TABLE] as const
/** A port is guarded before it is made, and it may take Docker so long to make it. */
const FORGOTTEN_AFTER_MS = 600_000
/** While one of two containers is on its way to its port, the other is told that the address is taken. */
const MADE_WITHIN_MS = 5_000
const ATTEMPTS_MAX = 5

export interface PortGuardOptions {
  /** On a file system that a reboot empties: the devices go with it. */
  readonly folder: string
  readonly overlay: IpNetwork | undefined
  /** Told when the kernel or its tool cannot do it: the container has its network all the same. */
  readonly failed: (reason: string) => void
}

/** How the kernel's rules are asked for and changed; `run` fails with a `UserError` for what is refused. */
export interface GuardCommands {
  run(input: string, argv: Argv): unknown
  ask(argv: Argv): Promise<string | undefined> | string | undefined
  /** Another number with each change of the host's rules; undefined where changes cannot be told. */
  generation(): number | undefined
}

const OF_HOST: GuardCommands = {
  run: (input, argv) => runAside(argv, { input }),
  ask: tryAside,
  generation: () => ruleGeneration(loadLibc()),
}

export type PortGuarding = Pick<PortGuard, 'admit' | 'release' | 'holderOf'>

/** Keeps containers of different subnets apart in the data path; used by commands and agent side by side. */
export class PortGuard {
  readonly #options: PortGuardOptions
  readonly #commands: GuardCommands
  /** When the rules were last seen to be whole: of which ports, and which generation they were. */
  #whole: string | undefined
  /** Rules of one change are not overtaken by those of the next. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: PortGuardOptions, commands: GuardCommands = OF_HOST) {
    this.#options = options
    this.#commands = commands
  }

  /** What the container behind the port may have; in force before the port is made, if that waits. Others are told at once who has the addresses. */
  async admit(device: string, addresses: readonly IpOnNetwork[]): Promise<void> {
    if (addresses.length === 0) return this.release(device)
    const before = this.#load(device)
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 })
    const record = { addresses: addresses.map(formatIpOnNetwork) }
    replaceFile(this.#file(device), `${JSON.stringify(record)}\n`, 0o600)
    await this.#inTurn(() => this.#change(before, { device, addresses }))
  }

  async release(device: string): Promise<void> {
    const before = this.#load(device)
    if (before === undefined) return
    rmSync(this.#file(device), { force: true })
    await this.#inTurn(() => this.#change(before, undefined))
  }

  /** A port that is there, or that was admitted just before it is made, whose container has the address. */
  holderOf(address: IpAddress): string | undefined {
    const isHeld = ({ device, addresses }: GuardedPort) =>
      addresses.some(one => one.address === address) &&
      (isThere(`/sys/class/net/${device}`) || this.#ageMs(device) < MADE_WITHIN_MS)
    return this.#list().find(isHeld)?.device
  }

  /**
   * Puts back what another program has flushed, and forgets ports that are gone. True when there was something to put back. Runs no program
   * where no port is guarded, nor while nobody has changed a rule of the host's.
   */
  async restore(): Promise<boolean> {
    await this.#prune()
    const devices = this.#list().map(({ device }) => device)
    const generation = this.#commands.generation()
    const state = generation === undefined ? undefined : [generation, ...devices].join(' ')
    if (devices.length === 0 || (state !== undefined && state === this.#whole)) return false
    const isWhole = await this.#isWhole(devices)
    this.#whole = isWhole ? state : undefined
    if (!isWhole) await this.#inTurn(() => this.#applyAll())
    return !isWhole
  }

  /** The table and all records of it. */
  async remove(): Promise<void> {
    rmSync(this.#options.folder, { recursive: true, force: true })
    if ((await this.#commands.ask(LIST)) !== undefined) await this.#commands.run(isolationRemoval(), APPLY)
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work)
    // Who waits for it is told why it failed.
    this.#last = done.catch(() => undefined)
    return done
  }

  async #isWhole(devices: readonly string[]): Promise<boolean> {
    const shown = await this.#commands.ask(LIST)
    const parts = ['iifname @guarded jump', 'oifname @guarded jump', ...devices.map(device => `"${device}"`)]
    return parts.every(part => shown?.includes(part) === true)
  }

  async #change(before: GuardedPort | undefined, after: GuardedPort | undefined): Promise<void> {
    try {
      await this.#commands.run(replacePortText(before, after, this.#options.overlay), APPLY)
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause
      // There is no table, or it is not what the records say.
      await this.#applyAll()
    }
  }

  async #applyAll(): Promise<void> {
    const problem = await this.#problemOfApplying(true)
    if (problem === undefined) return
    const { failed } = this.#options
    failed((await this.#problemOfApplying(false)) ?? `who says to be an IPv6 neighbour is not looked at: ${problem}`)
  }

  /** Until the records are still those that were applied: a command at work beside this one may have changed them. */
  async #problemOfApplying(judgesNeighbours: boolean): Promise<string | undefined> {
    const wanted = () => isolationText(this.#list(), this.#options.overlay, judgesNeighbours)
    try {
      for (let i = 0; i < ATTEMPTS_MAX; i++) {
        const text = wanted()
        await this.#commands.run(text, APPLY)
        if (text === wanted()) break
      }
      return undefined
    } catch (cause) {
      if (cause instanceof UserError) return cause.message
      throw cause
    }
  }

  async #prune(): Promise<void> {
    for (const { device } of this.#list()) {
      if (isThere(`/sys/class/net/${device}`)) continue
      if (this.#ageMs(device) > FORGOTTEN_AFTER_MS) await this.release(device)
    }
  }

  #ageMs(device: string): number {
    const made = statSync(this.#file(device), { throwIfNoEntry: false })
    return made === undefined ? Number.POSITIVE_INFINITY : Date.now() - made.mtimeMs
  }

  #list(): readonly GuardedPort[] {
    try {
      return readdirSync(this.#options.folder)
        .filter(name => /^[\w-]{1,15}$/.test(name))
        .sort()
        .flatMap(device => this.#load(device) ?? [])
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw cause
    }
  }

  #load(device: string): GuardedPort | undefined {
    try {
      const record = JSON.parse(readFileSync(this.#file(device), 'utf8')) as { addresses: readonly string[] }
      const addresses = record.addresses.flatMap(text => {
        const address = parseIpOnNetwork(text)
        return address.ok ? [address.value] : []
      })
      return { device, addresses }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw cause
    }
  }

  #file(device: string): string {
    return join(this.#options.folder, device)
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}
