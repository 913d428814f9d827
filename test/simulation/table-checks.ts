import { MAPPINGS_MAX } from './gateway.ts'
import { WAITING_PIECES_MAX } from './invariants.ts'
import type { SimulatedHost } from './simulated-host.ts'
import type { World } from './world.ts'

const ALL_CHECKED_EVERY_MS = 1_000

type Watched = Pick<World, 'now' | 'links' | 'underlay' | 'hosts' | 'invariants'>

/** Looks whether queues and tables stay within their bounds, while the world goes on. */
export class TableChecks {
  readonly #world: Watched
  readonly #hostCount: () => number
  #checkedAt = 0

  /** `hostCount`: how many there ever were. */
  constructor(world: Watched, hostCount: () => number) {
    this.#world = world
    this.#hostCount = hostCount
  }

  /** At each step, of the router that made it. */
  touched(host: SimulatedHost): void {
    if (host.isUp) this.#world.invariants.tables(host, this.#hostCount())
  }

  timePassed(): void {
    const { now, links, underlay, hosts, invariants } = this.#world
    if (now - this.#checkedAt < ALL_CHECKED_EVERY_MS) return
    this.#checkedAt = now
    invariants.bounded('pieces in one control link', links.waitingMax, WAITING_PIECES_MAX)
    for (const gateway of underlay.gateways) {
      invariants.bounded(`mappings of ${gateway.publicIp}`, gateway.size, MAPPINGS_MAX)
    }
    for (const host of hosts.values()) if (host.isUp) invariants.status(host, this.#hostCount(), host.clockAt(now))
  }
}
