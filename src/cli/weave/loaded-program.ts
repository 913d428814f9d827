import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'
import { replaceFile } from '../../agent/host/atomic-file.ts'
import type { KeptCode } from '../../agent/runtime/kept-code.ts'

/** What the file's text is when it is evaluated: the build writes it so. */
type Program = (require: NodeJS.Require, module: { exports: unknown }, exports: unknown, programUrl: string) => void

export interface ProgramFiles {
  /** The program: ASCII text of one function. */
  readonly program: URL
  /** Where the engine's work on it is kept. What begins in another way is best kept elsewhere: other functions run. */
  readonly code: URL
}

/**
 * A program of this release, which the engine does not compile anew each time: what it has made of the functions that had run by then
 * is kept beside the program (`v8.Script` with `cachedData`; the cache of Node's modules holds none of these). Thirty routers that start at
 * once take an eighth less of their processors.
 */
export class LoadedProgram<Exports> {
  readonly exports: Exports
  readonly #script: Script
  readonly #code: string
  readonly #stamp: Buffer
  readonly #isKept: boolean
  /** Of no use once the engine has other flags. */
  readonly #flagsProbe = new Script('0').createCachedData()

  constructor({ program, code }: ProgramFiles) {
    const path = fileURLToPath(program)
    this.#code = fileURLToPath(code)
    this.#stamp = stampOf(path)
    const kept = readKept(this.#code, this.#stamp)
    this.#script = new Script(readFileSync(path, 'latin1'), {
      filename: path,
      ...(kept !== undefined && { cachedData: kept }),
    })
    // The engine has no use for what another version has made, or one with other flags.
    this.#isKept = kept !== undefined && this.#script.cachedDataRejected !== true
    const module = { exports: {} }
    const run = this.#script.runInThisContext() as Program
    run(createRequire(program), module, module.exports, program.href)
    this.exports = module.exports as Exports
  }

  /**
   * Keeps for the next start what the engine has made of the program, where it was not there or of no use. Takes some 10 ms. Call it
   * while the engine's flags are those of a start: they are noted in it. That it cannot be kept harms nothing.
   */
  readonly keepCode = (): KeptCode => {
    if (this.#isKept) return { by: 'an earlier start' }
    if (!this.#areFlagsOfStart) return { reason: 'the flags of the engine are not those of a start' }
    try {
      mkdirSync(dirname(this.#code), { recursive: true })
      replaceFile(this.#code, Buffer.concat([this.#stamp, this.#script.createCachedData()]), 0o644)
      return { by: 'this start' }
    } catch (cause) {
      return { reason: (cause as Error).message }
    }
  }

  /** Another text as long as that of the probe: one that the engine has not compiled yet. */
  get #areFlagsOfStart(): boolean {
    return new Script('1', { cachedData: this.#flagsProbe }).cachedDataRejected === false
  }
}

const STAMP_BYTES = 16

/** The engine compares no more than the length of the program's text. */
function stampOf(path: string): Buffer {
  const { mtimeMs, size } = statSync(path)
  const stamp = Buffer.alloc(STAMP_BYTES)
  stamp.writeDoubleBE(mtimeMs, 0)
  stamp.writeDoubleBE(size, 8)
  return stamp
}

function readKept(path: string, stamp: Buffer): Buffer | undefined {
  let kept: Buffer
  try {
    kept = readFileSync(path)
  } catch {
    // Nothing was kept yet, or it is not for this user: the program is compiled.
    return undefined
  }
  return kept.subarray(0, STAMP_BYTES).equals(stamp) ? kept.subarray(STAMP_BYTES) : undefined
}
