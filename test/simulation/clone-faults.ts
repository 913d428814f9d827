import { ONE_AGAIN_MS } from './address-checks.ts'
import { DISPUTED } from './fault-driver.ts'
import type { SeededRandom } from './random.ts'
import type { World } from './world.ts'

const CLONED = 'another host speaks in the name of this one'

/** A copy of a host's disk that runs on another machine for a while. At most one at a time. */
export class CloneFaults {
  readonly #world: World
  readonly #draw: SeededRandom
  #count = 0
  #running: { readonly name: string; readonly of: string } | undefined
  #endedAt = Number.NEGATIVE_INFINITY

  constructor(world: World, draw: SeededRandom) {
    this.#world = world
    this.#draw = draw
  }

  get deeds(): readonly (() => string | undefined)[] {
    return [() => this.#toggle()]
  }

  /** Call before the last faults are healed. */
  end(): void {
    if (this.#running !== undefined) this.#stop(this.#running.name)
  }

  /** For how long the copy may still be taken for the host. */
  get lingersMs(): number {
    return Math.max(0, this.#endedAt + ONE_AGAIN_MS - this.#world.now)
  }

  #toggle(): string | undefined {
    if (this.#running !== undefined) return this.#stop(this.#running.name)
    const original = this.#draw.pick([...this.#world.hosts.values()].filter(host => host.isUp))
    if (original === undefined) return undefined
    const [of, name] = [original.name, `copy${++this.#count}`]
    for (const host of this.#world.hosts.keys()) if (host !== of) this.#world.wire(host, name)
    this.#world.underlay.place(name, `192.0.2.${this.#count}`)
    for (const one of [of, name]) {
      this.#world.invariants.expectError(one, CLONED)
      // What one of the two gave to others in their name the other may have in use.
      this.#world.invariants.expectError(one, DISPUTED)
    }
    this.#world.clone(of, name)
    this.#running = { name, of }
    return `run a copy of ${of} as ${name}`
  }

  #stop(name: string): string {
    this.#world.kill(name, this.#draw.chance(0.5))
    this.#running = undefined
    this.#endedAt = this.#world.now
    return `stop ${name}`
  }
}
