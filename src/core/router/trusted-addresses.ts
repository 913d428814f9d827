import {
  formatIpNetwork,
  type IpAddress,
  type IpNetwork,
  isIpv4,
  isLinkLocal,
  isOfOneHost,
  networkContains,
  parseIpAddress,
} from '../../base/ip-address.ts'
import type { AddressBook } from './discovery.ts'

/** Of each peer no more are tried. */
const TRIED_MAX = 4

/** Under which addresses frames may go to peers in the clear. */
export class TrustedAddresses {
  readonly #networks: readonly IpNetwork[]
  readonly #book: Pick<AddressBook, 'endpointsOf'>

  constructor(networks: readonly IpNetwork[], book: Pick<AddressBook, 'endpointsOf'>) {
    this.#networks = networks
    this.#book = book
  }

  get networks(): readonly string[] {
    return this.#networks.map(formatIpNetwork)
  }

  /** What stands for many hosts, or for another one on each link, is nobody's. */
  has(address: IpAddress): boolean {
    if (!isOfOneHost(address) || isLinkLocal(address)) return false
    return this.#networks.some(network => networkContains(network, address))
  }

  /** All of the peer that are known. */
  of(peer: number): readonly IpAddress[] {
    return this.#book.endpointsOf(peer).flatMap(({ ip }) => this.#read(ip) ?? [])
  }

  /** Of a peer that is reached at `ip`: that one, and then those of the other family, which the peer may have as well. */
  towards(peer: number, ip: string): readonly IpAddress[] {
    const parsed = parseIpAddress(ip)
    if (!parsed.ok) return []
    const others = this.of(peer).filter(address => isIpv4(address) !== isIpv4(parsed.value))
    const all = this.has(parsed.value) ? [parsed.value, ...others] : others
    return [...new Set(all)].slice(0, TRIED_MAX)
  }

  #read(ip: string): IpAddress | undefined {
    const address = parseIpAddress(ip)
    return address.ok && this.has(address.value) ? address.value : undefined
  }
}
