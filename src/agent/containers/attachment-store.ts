import { join } from 'node:path'
import { ContainerFiles } from './container-files.ts'

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

export class AttachmentStore {
  readonly #files: ContainerFiles<Attachment>

  constructor(stateFolder: string) {
    this.#files = new ContainerFiles(join(stateFolder, 'containers'))
  }

  ids(): readonly string[] {
    return this.#files.ids()
  }

  load(id: string): Attachment | undefined {
    return this.#files.load(id)
  }

  /** Without addresses, the record goes. */
  save(attachment: Attachment): void {
    if (attachment.addresses.length === 0) this.remove(attachment.id)
    else this.#files.save(attachment.id, attachment)
  }

  remove(id: string): void {
    this.#files.remove(id)
  }
}
