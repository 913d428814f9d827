import type { Endpoint } from '../../src/base/endpoint.ts'
import { readSource } from '../../src/core/wire/datagram.ts'
import type { Invariants, Voyage } from './invariants.ts'
import type { SimulatedNetwork } from './network.ts'
import type { SimulatedHost } from './simulated-host.ts'
import type { Trace } from './trace.ts'
import type { Underlay } from './underlay.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface WiresWorld {
  readonly time: VirtualTime
  readonly network: SimulatedNetwork
  readonly underlay: Underlay
  readonly invariants: Invariants
  readonly trace: Trace
  /** Every datagram that crossed a wire; undefined for long runs. */
  readonly wiretap: Uint8Array[] | undefined
  findHost(name: string): SimulatedHost | undefined
}

const PORT = 6783

/** Datagrams as UDP carries them: lost, doubled, late, too large, and through gateways that show other addresses. */
export class DatagramWires {
  readonly #world: WiresWorld
  /** The datagram that a data plane is at work on: what it transmits meanwhile is relayed. */
  #voyage: Voyage | undefined
  /** Whose it is, by short id. */
  #source: number | undefined

  constructor(world: WiresWorld) {
    this.#world = world
  }

  /** Undefined when no datagram is being received. */
  get voyage(): Voyage | undefined {
    return this.#voyage
  }

  transmit(host: SimulatedHost, to: Endpoint, datagram: Uint8Array): void {
    const { network, underlay, invariants, trace, time } = this.#world
    const { now } = time
    invariants.onWire(datagram, host.name)
    // An answer to a probe is made in the midst of what it answers, and goes a way of its own.
    const relayed = readSource(datagram, 0) === this.#source ? this.#voyage : undefined
    const path = [...(relayed?.path ?? []), host.name]
    invariants.voyage(path)
    const arrival = underlay.datagram(host.name, PORT, to, now)
    const far = arrival === undefined ? undefined : this.#world.findHost(arrival.name)
    if (arrival === undefined || far === undefined || !network.passes(host.name, far.name)) return
    this.#world.wiretap?.push(datagram)
    trace.note({ at: now, from: host.name, to: far.name, way: 'datagram', bytes: datagram })
    const voyage = { path, injectedAt: relayed?.injectedAt ?? new Set<string>() }
    const { from } = arrival
    for (const delay of network.datagramDelays(host.name, far.name, { now, bytes: datagram.length })) {
      time.after(delay, () => this.#receive(far, { datagram, from, voyage }))
    }
  }

  #receive(host: SimulatedHost, arriving: { datagram: Uint8Array; from: Endpoint; voyage: Voyage }): void {
    if (!host.isUp) return
    this.#voyage = arriving.voyage
    this.#source = readSource(arriving.datagram, 0)
    host.plane.receive(arriving.datagram, arriving.from, host.clockAt(this.#world.time.now))
    this.#voyage = undefined
  }
}
