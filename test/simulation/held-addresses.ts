/** Why another host may lawfully have an address that a container of this one still has. */
export type WayOut =
  /** The manifest does not name it: others take its space. */
  | 'removed'
  /** Its disk is in use twice: neither of both can tell what the other gives to containers, or away, until word of that has come round. */
  | 'copied'
  /** It has started with an earlier state of its disk, on which is what it has given away since. */
  | 'restored'
  /** Out of contact with most for so long that others have taken over its space. */
  | 'cut off'
  /** An operator has vouched for its death, and others have taken its space. */
  | 'said dead'

export interface Holder {
  readonly name: string
}

interface Holding {
  readonly holder: Holder
  readonly since: number
  lost: WayOut | undefined
}

/**
 * Which hosts' containers have which addresses, at every moment of a run: kept up by what changes, so that it costs nothing while nothing
 * does. A host that is down has its containers all the same.
 *
 * An address may be held by several only if all of them but one have lost it: each of these was put out while it held it, or was given it
 * while it was out. What is given to a host that is in is never excused.
 */
export class HeldAddresses {
  readonly #byAddress = new Map<bigint, Holding[]>()
  readonly #byHolder = new Map<Holder, Map<bigint, Holding>>()
  readonly #out = new Map<Holder, Set<WayOut>>()

  /** `addresses`: all that the holder's containers have. Returns what is wrong about them. */
  hold(holder: Holder, addresses: Iterable<bigint>, now: number): string | undefined {
    const before = this.#byHolder.get(holder) ?? new Map<bigint, Holding>()
    const held = new Map<bigint, Holding>()
    let wrong: string | undefined
    for (const address of addresses) {
      const known = before.get(address)
      held.set(address, known ?? this.#begin(address, { holder, since: now, lost: this.#wayOutOf(holder) }))
      if (known === undefined) wrong ??= this.#wrongAt(address)
    }
    for (const [address, holding] of before) if (!held.has(address)) this.#end(address, holding)
    this.#byHolder.set(holder, held)
    return wrong
  }

  /** The machine is no more, and neither are its containers. */
  drop(holder: Holder): void {
    this.hold(holder, [], 0)
    this.#byHolder.delete(holder)
    this.#out.delete(holder)
  }

  /** What the holder has, another may have from here on. `begunBefore`: but for what it was given since. */
  lose(holder: Holder, way: WayOut, begunBefore = Number.POSITIVE_INFINITY): void {
    for (const holding of this.#byHolder.get(holder)?.values() ?? []) {
      if (holding.since < begunBefore) holding.lost ??= way
    }
  }

  /** Likewise what it is given until it is in again. */
  putOut(holder: Holder, way: WayOut): void {
    if (this.isOut(holder, way)) return
    this.lose(holder, way)
    this.#out.set(holder, (this.#out.get(holder) ?? new Set()).add(way))
  }

  putIn(holder: Holder, way: WayOut): void {
    this.#out.get(holder)?.delete(way)
  }

  isOut(holder: Holder, way: WayOut): boolean {
    return this.#out.get(holder)?.has(way) === true
  }

  #wayOutOf(holder: Holder): WayOut | undefined {
    const [way] = this.#out.get(holder) ?? []
    return way
  }

  #begin(address: bigint, holding: Holding): Holding {
    const others = this.#byAddress.get(address)
    if (others === undefined) this.#byAddress.set(address, [holding])
    else others.push(holding)
    return holding
  }

  #end(address: bigint, holding: Holding): void {
    const left = (this.#byAddress.get(address) ?? []).filter(one => one !== holding)
    if (left.length > 0) this.#byAddress.set(address, left)
    else this.#byAddress.delete(address)
  }

  #wrongAt(address: bigint): string | undefined {
    const rightful = (this.#byAddress.get(address) ?? []).filter(({ lost }) => lost === undefined)
    if (rightful.length < 2) return undefined
    const text = rightful.map(({ holder, since }) => `${holder.name} (since ${since.toFixed(0)} ms)`).join(' and ')
    return `${address} on ${text}`
  }
}
