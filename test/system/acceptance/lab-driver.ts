import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { UserError } from '../../../src/base/user-error.ts'
import { labOfInventory } from '../../../src/cli/provision/lab-of-inventory.ts'
import type { Lab, RunOptions } from '../../../src/lab/index.ts'
import { violationsOfAnswer } from '../../json-schema.ts'
import { patiently } from '../agent/patience.ts'

const CLI = resolve('bin/weave-provision.mjs')

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Drives the product as a user does, by its command line, on a copy of the lab's inventory: the copy has a lab of its own, so a
 * lab that somebody is working in is left alone.
 */
export class LabDriver {
  readonly directory = mkdtempSync(join(tmpdir(), 'weave-acceptance-'))
  readonly folder = join(this.directory, 'lab')
  readonly inventory: string
  readonly vaultPassword = join(this.directory, 'vault-password')
  #lab: Lab | undefined

  /** `file`: of a folder that is not an inventory as a whole. */
  constructor(source = 'inventories/lab', file = '') {
    this.inventory = join(this.folder, file)
    writeFileSync(this.vaultPassword, `${randomBytes(16).toString('hex')}\n`, { mode: 0o600 })
    cpSync(source, this.folder, { recursive: true, filter: path => !/weave\.(lock|cluster)/.test(path) })
  }

  /** Runs `weave-provision` with the lab's inventory. Does not throw for an exit code: that is for the test to judge. */
  async provision(args: readonly string[], environment: Record<string, string> = {}): Promise<Outcome> {
    const words = this.#wordsOf(args)
    const result = await execa(process.execPath, [CLI, ...words], {
      reject: false,
      stdin: 'ignore',
      env: { ANSIBLE_VAULT_PASSWORD_FILE: this.vaultPassword, ...environment },
      maxBuffer: 256 * 1024 * 1024,
    })
    const stdout = String(result.stdout)
    const wrong = violationsOfAnswer(args, stdout)
    if (wrong.length > 0) throw new Error(`${words.join(' ')} does not keep to its schema: ${wrong.join('; ')}`)
    return { exitCode: result.exitCode ?? 1, stdout, stderr: String(result.stderr) }
  }

  /** Starts `weave-provision` in a group of processes of its own, for the test to end; what it prints can be read. */
  start(args: readonly string[]): ChildProcess {
    const env = { ...process.env, ANSIBLE_VAULT_PASSWORD_FILE: this.vaultPassword }
    const stdio = ['ignore', 'pipe', 'ignore'] as const
    const child = spawn(process.execPath, [CLI, ...this.#wordsOf(args)], { detached: true, stdio: [...stdio], env })
    child.stdout?.resume()
    return child
  }

  #wordsOf(args: readonly string[]): readonly string[] {
    const [command = '', ...rest] = args
    return command === 'lab' || command === 'lock'
      ? [command, rest[0] ?? '', '-i', this.inventory, ...rest.slice(1)]
      : [command, '-i', this.inventory, ...rest]
  }

  /** Runs a command on a host and returns what it printed; throws when it fails. */
  async on(host: string, argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const outcome = await this.tryOn(host, argv, options)
    if (outcome.exitCode !== 0)
      throw new Error(`${host}: ${argv.join(' ')}: exit ${outcome.exitCode}: ${outcome.stderr || outcome.stdout}`)
    return outcome.stdout.trim()
  }

  /** As `lab exec` does it, in this process: tests look into hosts some hundred times, and a start of the product takes most of a second. */
  async tryOn(host: string, argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    this.#lab ??= await labOfInventory(this.inventory)
    try {
      const { status, stdout, stderr } = await this.#lab.exec(host, argv, options)
      return { exitCode: status, stdout, stderr }
    } catch (cause) {
      // A host that does not run, or ends at this moment; all else is a defect of the lab.
      const { code } = cause as NodeJS.ErrnoException
      if (!(cause instanceof UserError) && code !== 'ENOENT' && code !== 'ESRCH') throw cause
      return { exitCode: 1, stdout: '', stderr: String(cause) }
    }
  }

  /** Like `on`, with a file of this machine as the command's standard input. */
  async feed(host: string, argv: readonly string[], file: string): Promise<void> {
    await this.on(host, argv, { input: readFileSync(file) })
  }

  async shell(host: string, script: string): Promise<string> {
    return this.on(host, ['sh', '-c', script])
  }

  /** Ends the lab and removes all that it left; for `afterAll`, also when tests failed. */
  async dispose(): Promise<Outcome> {
    const outcome = await this.provision(['lab', 'down', '--wipe'])
    rmSync(this.directory, { recursive: true, force: true })
    return outcome
  }
}

/** A server that was only just asked to listen may not do so yet: then nobody is there. */
export async function retried(fetch: () => Promise<string>): Promise<string> {
  for (let left = patiently(20); ; left--) {
    try {
      return await fetch()
    } catch (cause) {
      if (left <= 0 || !String(cause).includes('ConnectionRefusedError')) throw cause
      await new Promise(wake => setTimeout(wake, 500))
    }
  }
}
