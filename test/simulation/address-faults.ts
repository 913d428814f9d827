import { formatIpAddress, type IpAddress } from '../../src/base/ip-address.ts'
import type { Output } from '../../src/core/router/index.ts'
import { network } from './address-world.ts'
import { CONTAINERS } from './cluster.ts'
import { InvariantViolation } from './invariants.ts'
import type { SeededRandom } from './random.ts'
import type { SimulatedHost } from './simulated-host.ts'
import type { World } from './world.ts'

const ANSWER_WITHIN_MS = 20_000

/** Containers that come and go while all else befalls the cluster, and a look at each address that one is given: does another have it? */
export class AddressFaults {
  readonly #world: World
  readonly #draw: SeededRandom
  #tickets = 0
  /** Addresses that were given. */
  given = 0

  constructor(world: World, draw: SeededRandom) {
    this.#world = world
    this.#draw = draw
  }

  get deeds(): readonly (() => string | undefined)[] {
    return [() => this.#allocate(), () => this.#allocate(), () => this.#allocate(), () => this.#release()]
  }

  /** `others`: whose addresses count. */
  check(host: SimulatedHost, { answer }: Extract<Output, { kind: 'ipam-answer' }>, others: readonly string[]): void {
    if (answer.kind !== 'address') return
    this.given++
    for (const name of others) {
      const other = this.#world.hosts.get(name)
      // Two that are one cannot tell while they are cut off from each other.
      if (other?.isUp !== true || other.member.publicKey === host.member.publicKey) continue
      const ipam = other.router.shared?.ipam
      const hasIt = ipam?.leases.some(lease => lease.address === answer.lease.address) === true
      const state = hasIt ? ipam?.status(other.clockAt(this.#world.now)).state : undefined
      if (state === undefined || state.startsWith('out of contact')) continue
      throw new InvariantViolation('no address is held twice', `${answer.lease.address} on ${host.name} and ${name}`)
    }
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
