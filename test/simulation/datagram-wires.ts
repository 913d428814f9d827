import type { Endpoint } from '../../src/base/endpoint.ts'
import type { Invariants, Voyage } from './invariants.ts'
import type { SimulatedNetwork } from './network.ts'
import type { SimulatedHost } from './simulated-host.ts'
import type { Trace } from './trace.ts'
import type { Underlay } from './underlay.ts'
import type { VirtualTime } from './virtual-time.ts'
import { Voyages } from './voyages.ts'

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
  readonly #voyages = new Voyages()
  /** Of the datagram that a data plane is at work on. */
  #voyage: Voyage | undefined

  constructor(world: WiresWorld) {
    this.#world = world
  }

  /** Undefined when no datagram is being received. */
  get voyage(): Voyage | undefined {
    return this.#voyage
  }

  /** `to`: absent when a control link carries it. */
  transmit(host: SimulatedHost, datagram: Uint8Array, to?: Endpoint): void {
    const { network, underlay, invariants, trace, time } = this.#world
    const { now } = time
    invariants.onWire(datagram, host.name)
    invariants.transmitted(this.#voyages.of(datagram, now), processOf(host))
    if (to === undefined) return
    const arrival = underlay.datagram(host.name, PORT, to, now)
    const far = arrival === undefined ? undefined : this.#world.findHost(arrival.name)
    if (arrival === undefined || far === undefined || !network.passes(host.name, far.name)) return
    this.#world.wiretap?.push(datagram)
    trace.note({ at: now, from: host.name, to: far.name, way: 'datagram', bytes: datagram })
    const { from } = arrival
    for (const delay of network.datagramDelays(host.name, far.name, { now, bytes: datagram.length })) {
      time.after(delay, () => this.#receive(far, datagram, from))
    }
  }

  #receive(host: SimulatedHost, datagram: Uint8Array, from: Endpoint): void {
    if (!host.isUp) return
    const { invariants, network, time } = this.#world
    this.#voyage = this.#voyages.of(datagram, time.now)
    if (network.faults.duplication === 0) invariants.arrived(this.#voyage, processOf(host))
    host.plane.receive(datagram, from, host.clockAt(time.now))
    this.#voyage = undefined
  }
}

/** Of a host that has started again, it is another router that knows nothing of what the first one did. */
function processOf({ name, starts }: SimulatedHost): string {
  return starts === 1 ? name : `${name} (start ${starts})`
}
