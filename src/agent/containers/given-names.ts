import { join } from 'node:path'
import { ContainerFiles } from './container-files.ts'

/** A name that a person gave to a container. */
export interface GivenName {
  readonly fqdn: string
  /** '' for whichever addresses the container has. */
  readonly address: string
}

/** Kept until the container is removed: over restarts of container, Docker, agent and host (Weave row CLI-10). */
export class GivenNames {
  readonly #files: ContainerFiles<readonly GivenName[]>

  constructor(stateFolder: string) {
    this.#files = new ContainerFiles(join(stateFolder, 'names'))
  }

  ids(): readonly string[] {
    return this.#files.ids()
  }

  of(id: string): readonly GivenName[] {
    return this.#files.load(id) ?? []
  }

  /** Without addresses, for whichever the container has. */
  add(id: string, fqdn: string, addresses: readonly string[]): void {
    const added = (addresses.length === 0 ? [''] : addresses).map(address => ({ fqdn, address }))
    const isNew = (one: GivenName) => added.every(other => other.fqdn !== one.fqdn || other.address !== one.address)
    this.#files.save(id, [...this.of(id).filter(isNew), ...added])
  }

  /** Without a name all of them, and without addresses each wholly. */
  remove(id: string, fqdn: string | undefined, addresses: readonly string[]): void {
    const isGoing = (one: GivenName) =>
      one.fqdn === (fqdn ?? one.fqdn) && (addresses.length === 0 || addresses.includes(one.address))
    const left = this.of(id).filter(one => !isGoing(one))
    if (left.length === 0) this.#files.remove(id)
    else this.#files.save(id, left)
  }

  forget(id: string): void {
    this.#files.remove(id)
  }
}
