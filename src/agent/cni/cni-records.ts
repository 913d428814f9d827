import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../host/atomic-file.ts'
import type { CniCall } from './cni-call.ts'

export interface CniRecord {
  readonly containerId: string
  readonly device: string
  /** Name of the network in the runtime’s configuration. */
  readonly network: string
}

type Key = Pick<CniRecord, 'containerId' | 'device'>

/** Which containers of a CNI runtime were given a device: GC has only the runtime’s list to go by. */
export class CniRecords {
  readonly #folder: string

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, 'cni')
  }

  save(record: CniRecord): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const { containerId, device, network } = record
    replaceFile(this.#file(record), `${JSON.stringify({ containerId, device, network })}\n`, 0o600)
  }

  remove(key: Key): void {
    rmSync(this.#file(key), { force: true })
  }

  /** Those of the call's network that the runtime does not list any more. */
  strays({ network, validAttachments }: Pick<CniCall, 'network' | 'validAttachments'>): readonly CniRecord[] {
    const isValid = (one: CniRecord) =>
      validAttachments.some(({ containerID, ifname }) => containerID === one.containerId && ifname === one.device)
    return this.list().filter(record => record.network === network && !isValid(record))
  }

  list(): readonly CniRecord[] {
    try {
      const files = readdirSync(this.#folder).filter(name => name.endsWith('.json'))
      return files.map(name => JSON.parse(readFileSync(join(this.#folder, name), 'utf8')) as CniRecord)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw cause
    }
  }

  /** A runtime’s ids are any words: they name no file. */
  #file({ containerId, device }: Key): string {
    return join(this.#folder, `${createHash('sha256').update(`${containerId} ${device}`).digest('hex')}.json`)
  }
}
