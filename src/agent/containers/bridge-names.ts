import { type IpNetwork, type IpOnNetwork, networkContains, parseIpAddress } from '../../base/ip-address.ts'
import { namesOf } from '../docker/container-names.ts'
import type { DockerClient } from '../docker/docker-client.ts'
import type { ContainerDetails, ContainerNetwork } from '../docker/docker-shapes.ts'
import type { AddressSource } from '../http/address-client.ts'
import type { NetworkStore } from '../plugin/network-store.ts'
import type { GivenNames } from './given-names.ts'

/** Others have names too: `weave:expose`, `weave:extern`. */
const CONTAINER_ID = /^[0-9a-f]{64}$/

export interface BridgeNamesOptions {
  readonly docker: Pick<DockerClient, 'find'>
  readonly addresses: AddressSource
  /** Networks that the bridge reaches, at the time. */
  readonly reached: () => readonly IpNetwork[]
  /** The plugin's, which may have any subnet. */
  readonly networks: Pick<NetworkStore, 'has'>
  readonly given: GivenNames
}

/**
 * Names for the containers to which Docker gave an address of the overlay, by its own bridge or by a network of the plugin: nothing
 * else is asked of their users.
 */
export class BridgeNames {
  readonly #options: BridgeNamesOptions
  /** Of containers that run, where they have names. */
  readonly #named = new Map<string, readonly IpOnNetwork[]>()

  constructor(options: BridgeNamesOptions) {
    this.#options = options
  }

  /** Of a container that runs: where it is by now, and nowhere else. */
  async add(id: string): Promise<void> {
    const { docker, addresses } = this.#options
    const domains = await addresses.domains()
    const container = domains.length === 0 ? undefined : await docker.find(id)
    if (container?.isRunning !== true) return
    await this.#name(container, domains)
    // One that has only been started is not known to be well.
    if (container.health !== undefined) await addresses.judge(id, container.health === 'healthy')
  }

  async #name(container: ContainerDetails, domains: readonly string[]): Promise<void> {
    const { addresses, given } = this.#options
    const reached = this.#reachedAt(container.networks)
    await this.#leave(container.id, reached)
    for (const address of reached) {
      for (const name of namesOf(container, domains)) await addresses.addName(container.id, address, name)
    }
    for (const { fqdn, address } of given.of(container.id)) {
      const own = address === '' ? [...reached, ...(await addresses.leases(container.id))] : hostAddress(address)
      for (const one of own) await addresses.addName(container.id, one, fqdn)
    }
  }

  /** It may have been taken off a network. */
  async #leave(id: string, reached: readonly IpOnNetwork[]): Promise<void> {
    const before = this.#named.get(id) ?? []
    this.#named.set(id, reached)
    for (const one of before) {
      if (!reached.some(({ address }) => address === one.address)) await this.#options.addresses.removeNames(id, one)
    }
  }

  #reachedAt(containerNetworks: readonly ContainerNetwork[]): readonly IpOnNetwork[] {
    const { networks, reached } = this.#options
    const all = reached()
    return containerNetworks.flatMap(({ id, addresses }) => {
      const isOurs = id !== '' && networks.has(id)
      const isReached = (address: bigint) => isOurs || all.some(one => networkContains(one, address))
      return addresses.flatMap(hostAddress).filter(({ address }) => isReached(address))
    })
  }

  /** Takes away names of containers that ended while nobody listened. */
  async prune(): Promise<void> {
    const { docker, addresses } = this.#options
    for (const id of await addresses.nameOwners()) {
      if (CONTAINER_ID.test(id) && (await docker.find(id))?.isRunning !== true) await this.remove(id)
    }
  }

  async remove(id: string): Promise<void> {
    const { addresses } = this.#options
    this.#named.delete(id)
    if ((await addresses.domains()).length > 0) await addresses.removeNames(id)
  }
}

function hostAddress(text: string): readonly IpOnNetwork[] {
  const address = parseIpAddress(text)
  return address.ok ? [{ address: address.value, prefix: 128 }] : []
}
