import { type IpNetwork, networkContains, parseIpAddress } from '../../base/ip-address.ts'
import { namesOf } from '../docker/container-names.ts'
import type { DockerClient } from '../docker/docker-client.ts'
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
    const domain = await addresses.domain()
    const container = domain === undefined || overlay === undefined ? undefined : await docker.find(id)
    if (domain === undefined || overlay === undefined || container === undefined) return
    for (const network of container.networks) {
      const address = parseIpAddress(network.address)
      if (!address.ok || !networkContains(overlay, address.value)) continue
      for (const name of namesOf(container, domain)) {
        await addresses.addName(id, { address: address.value, prefix: overlay.prefix }, name)
      }
    }
  }

  async remove(id: string): Promise<void> {
    if ((await this.#options.addresses.domain()) !== undefined) await this.#options.addresses.removeNames(id)
  }
}
