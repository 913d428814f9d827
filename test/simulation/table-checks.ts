import { MAPPINGS_MAX } from './gateway.ts'
import { WAITING_PIECES_MAX } from './invariants.ts'
import type { SimulatedHost } from './simulated-host.ts'
import type { World } from './world.ts'

const ALL_CHECKED_EVERY_MS = 1_000
/**
 * Of the router that was touched: a look at each step doubles the time of a run, and what leaks is still there at the tenth. A look at
 * the router of a large cluster takes longer.
 */
const CHECKED_EVERY_STEPS_MIN = 10
const CHECKED_EVERY_STEPS_PER_HOST = 4

type Watched = Pick<World, 'now' | 'links' | 'underlay' | 'hosts' | 'invariants'>

/** Looks whether queues and tables stay within their bounds, while the world goes on. */
export class TableChecks {
  readonly #world: Watched
  readonly #hostCount: () => number
  #checkedAt = 0
  #steps = 0

  /** `hostCount`: how many there ever were. */
  constructor(world: Watched, hostCount: () => number) {
    this.#world = world
    this.#hostCount = hostCount
  }

  touched(host: SimulatedHost): void {
    if (++this.#steps < Math.max(CHECKED_EVERY_STEPS_MIN, CHECKED_EVERY_STEPS_PER_HOST * this.#hostCount())) return
    this.#steps = 0
    this.#check(host)
  }

  timePassed(): void {
    const { now, links, underlay, hosts, invariants } = this.#world
    if (now - this.#checkedAt < ALL_CHECKED_EVERY_MS) return
    this.#checkedAt = now
    invariants.bounded('pieces in one control link', links.waitingMax, WAITING_PIECES_MAX)
    for (const gateway of underlay.gateways) {
      invariants.bounded(`mappings of ${gateway.publicIp}`, gateway.size, MAPPINGS_MAX)
    }
    for (const host of hosts.values()) this.#check(host)
  }

  #check(host: SimulatedHost): void {
    const { invariants, now } = this.#world
    if (host.isUp) invariants.tables(host, this.#hostCount(), host.clockAt(now))
  }
}
