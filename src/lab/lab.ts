import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { EXIT_CODES, UserError } from '../base/user-error.ts'
import { type BaseImage, baseImageOf } from './base-image.ts'
import { bringDown, bringUp } from './bring.ts'
import { type Capture, type CaptureOptions, startCapture } from './capture.ts'
import { LabGroups } from './cgroups.ts'
import type { LabDescription, LabHost } from './description.ts'
import { enterCommand } from './enter.ts'
import { cut, faultBetween, heal } from './faults.ts'
import { LabHosts } from './hosts.ts'
import { LabInstance } from './instance.ts'
import { requireRoot } from './prerequisites.ts'
import type { OnProgress } from './progress.ts'
import { attempt, type RunOptions, type RunResult } from './run.ts'
import { ansibleArguments, controlPrefix, sshCommand } from './ssh.ts'
import { type LabStatus, statusOf } from './status.ts'

/** What the parts of a running lab are found by. */
export interface LabParts {
  readonly description: LabDescription
  readonly instance: LabInstance
  readonly groups: LabGroups
  readonly hosts: LabHosts
  readonly base: BaseImage
  readonly filesFolder: string
}

/** Hosts made of namespaces on this machine, as an inventory describes them. Nothing is made before `up`. */
export class Lab {
  readonly #parts: LabParts

  private constructor(parts: LabParts) {
    this.#parts = parts
  }

  /** `templatesFolder` is the project's: the scripts that run below the lab are in its folder `lab`. */
  static async open(description: LabDescription, templatesFolder: string): Promise<Lab> {
    requireRoot()
    const filesFolder = join(templatesFolder, 'lab')
    const folder = await realpath(description.folder)
    const instance = new LabInstance(folder)
    const groups = await LabGroups.ofMachine(instance)
    const base = await baseImageOf(filesFolder)
    const hosts = new LabHosts({ instance, groups, lowerFolder: base.root, filesFolder })
    return new Lab({ description: { ...description, folder }, instance, groups, hosts, base, filesFolder })
  }

  get id(): string {
    return this.#parts.instance.id
  }

  /** Resolves when every host is booted and lets root in; at once when all are. */
  async up(options: { readonly onProgress?: OnProgress } = {}): Promise<void> {
    await bringUp(this.#parts, options.onProgress ?? (() => undefined))
  }

  /** Powers the hosts off and removes all but their disks; with `wipe` those too. */
  async down(options: { readonly wipe?: boolean; readonly onProgress?: OnProgress } = {}): Promise<void> {
    await bringDown(this.#parts, { wipe: options.wipe ?? false, onProgress: options.onProgress ?? (() => undefined) })
  }

  async status(): Promise<LabStatus> {
    return statusOf(this.#parts)
  }

  /** Runs an argv as root in a host, past its network. The exit code is the command's. */
  async exec(host: string, argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return attempt(await this.execCommand(host, argv), options)
  }

  /** The argv that `exec` runs, for those who want to run it themselves. */
  async execCommand(host: string, argv: readonly string[]): Promise<readonly string[]> {
    const { groups, hosts, filesFolder } = this.#parts
    const init = await hosts.initOf(this.#host(host).name)
    if (init === undefined) throw notRunning(host)
    return enterCommand(argv, { init, hierarchies: groups.hierarchies, filesFolder })
  }

  /** A login over SSH from the control machine, as an operator has it. */
  shellCommand(host: string): readonly string[] {
    return sshCommand(this.#parts.instance, this.#host(host), { hasTerminal: true })
  }

  /** `second`: a host (no frame passes between the two, wherever they share a network) or a network. */
  async cut(first: string, second: string): Promise<void> {
    await cut(this.#parts.instance, faultBetween(this.#parts.description, first, second))
  }

  /** Undoes exactly what `cut` of the same two does. */
  async heal(first: string, second: string): Promise<void> {
    await heal(this.#parts.instance, faultBetween(this.#parts.description, first, second))
  }

  /** Resolves when the host's wires are listened to. */
  async capture(host: string, options: CaptureOptions = {}): Promise<Capture> {
    return startCapture(this.#parts.instance, this.#host(host), options)
  }

  /** To be put before a command that is to run on the control machine. */
  controlPrefix(): readonly string[] {
    return controlPrefix(this.#parts.instance)
  }

  /** The lab's key and host keys, to be appended to the arguments of `ansible-playbook`. */
  ansibleArguments(): readonly string[] {
    return ansibleArguments(this.#parts.instance)
  }

  /** A tar for `docker import`: busybox with all its names. There once the lab has been up. */
  containerImage(): string {
    return this.#parts.base.containerImage
  }

  #host(name: string): LabHost {
    const { hosts } = this.#parts.description
    const found = hosts.find(host => host.name === name)
    if (found !== undefined) return found
    const known = hosts.map(host => host.name).join(', ')
    throw new UserError({ cause: `the lab has no host '${name}'`, remedy: `it has: ${known}` }, EXIT_CODES.badInput)
  }
}

function notRunning(host: string): UserError {
  return new UserError({ cause: `host '${host}' does not run`, remedy: 'start it: weave-provision lab up' })
}
