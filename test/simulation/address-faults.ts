import { formatIpAddress, type IpAddress } from '../../src/base/ip-address.ts'
import { network } from './address-world.ts'
import { CONTAINERS } from './cluster.ts'
import type { SeededRandom } from './random.ts'
import type { SimulatedHost } from './simulated-host.ts'
import type { World } from './world.ts'

const ANSWER_WITHIN_MS = 20_000

/** Containers that come and go while all else befalls the cluster. */
export class AddressFaults {
  readonly #world: World
  readonly #draw: SeededRandom
  #tickets = 0

  constructor(world: World, draw: SeededRandom) {
    this.#world = world
    this.#draw = draw
  }

  get deeds(): readonly (() => string | undefined)[] {
    return [() => this.#allocate(), () => this.#allocate(), () => this.#allocate(), () => this.#release()]
  }

  /** Of the host's own range, or of another's, which moves space. */
  #allocate(): string | undefined {
    const host = this.#pickHost()
    if (host === undefined) return undefined
    this.#nameAll(host)
    const number = this.#draw.between(1, this.#world.cluster.members.length)
    const subnet = this.#draw.chance(0.4) ? `10.2.${number}.0/24` : CONTAINERS
    const ticket = ++this.#tickets
    const request = { kind: 'allocate', ticket, id: `c${ticket}`, subnet: network(subnet) } as const
    const input = { ...request, timeoutMs: ANSWER_WITHIN_MS }
    this.#world.tell(host.name, { kind: 'addresses', input })
    return `${host.name} wants an address of ${subnet}`
  }

  #release(): string | undefined {
    const host = this.#pickHost()
    const lease = this.#draw.pick(host?.router.shared?.ipam?.leases ?? [])
    if (host === undefined || lease === undefined) return undefined
    this.#world.tell(host.name, { kind: 'addresses', input: { kind: 'release', id: lease.id } })
    this.#world.tell(host.name, { kind: 'names', change: { kind: 'remove', fits: ({ id }) => id === lease.id } })
    return `${lease.id} on ${host.name} ends`
  }

  /** Containers have names from the next deed of their host on. */
  #nameAll(host: SimulatedHost): void {
    for (const { id, address } of host.router.shared?.ipam?.leases ?? []) {
      const data = { kind: 'address', address: formatIpAddress(address as IpAddress) } as const
      const entry = { id, name: `${id}.weave.local`, data }
      this.#world.tell(host.name, { kind: 'names', change: { kind: 'add', entry } })
    }
  }

  #pickHost(): SimulatedHost | undefined {
    return this.#draw.pick([...this.#world.hosts.values()].filter(host => host.isUp))
  }
}
