import { type HostCounts, TARGETS_PER_HOST_MAX, WAITING_PIECES_MAX } from './invariants.ts'
import type { SimulatedHost } from './simulated-host.ts'
import type { World } from './world.ts'

type Watched = Pick<World, 'now' | 'cluster' | 'links' | 'underlay' | 'hosts' | 'invariants'>

/** Of hosts by their names, and of those that made way for others of their names. */
interface Identities {
  readonly named: number
  readonly former: number
}

/** Looks whether queues and tables stay within their bounds, while the world goes on. */
export class TableChecks {
  readonly #world: Watched
  readonly #identities: () => Identities

  constructor(world: Watched, identities: () => Identities) {
    this.#world = world
    this.#identities = identities
  }

  /** At each step, of the router that made it. */
  touched(host: SimulatedHost): void {
    if (host.isUp) this.#world.invariants.tables(host, this.#count())
  }

  /** Of all hosts: call from time to time. */
  timePassed(): void {
    const { now, links, underlay, hosts, invariants } = this.#world
    invariants.bounded('pieces in one control link', links.waitingMax, WAITING_PIECES_MAX)
    for (const gateway of underlay.gateways) {
      const spokenTo = underlay.behind(gateway).length * TARGETS_PER_HOST_MAX * this.#count().hosts
      invariants.bounded(`mappings of ${gateway.publicIp}`, gateway.size, spokenTo)
    }
    for (const host of hosts.values()) if (host.isUp) invariants.status(host, this.#count().hosts, host.clockAt(now))
  }

  #count(): HostCounts {
    const { named, former } = this.#identities()
    return { hosts: this.#world.cluster.isOpen ? named + former : named, identities: named + former }
  }
}
