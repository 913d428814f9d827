import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../host/atomic-file.ts'

const FILE_NAME = /^([0-9a-f]{64})\.json$/

/** One file for each container: commands that run side by side never write the same one. */
export class ContainerFiles<T> {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  ids(): readonly string[] {
    return this.#unlessAbsent(() => readdirSync(this.#folder).flatMap(name => FILE_NAME.exec(name)?.[1] ?? [])) ?? []
  }

  load(id: string): T | undefined {
    return this.#unlessAbsent(() => JSON.parse(readFileSync(this.#file(id), 'utf8')) as T)
  }

  save(id: string, value: T): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    replaceFile(this.#file(id), `${JSON.stringify(value)}\n`, 0o600)
  }

  remove(id: string): void {
    rmSync(this.#file(id), { force: true })
  }

  #file(id: string): string {
    return join(this.#folder, `${id}.json`)
  }

  #unlessAbsent<R>(read: () => R): R | undefined {
    try {
      return read()
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw cause
    }
  }
}
