import { assert } from '../../base/assert.ts'
import { bytesOfIpAddress, type IpAddress, ipAddressOfBytes, ipAddressOfIpv4, ipv4Of } from '../../base/ip-address.ts'
import { ipv4FromNumber } from '../../base/ipv4.ts'
import type { BpfMap } from '../linux/bpf/bpf-map.ts'

/** 127.0.0.0/8, which is on no wire: bpf/fast-path.h has it too. */
export const HANDLE_NETWORK = 0x7f00_0000
const HANDLES_MAX = 0x100_0000

type HandleMap = Pick<BpfMap, 'get' | 'set' | 'delete' | 'keys'>

/** Of the kernel: IPv6 addresses by their handles, and handles by IPv6 addresses. */
export interface HandleMaps {
  readonly addresses: HandleMap
  readonly handles: HandleMap
}

/**
 * The four bytes that stand for an underlay address in the other maps: an IPv4 address is its own number, one of IPv6 gets a handle for as
 * long as it is in the table. What an earlier agent has given stays, so that frames go on.
 */
export class Handles {
  readonly #maps: HandleMaps
  readonly #given = new Map<IpAddress, number>()
  readonly #addresses = new Map<number, IpAddress>()
  #last = 0

  constructor(maps: HandleMaps) {
    this.#maps = maps
    for (const handle of maps.addresses.keys()) {
      const bytes = maps.addresses.get(handle)
      if (bytes !== undefined) this.#note(ipAddressOfBytes(bytes), handle)
      this.#last = Math.max(this.#last, handle - HANDLE_NETWORK)
    }
    // The earlier agent may have ended between the two.
    for (const [address, handle] of this.#given) this.#lead(address, handle)
  }

  /** Of an address that `give` was told. */
  numberOf(address: IpAddress): number {
    const number = ipv4Of(address) ?? this.#given.get(address)
    assert(number !== undefined, 'an IPv6 address in the table has a handle')
    return number
  }

  addressOf(number: number): IpAddress {
    return this.#addresses.get(number) ?? ipAddressOfIpv4(ipv4FromNumber(number))
  }

  /** To be called before anything in the kernel stands for them. Throws a `SystemCallError` when the kernel has no room. */
  give(addresses: Iterable<IpAddress>): void {
    const fresh = new Set([...addresses].filter(address => ipv4Of(address) === undefined && !this.#given.has(address)))
    for (const address of fresh) this.#note(address, this.#nextFree())
    for (const address of fresh) {
      const handle = this.numberOf(address)
      this.#maps.addresses.set(handle, value => value.set(bytesOfIpAddress(address)))
      this.#lead(address, handle)
    }
  }

  /** Takes back those of all others: to be called when nothing in the kernel stands for them any more. */
  keep(addresses: Iterable<IpAddress>): void {
    const kept = new Set(addresses)
    for (const [address, handle] of this.#given) {
      if (kept.has(address)) continue
      this.#maps.handles.delete(bytesOfIpAddress(address))
      this.#maps.addresses.delete(handle)
      this.#given.delete(address)
      this.#addresses.delete(handle)
    }
  }

  /** In turn, so that one that was taken back stands for nothing for long. */
  #nextFree(): number {
    do this.#last = (this.#last + 1) % HANDLES_MAX
    while (this.#last === 0 || this.#addresses.has(HANDLE_NETWORK + this.#last))
    return HANDLE_NETWORK + this.#last
  }

  #lead(address: IpAddress, handle: number): void {
    this.#maps.handles.set(bytesOfIpAddress(address), value => value.writeUInt32LE(handle))
  }

  #note(address: IpAddress, handle: number): void {
    this.#given.set(address, handle)
    this.#addresses.set(handle, address)
  }
}
