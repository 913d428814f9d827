import type { IpNetwork } from '../../base/ip-address.ts'
import { type Range, rangeContains, rangeOf } from './range.ts'

/** An address that a container has. */
export interface Lease {
  readonly id: string
  readonly address: bigint
  /** Of the 128 bits. */
  readonly prefix: number
}

/** Who has which address of this peer. */
export class LeaseBook {
  readonly #byAddress = new Map<bigint, Lease>()

  get all(): readonly Lease[] {
    return [...this.#byAddress.values()]
  }

  get size(): number {
    return this.#byAddress.size
  }

  at(address: bigint): Lease | undefined {
    return this.#byAddress.get(address)
  }

  of(id: string, subnet?: IpNetwork): readonly Lease[] {
    const range = subnet === undefined ? undefined : rangeOf(subnet)
    return this.all.filter(
      lease =>
        lease.id === id &&
        (subnet === undefined ||
          (lease.prefix === subnet.prefix && range !== undefined && rangeContains(range, lease.address))),
    )
  }

  add(lease: Lease): void {
    this.#byAddress.set(lease.address, lease)
  }

  remove(address: bigint): void {
    this.#byAddress.delete(address)
  }

  countIn(range: Range): number {
    let count = 0
    for (const address of this.#byAddress.keys()) if (rangeContains(range, address)) count++
    return count
  }

  /** Taken addresses of `range` as ranges of one. */
  takenIn(range: Range): readonly Range[] {
    const taken: Range[] = []
    for (const address of this.#byAddress.keys()) {
      if (rangeContains(range, address)) taken.push({ from: address, to: address })
    }
    return taken
  }
}
