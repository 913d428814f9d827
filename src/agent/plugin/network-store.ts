import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../host/atomic-file.ts'

export interface DockerNetwork {
  /** Containers send multicast to this network. */
  readonly multicast: boolean
}

/** What Docker said of its networks when it made them: it does not say so again after a restart. */
export class NetworkStore {
  readonly #folder: string

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, 'networks')
  }

  save(id: string, network: DockerNetwork): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    replaceFile(this.#file(id), `${JSON.stringify(network)}\n`, 0o600)
  }

  /** Of a network that was made elsewhere, nothing is known. */
  load(id: string): DockerNetwork {
    try {
      return JSON.parse(readFileSync(this.#file(id), 'utf8')) as DockerNetwork
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { multicast: false }
      throw cause
    }
  }

  /** True of a network of this plugin. */
  has(id: string): boolean {
    return existsSync(this.#file(id))
  }

  remove(id: string): void {
    rmSync(this.#file(id), { force: true })
  }

  #file(id: string): string {
    if (!/^[0-9a-z]{1,64}$/.test(id)) throw new Error(`'${id}' is not the id of a network`)
    return join(this.#folder, `${id}.json`)
  }
}
