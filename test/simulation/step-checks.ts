import type { Output } from '../../src/core/router/index.ts'
import { AddressChecks } from './address-checks.ts'
import type { SimulatedHost } from './simulated-host.ts'
import { TableChecks } from './table-checks.ts'

type Watched = ConstructorParameters<typeof TableChecks>[0] & ConstructorParameters<typeof AddressChecks>[0]

const ALL_CHECKED_EVERY_MS = 1_000

/** What is looked at with each step of a router, and as time passes. */
export class StepChecks {
  readonly #world: Watched
  readonly #tables: TableChecks
  readonly #addresses: AddressChecks
  /** Of machines that made way for others. */
  #formerIdentities = 0
  #checkedAt = 0

  /** `named`: how many hosts there ever were, by their names. */
  constructor(world: Watched, named: () => number) {
    this.#world = world
    this.#tables = new TableChecks(world, () => ({ named: named(), former: this.#formerIdentities }))
    this.#addresses = new AddressChecks(world)
  }

  booted(host: SimulatedHost): void {
    this.#addresses.booted(host)
  }

  replaced(host: SimulatedHost): void {
    this.#formerIdentities++
    this.#addresses.replaced(host)
  }

  stepped(host: SimulatedHost, outputs: readonly Output[]): void {
    this.#world.invariants.outputs(host, outputs)
    this.#tables.touched(host)
    this.#addresses.stepped(host, outputs)
  }

  timePassed(): void {
    const { now } = this.#world
    if (now - this.#checkedAt < ALL_CHECKED_EVERY_MS) return
    this.#checkedAt = now
    this.#tables.timePassed()
    this.#addresses.timePassed()
  }
}
