import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../host/atomic-file.ts'

/** What a container was given, kept so that it gets the same again when it is started again (Weave row LAN-10). */
export interface Attachment {
  readonly id: string
  /** As `10.2.1.1/24`. */
  readonly addresses: readonly string[]
  readonly multicastRoute: boolean
  readonly rewriteHosts: boolean
  readonly dns: boolean
  /** `HOST:IP`, for its /etc/hosts. */
  readonly extraHosts: readonly string[]
}

const FILE_NAME = /^([0-9a-f]{64})\.json$/

/** One file for each container: commands that run side by side never write the same one. */
export class AttachmentStore {
  readonly #folder: string

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, 'containers')
  }

  ids(): readonly string[] {
    try {
      return readdirSync(this.#folder).flatMap(name => FILE_NAME.exec(name)?.[1] ?? [])
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw cause
    }
  }

  load(id: string): Attachment | undefined {
    try {
      return JSON.parse(readFileSync(this.#file(id), 'utf8')) as Attachment
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw cause
    }
  }

  /** Without addresses, the record goes. */
  save(attachment: Attachment): void {
    if (attachment.addresses.length === 0) return this.remove(attachment.id)
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    replaceFile(this.#file(attachment.id), `${JSON.stringify(attachment)}\n`, 0o600)
  }

  remove(id: string): void {
    rmSync(this.#file(id), { force: true })
  }

  #file(id: string): string {
    return join(this.#folder, `${id}.json`)
  }
}
