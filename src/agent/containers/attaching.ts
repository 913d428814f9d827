import {
  formatIpAddress,
  formatIpOnNetwork,
  type IpOnNetwork,
  isOfSubnet,
  parseIpOnNetwork,
} from '../../base/ip-address.ts'
import { UserError } from '../../base/user-error.ts'
import { namesOf } from '../docker/container-names.ts'
import type { DockerClient } from '../docker/docker-client.ts'
import { containerStopped } from '../docker/docker-error.ts'
import type { ContainerDetails } from '../docker/docker-shapes.ts'
import type { AddressSource } from '../http/address-client.ts'
import type { PortGuarding } from '../isolation/port-guard.ts'
import type { AddressWish } from './address-wish.ts'
import type { Attachment, AttachmentStore } from './attachment-store.ts'
import { plugIn, unplug } from './container-interface.ts'
import { brokenLocks, isLocked, withContainerLock } from './container-lock.ts'
import type { GivenNames } from './given-names.ts'
import { rewriteHosts } from './hosts-file.ts'
import { CONTAINER_DEVICE, hostEndOf } from './interface-commands.ts'
import { namespaceOf } from './namespace-devices.ts'

export interface AttachingOptions {
  readonly docker: Pick<DockerClient, 'inspect'>
  readonly addresses: AddressSource
  readonly store: AttachmentStore
  readonly given: GivenNames
  readonly bridge: string
  readonly lockFolder: string
  readonly guard: PortGuarding
}

export interface AttachWish {
  readonly wishes: readonly AddressWish[]
  readonly multicastRoute: boolean
  readonly rewriteHosts: boolean
  readonly dns: boolean
  readonly extraHosts: readonly string[]
}

/** Brings containers onto the overlay and takes them off, one process at a time for each container. */
export class Attaching {
  readonly #options: AttachingOptions

  constructor(options: AttachingOptions) {
    this.#options = options
  }

  /** The addresses that were wished for, with those of earlier calls left as they are. */
  async attach(reference: string, wish: AttachWish): Promise<readonly IpOnNetwork[]> {
    const container = await this.#running(reference)
    return this.#locked(container.id, async () => {
      const before = this.#options.store.load(container.id)
      const given = await this.#obtain(container.id, wish.wishes)
      try {
        const all = unique([...(before?.addresses ?? []), ...given.map(formatIpOnNetwork)])
        const attachment: Attachment = { id: container.id, ...wish, addresses: all }
        await this.#apply(container, attachment, given)
        this.#options.store.save(withoutWishes(attachment))
      } catch (cause) {
        await this.#giveBack(container.id, given, before)
        throw cause
      }
      return given
    })
  }

  /** What the container had when it last ran; undefined when it was never attached. */
  async attachAgain(reference: string): Promise<readonly IpOnNetwork[] | undefined> {
    const container = await this.#running(reference)
    return this.#locked(container.id, async () => {
      const attachment = this.#options.store.load(container.id)
      if (attachment === undefined) return undefined
      const addresses = parsed(attachment.addresses)
      for (const address of addresses) await this.#options.addresses.claim(container.id, address)
      await this.#apply(container, attachment, addresses)
      return addresses
    })
  }

  /** Without wishes that name addresses: all of the default subnet. Gives what was taken away. */
  async detach(reference: string, wishes: readonly AddressWish[]): Promise<readonly IpOnNetwork[]> {
    const container = await this.#running(reference)
    return this.#locked(container.id, async () => {
      const { store } = this.#options
      const before = store.load(container.id)
      const going = await this.#choose(before, wishes)
      const isGoing = (text: string) => going.some(address => formatIpOnNetwork(address) === text)
      await unplug({ ...this.#placeOf(container), addresses: going })
      const left = (before?.addresses ?? []).filter(text => !isGoing(text))
      await this.#free(container.id, going, left)
      if (before !== undefined) {
        store.save({ ...before, addresses: left })
        if (before.rewriteHosts) rewriteHosts(container, bare(left), left.length === 0 ? [] : before.extraHosts)
      }
      return going
    })
  }

  /** Containers whose attaching was killed: they may have leases that no record tells of. */
  unfinished(): readonly string[] {
    return brokenLocks(this.#options.lockFolder)
  }

  /** What the killed attach of a container that is there was given, and had not written down, is free again. */
  async abandon(id: string): Promise<readonly IpOnNetwork[]> {
    return this.#locked(id, async () => {
      const left = this.#options.store.load(id)?.addresses ?? []
      const leases = await this.#options.addresses.leases(id)
      const going = leases.filter(address => !left.includes(formatIpOnNetwork(address)))
      if (going.length === 0) return []
      const container = await this.#options.docker.inspect(id)
      if (container.isRunning && container.pid !== 0) await unplug({ ...this.#placeOf(container), addresses: going })
      await this.#free(id, going, left)
      return going
    })
  }

  /** A command works on the container. */
  isBusy(id: string): boolean {
    return isLocked(this.#options.lockFolder, id)
  }

  /** The container is no more: what it had is free. */
  async forget(id: string): Promise<void> {
    await this.#locked(id, async () => {
      await this.#options.addresses.removeNames(id)
      await this.#options.addresses.release(id)
      this.#options.store.remove(id)
      this.#options.given.forget(id)
      await this.#options.guard.release(hostEndOf(id))
    })
  }

  /**
   * Runs `remove` unless the device turns out to be somebody's: of a container with a record, or of one that a command works on.
   * `id` is undefined when there is no container that it could belong to. True when it was run.
   */
  async removeStray(id: string | undefined, hostEnd: string, remove: () => void): Promise<boolean> {
    if (id === undefined) {
      remove()
      return true
    }
    return this.#locked(id, async () => {
      if (hostEndOf(id) !== hostEnd || this.#options.store.load(id) !== undefined) return false
      remove()
      await this.#free(id, await this.#options.addresses.leases(id), [])
      return true
    })
  }

  #placeOf(container: ContainerDetails) {
    const namespace = namespaceOf(container.pid)
    const { bridge, guard } = this.#options
    return { bridge, guard, hostEnd: hostEndOf(container.id), device: CONTAINER_DEVICE, namespace }
  }

  async #running(reference: string): Promise<ContainerDetails> {
    const container = await this.#options.docker.inspect(reference)
    if (!container.isRunning || container.pid === 0) throw containerStopped(reference)
    if (container.networkMode !== 'host') return container
    throw new UserError({
      cause: `container '${reference}' is in the network of the host`,
      remedy: 'start it without --network=host; `weave expose` gives the host itself an address',
    })
  }

  /** All or none. */
  async #obtain(id: string, wishes: readonly AddressWish[]): Promise<readonly IpOnNetwork[]> {
    const { addresses } = this.#options
    const given: IpOnNetwork[] = []
    try {
      for (const wish of wishes) {
        if (wish.kind === 'address') {
          await addresses.claim(id, wish.address)
          given.push(wish.address)
        } else given.push(await addresses.allocate(id, wish.kind === 'subnet' ? wish.subnet : undefined))
      }
    } catch (cause) {
      await this.#giveBack(id, given, this.#options.store.load(id))
      throw cause
    }
    return given
  }

  async #apply(container: ContainerDetails, attachment: Attachment, given: readonly IpOnNetwork[]): Promise<void> {
    const { multicastRoute } = attachment
    await plugIn({ ...this.#placeOf(container), addresses: parsed(attachment.addresses), multicastRoute })
    if (attachment.rewriteHosts) rewriteHosts(container, bare(attachment.addresses), attachment.extraHosts)
    if (!attachment.dns) return
    for (const name of namesOf(container, await this.#options.addresses.domains())) {
      for (const address of given) await this.#options.addresses.addName(container.id, address, name)
    }
  }

  async #giveBack(id: string, given: readonly IpOnNetwork[], before: Attachment | undefined): Promise<void> {
    for (const address of given) {
      if (before?.addresses.includes(formatIpOnNetwork(address)) === true) continue
      await this.#options.addresses.removeNames(id, address)
      await this.#options.addresses.release(id, address)
    }
  }

  async #free(id: string, going: readonly IpOnNetwork[], left: readonly string[]): Promise<void> {
    const { addresses, guard } = this.#options
    await guard.admit(hostEndOf(id), parsed(left))
    for (const address of going) {
      await addresses.removeNames(id, address)
      await addresses.release(id, address)
    }
  }

  async #choose(before: Attachment | undefined, wishes: readonly AddressWish[]) {
    const { addresses } = this.#options
    const had = parsed(before?.addresses ?? [])
    const chosen: IpOnNetwork[] = []
    for (const wish of wishes) {
      if (wish.kind === 'address') chosen.push(wish.address)
      else {
        const subnet = wish.kind === 'subnet' ? wish.subnet : await addresses.defaultSubnet()
        chosen.push(...had.filter(one => subnet === undefined || isOfSubnet(one, subnet)))
      }
    }
    return chosen
  }

  #locked<T>(id: string, work: () => Promise<T>): Promise<T> {
    return withContainerLock(this.#options.lockFolder, id, work)
  }
}

/** A record holds what can be given again, and not how it was asked for. */
function withoutWishes({ id, addresses, multicastRoute, rewriteHosts, dns, extraHosts }: Attachment): Attachment {
  return { id, addresses, multicastRoute, rewriteHosts, dns, extraHosts }
}

function parsed(texts: readonly string[]): readonly IpOnNetwork[] {
  return texts.flatMap(text => {
    const address = parseIpOnNetwork(text)
    return address.ok ? [address.value] : []
  })
}

function bare(texts: readonly string[]): readonly string[] {
  return parsed(texts).map(({ address }) => formatIpAddress(address))
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)]
}
