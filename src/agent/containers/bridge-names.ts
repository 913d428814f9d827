import { type IpNetwork, networkContains, parseIpAddress } from '../../base/ip-address.ts'
import { namesOf } from '../docker/container-names.ts'
import type { DockerClient } from '../docker/docker-client.ts'
import type { ContainerDetails } from '../docker/docker-shapes.ts'
import type { AddressSource } from '../http/address-client.ts'

export interface BridgeNamesOptions {
  readonly docker: Pick<DockerClient, 'find'>
  readonly addresses: AddressSource
  readonly overlay: IpNetwork | undefined
}

/** Names for the containers to which Docker itself gave an address of the overlay: nothing else is asked of their users. */
export class BridgeNames {
  readonly #options: BridgeNamesOptions

  constructor(options: BridgeNamesOptions) {
    this.#options = options
  }

  async add(id: string): Promise<void> {
    const { docker, addresses, overlay } = this.#options
    const domains = await addresses.domains()
    const container = domains.length === 0 ? undefined : await docker.find(id)
    if (container === undefined) return
    if (overlay !== undefined) await this.#name(container, domains, overlay)
    // One that has only been started is not known to be well.
    if (container.health !== undefined) await addresses.judge(id, container.health === 'healthy')
  }

  async #name(container: ContainerDetails, domains: readonly string[], overlay: IpNetwork): Promise<void> {
    for (const network of container.networks) {
      const address = parseIpAddress(network.address)
      if (!address.ok || !networkContains(overlay, address.value)) continue
      for (const name of namesOf(container, domains)) {
        await this.#options.addresses.addName(container.id, { address: address.value, prefix: overlay.prefix }, name)
      }
    }
  }

  async remove(id: string): Promise<void> {
    const { addresses } = this.#options
    if ((await addresses.domains()).length > 0) await addresses.removeNames(id)
  }
}
