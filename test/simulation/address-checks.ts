import type { Output } from '../../src/core/router/index.ts'
import { HeldAddresses } from './held-addresses.ts'
import { InvariantViolation } from './invariants.ts'
import type { SimulatedHost } from './simulated-host.ts'
import type { World } from './world.ts'

/** By then a cluster takes two for one again of which one has ended. */
export const ONE_AGAIN_MS = 90_000

type Watched = Pick<World, 'now' | 'cluster' | 'hosts'>

interface Pair {
  readonly hosts: readonly [SimulatedHost, SimulatedHost]
  /** When both were up last. */
  bothUpAt: number
}

/**
 * Looks at each step of a router whether a container of another host has an address of one of its containers. Runs are too short for
 * anybody to be dead to the others: only that a host was removed, or that its disk runs twice, excuses it.
 */
export class AddressChecks {
  readonly #world: Watched
  readonly #held = new HeldAddresses()
  #pairs: readonly Pair[] = []
  /** Of the manifest that was looked at last. */
  #version = 0

  constructor(world: Watched) {
    this.#world = world
  }

  /** Of a router that has just made a step. It stores what it gives before it says so. */
  stepped(host: SimulatedHost, outputs: readonly Output[]): void {
    if (this.#world.cluster.version !== this.#version) this.#putOutUnnamed()
    if (outputs.some(({ kind }) => kind === 'store-addresses' || kind === 'ipam-answer')) this.look(host)
  }

  /** With what was on its disk. */
  booted(host: SimulatedHost): void {
    for (const other of this.#world.hosts.values()) {
      if (other === host || other.member.publicKey !== host.member.publicKey || !other.isUp) continue
      for (const one of [host, other]) this.#held.putOut(one, 'copied')
      this.#pairs = [...this.#pairs, { hosts: [host, other], bothUpAt: this.#world.now }]
    }
    this.look(host)
  }

  /** By another machine. */
  replaced(host: SimulatedHost): void {
    this.#held.drop(host)
  }

  look(host: SimulatedHost): void {
    const { ipam } = host.router.shared ?? {}
    if (ipam === undefined) return
    this.#putIn(host)
    const addresses = ipam.leases.map(({ address }) => address)
    const wrong = this.#held.hold(host, addresses, this.#world.now)
    if (wrong !== undefined) throw new InvariantViolation('no address is held twice', wrong)
  }

  timePassed(): void {
    const { now, hosts } = this.#world
    for (const pair of this.#pairs) if (pair.hosts.every(({ isUp }) => isUp)) pair.bothUpAt = now
    for (const host of hosts.values()) if (host.isUp) this.look(host)
  }

  #putOutUnnamed(): void {
    const { cluster, hosts } = this.#world
    this.#version = cluster.version
    for (const host of hosts.values()) {
      if (cluster.namedSince(host.member) === undefined) this.#held.putOut(host, 'removed')
    }
  }

  #putIn(host: SimulatedHost): void {
    if (this.#held.isOut(host, 'removed') && this.#knowsThatItIsNamed(host)) this.#held.putIn(host, 'removed')
    if (!this.#held.isOut(host, 'copied')) return
    const isOne = ({ hosts, bothUpAt }: Pair) => !hosts.includes(host) || this.#world.now - bothUpAt >= ONE_AGAIN_MS
    if (this.#pairs.every(isOne)) this.#held.putIn(host, 'copied')
  }

  #knowsThatItIsNamed({ member, stored }: SimulatedHost): boolean {
    const since = this.#world.cluster.namedSince(member) ?? Number.POSITIVE_INFINITY
    return (JSON.parse(stored.manifest.manifest) as { readonly version: number }).version >= since
  }
}
