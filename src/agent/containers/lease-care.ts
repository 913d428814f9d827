import { formatIpOnNetwork, type IpOnNetwork } from '../../base/ip-address.ts'
import type { DockerClient } from '../docker/docker-client.ts'
import type { AddressSource } from '../http/address-client.ts'
import { NETWORK_LEASES } from '../plugin/ipam-driver.ts'
import type { Attaching } from './attaching.ts'
import type { AttachmentStore } from './attachment-store.ts'
import type { GivenNames } from './given-names.ts'

/** Of Docker, and of those runtimes that have ids of the same kind. */
const CONTAINER_ID = /^[0-9a-f]{64}$/

export interface LeaseCareOptions {
  readonly docker: Pick<DockerClient, 'list' | 'networkAddresses'>
  readonly attaching: Pick<Attaching, 'abandon' | 'forget' | 'isBusy' | 'unfinished'>
  readonly store: Pick<AttachmentStore, 'ids'>
  readonly given: Pick<GivenNames, 'ids'>
  readonly addresses: Pick<AddressSource, 'owners' | 'release'>
  /** Containers of other runtimes than Docker. */
  readonly others: () => readonly string[]
  /** Docker's name for the driver whose addresses are looked after. */
  readonly driver: string
  /** Told of each that was freed. */
  readonly freed: (id: string, addresses: readonly string[]) => void
}

/**
 * Frees the addresses of containers that are no more: of commands that were killed, and of ends that nobody heard (Weave row
 * IPM-08). Rejects when Docker does not answer, and frees nothing then.
 */
export class LeaseCare {
  readonly #options: LeaseCareOptions
  /** Of Docker's networks: nobody had them at the last look. */
  #unused: ReadonlySet<string> = new Set()

  constructor(options: LeaseCareOptions) {
    this.#options = options
  }

  async look(): Promise<void> {
    const { docker, attaching, store, given, addresses, others, freed } = this.#options
    // Before the containers: whoever has an address by then was there before it.
    const owners = await addresses.owners()
    const containers = owners.filter(({ id }) => CONTAINER_ID.test(id)).map(({ id }) => id)
    const unfinished = attaching.unfinished()
    const known = new Set([...containers, ...store.ids(), ...given.ids(), ...unfinished])
    const there = new Set([...others(), ...(await docker.list(true))])
    for (const id of known) {
      if (attaching.isBusy(id)) continue
      let gone: readonly IpOnNetwork[] = []
      if (!there.has(id)) {
        await attaching.forget(id)
        gone = addressesOf(id, owners)
      } else if (unfinished.includes(id)) gone = await attaching.abandon(id)
      if (gone.length > 0) freed(id, gone.map(formatIpOnNetwork))
    }
    await this.#lookAtNetworks(addressesOf(NETWORK_LEASES, owners))
  }

  /** Docker asks for an address before it says whose it is: only what is without a container twice running is freed. */
  async #lookAtNetworks(leased: readonly IpOnNetwork[]): Promise<void> {
    const { docker, addresses, driver, freed } = this.#options
    const used = new Set(leased.length === 0 ? [] : await docker.networkAddresses(driver))
    const unused = new Set<string>()
    for (const address of leased) {
      const text = formatIpOnNetwork(address)
      if (used.has(bare(text))) continue
      if (!this.#unused.has(text)) {
        unused.add(text)
        continue
      }
      await addresses.release(NETWORK_LEASES, address)
      freed(NETWORK_LEASES, [text])
    }
    this.#unused = unused
  }
}

function addressesOf(
  id: string,
  owners: readonly { readonly id: string; readonly addresses: readonly IpOnNetwork[] }[],
): readonly IpOnNetwork[] {
  return owners.find(owner => owner.id === id)?.addresses ?? []
}

function bare(text: string): string {
  return text.replace(/\/\d+$/, '')
}
