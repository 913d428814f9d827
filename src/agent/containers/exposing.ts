import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  firstOf,
  formatIpOnNetwork,
  type IpNetwork,
  type IpOnNetwork,
  isIpv4,
  isOfSubnet,
  parseIpOnNetwork,
} from '../../base/ip-address.ts'
import { replaceFile } from '../host/atomic-file.ts'
import type { AddressSource } from '../http/address-client.ts'
import { HostFirewall } from '../linux/host-firewall.ts'
import { findDevice } from '../linux/network-device.ts'
import { runAside, tryAside } from '../linux/run-aside.ts'
import type { AddressWish } from './address-wish.ts'
import { withContainerLock } from './container-lock.ts'
import { addAddress, announce, deleteAddress, enableIpv6 } from './interface-commands.ts'

/** Under which the host's own addresses are leased (Weave row ARG-06). */
export const EXPOSED_ID = 'weave:expose'

export interface Exposure {
  /** As `10.2.1.100/24`. */
  readonly address: string
  readonly masquerade: boolean
  /** '' for none. */
  readonly fqdn: string
}

export interface ExposingOptions {
  readonly addresses: AddressSource
  readonly bridge: string
  readonly dockerBridge: string
  readonly overlay: IpNetwork | undefined
  /** Of the router's links and sleeve. */
  readonly port: number
  readonly stateFolder: string
  readonly lockFolder: string
  /** For another program that changes the host's rules. */
  readonly rulesWaitSeconds: number
  /** Told when the host refuses the rules of IPv6; the rest is done all the same. */
  readonly notFiltered: (reason: string) => void
}

/** The host's own addresses on the overlay; kept, and given to the bridge again after a restart. */
export class Exposing {
  readonly #options: ExposingOptions
  readonly #firewall: HostFirewall

  constructor(options: ExposingOptions) {
    this.#options = options
    this.#firewall = new HostFirewall(options.rulesWaitSeconds)
  }

  async expose(wishes: readonly AddressWish[], how: Omit<Exposure, 'address'>): Promise<readonly IpOnNetwork[]> {
    return this.#locked(async () => {
      const before = this.list()
      const given: IpOnNetwork[] = []
      try {
        for (const wish of wishes) given.push(await this.#obtain(wish))
        const texts = given.map(formatIpOnNetwork)
        const others = before.filter(({ address }) => !texts.includes(address))
        this.#save([...others, ...texts.map(address => ({ address, ...how }))])
        await this.#applyAll()
      } catch (cause) {
        await this.#goBack(before, given)
        throw cause
      }
      return given
    })
  }

  /** Without wishes that name addresses: those of the default subnet. Gives those that were taken away. */
  async hide(wishes: readonly AddressWish[]): Promise<readonly IpOnNetwork[]> {
    return this.#locked(async () => {
      const defaultSubnet = await this.#options.addresses.defaultSubnet()
      const isWanted = (one: IpOnNetwork) => wishes.some(wish => matches(wish, one, defaultSubnet))
      const going = this.list().flatMap(exposure => parsed(exposure).filter(isWanted))
      const texts = going.map(formatIpOnNetwork)
      for (const address of going) await this.#takeAway(address)
      this.#save(this.list().filter(({ address }) => !texts.includes(address)))
      await this.#applyFirewall()
      return going
    })
  }

  /** After a start: what was exposed before is so again, and the overlay's traffic may pass. */
  async restore(): Promise<void> {
    await this.#locked(async () => {
      for (const exposure of this.list()) {
        for (const address of parsed(exposure)) await this.#options.addresses.claim(EXPOSED_ID, address)
      }
      await this.#applyAll()
    })
  }

  /** After another program has flushed the host's rules. */
  async restoreRules(): Promise<void> {
    if (!(await this.#firewall.isThere())) await this.restore()
  }

  list(): readonly Exposure[] {
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8')) as Exposure[]
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw cause
    }
  }

  get #file(): string {
    return join(this.#options.stateFolder, 'exposed.json')
  }

  #save(list: readonly Exposure[]): void {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 })
    replaceFile(this.#file, `${JSON.stringify(list)}\n`, 0o600)
  }

  async #obtain(wish: AddressWish): Promise<IpOnNetwork> {
    const { addresses } = this.#options
    if (wish.kind !== 'address') {
      return addresses.allocate(EXPOSED_ID, wish.kind === 'subnet' ? wish.subnet : undefined)
    }
    await addresses.claim(EXPOSED_ID, wish.address)
    return wish.address
  }

  async #takeAway(address: IpOnNetwork): Promise<void> {
    const { addresses, bridge } = this.#options
    await tryAside(deleteAddress(bridge, address))
    await addresses.removeNames(EXPOSED_ID, address)
    await addresses.release(EXPOSED_ID, address)
  }

  /** All or none: what was given on the way is free again. */
  async #goBack(before: readonly Exposure[], given: readonly IpOnNetwork[]): Promise<void> {
    const kept = before.map(({ address }) => address)
    this.#save(before)
    for (const address of given) if (!kept.includes(formatIpOnNetwork(address))) await this.#takeAway(address)
    await this.#applyFirewall()
  }

  async #applyAll(): Promise<void> {
    const { bridge, addresses } = this.#options
    const mac = findDevice(bridge)?.mac
    for (const exposure of this.list()) {
      for (const address of parsed(exposure)) {
        if (!isIpv4(address.address)) await runAside(enableIpv6(bridge))
        // Fails when the bridge has it already.
        const isNew = (await tryAside(addAddress(bridge, address))) !== undefined
        if (isNew && mac !== undefined) await runAside(announce(bridge, mac))
        if (exposure.fqdn !== '') await addresses.addName(EXPOSED_ID, address, exposure.fqdn)
      }
    }
    await this.#applyFirewall()
  }

  async #applyFirewall(): Promise<void> {
    const { bridge, dockerBridge, overlay, port } = this.#options
    const exposed = this.list().flatMap(exposure =>
      parsed(exposure)
        // Nothing is masqueraded or forwarded of IPv6: no other protocol's rules stand in its way.
        .filter(({ address }) => isIpv4(address))
        .map(({ address, prefix }) => {
          return { subnet: { network: firstOf(address, prefix), prefix }, masquerade: exposure.masquerade }
        }),
    )
    const refusal = await this.#firewall.apply({ bridge, dockerBridge, overlay, exposed, port })
    if (refusal !== undefined) this.#options.notFiltered(refusal)
  }

  #locked<T>(work: () => Promise<T>): Promise<T> {
    return withContainerLock(this.#options.lockFolder, EXPOSED_ID, work)
  }
}

function matches(wish: AddressWish, address: IpOnNetwork, defaultSubnet: IpNetwork | undefined): boolean {
  if (wish.kind === 'address') return formatIpOnNetwork(wish.address) === formatIpOnNetwork(address)
  const subnet = wish.kind === 'subnet' ? wish.subnet : defaultSubnet
  return subnet === undefined || isOfSubnet(address, subnet)
}

function parsed(exposure: Exposure): readonly IpOnNetwork[] {
  const address = parseIpOnNetwork(exposure.address)
  return address.ok ? [address.value] : []
}
