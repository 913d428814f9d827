import { unicastFrame } from './convergence.ts'
import { NO_FAULTS } from './network.ts'
import type { SeededRandom } from './random.ts'
import type { StoredState } from './simulated-host.ts'
import type { World } from './world.ts'

const CLOCK_SET_BACK_MIN = 11
const CLOCK_SET_BACK_MAX = 19
const HOSTS_LEFT_MIN = 2
/** Said by a host that is taken back, or was copied: what it had is another's by then. */
export const DISPUTED = 'addresses in use here belong to another peer'

export interface MoreFaults {
  /** Deeds beyond those to wires and processes. */
  readonly deeds?: readonly (() => string | undefined)[]
  /** Hosts come to an open cluster, leave it, and are replaced. */
  readonly hasVisitors?: boolean
  /** Draws which of the processes that end are stopped in order; absent: none is. */
  readonly stopping?: SeededRandom | undefined
}

/** Does to a cluster what befalls clusters, as the draws say, and keeps the story of it. */
export class FaultDriver {
  readonly story: string[] = []
  readonly #world: World
  readonly #draw: SeededRandom
  readonly #stopping: SeededRandom | undefined
  readonly #fresh = new Map<string, StoredState>()
  #members: readonly string[] = []
  #manifest: StoredState['manifest'] | undefined
  readonly #deeds: (() => string | undefined)[] = [
    () => this.#cut(),
    () => this.#cutOneWay(),
    () => this.#clog(),
    () => this.#halfOpen(),
    () => this.#heal(),
    () => this.#crash(),
    () => this.#restart(),
    () => this.#restart(),
  ]

  constructor(world: World, draw: SeededRandom, { deeds = [], hasVisitors = false, stopping }: MoreFaults = {}) {
    this.#world = world
    this.#draw = draw
    this.#stopping = stopping
    const isCertified = !world.cluster.isOpen
    if (isCertified)
      this.#deeds.push(
        () => this.#remove(),
        () => this.#add(),
      )
    this.#deeds.push(() => this.#talk())
    if (isCertified && deeds.length > 0) this.#deeds.push(() => this.#replace())
    this.#deeds.push(...deeds)
    if (hasVisitors)
      this.#deeds.push(
        () => this.#join(),
        () => this.#leave(),
        () => this.#replace(),
      )
  }

  /** By the newest manifest; of an open cluster, all that were started. */
  get members(): readonly string[] {
    return this.#members
  }

  /** Call when the hosts have been started. */
  begin(): void {
    this.#members = [...this.#world.hosts.keys()]
    for (const host of this.#world.hosts.values()) this.#fresh.set(host.name, { ...host.stored })
  }

  doSomething(): void {
    const deed = this.#draw.pick(this.#deeds)?.()
    if (deed !== undefined) this.#note(deed)
  }

  /** No more faults; every wire is whole. What is down stays down, except that somebody has to be left. */
  end(): void {
    const { network } = this.#world
    network.heal()
    network.faults = { ...NO_FAULTS, latencyMs: network.faults.latencyMs }
    for (const name of this.#members) {
      const isAlone = this.#members.filter(other => this.#isUp(other)).length < HOSTS_LEFT_MIN
      if (!this.#isUp(name) && (isAlone || this.#draw.chance(0.7))) this.#boot(name)
    }
    this.#note('all is healed')
    if (!this.#world.cluster.isOpen) this.#provision('all')
  }

  #cut(): string | undefined {
    const wire = this.#draw.pick(this.#world.network.wires)
    if (wire === undefined) return undefined
    this.#world.cut(...wire)
    return `cut ${wire.join(' and ')}`
  }

  #cutOneWay(): string | undefined {
    const [a, b] = this.#draw.pick(this.#world.network.wires) ?? []
    if (a === undefined || b === undefined) return undefined
    const [from, to] = this.#draw.chance(0.5) ? [a, b] : [b, a]
    this.#world.network.cutOneWay(from, to)
    return `cut ${from} to ${to}`
  }

  #clog(): string | undefined {
    const wire = this.#draw.pick(this.#world.network.wires)
    if (wire === undefined) return undefined
    const extraMs = this.#draw.between(50, 3000)
    this.#world.network.clog(wire, extraMs, this.#world.now + this.#draw.between(500, 15_000))
    return `clog ${wire.join(' and ')} by ${extraMs} ms`
  }

  #halfOpen(): string | undefined {
    const wire = this.#draw.pick(this.#world.network.wires)
    if (wire === undefined) return undefined
    this.#world.links.halfOpen(...wire)
    return `half-open links of ${wire.join(' and ')}`
  }

  #heal(): string {
    this.#world.heal()
    return 'heal the wires'
  }

  #crash(): string | undefined {
    const name = this.#draw.pick([...this.#world.hosts.keys()].filter(host => this.#isUp(host)))
    if (name === undefined) return undefined
    return this.#finish(name)
  }

  #finish(name: string): string {
    const isSilent = this.#draw.chance(0.5)
    if (!isSilent && this.#stopping?.chance(0.5) === true) {
      this.#world.tell(name, { kind: 'stop' })
      this.#world.kill(name)
      return `stop ${name}`
    }
    this.#world.kill(name, isSilent)
    return `${isSilent ? 'crash' : 'kill'} ${name}`
  }

  #restart(): string | undefined {
    const name = this.#draw.pick(this.#members.filter(host => !this.#isUp(host)))
    return name === undefined ? undefined : this.#boot(name)
  }

  #boot(name: string): string {
    const isLost = this.#draw.chance(0.3)
    const setBack = this.#draw.chance(0.2) ? this.#draw.between(CLOCK_SET_BACK_MIN, CLOCK_SET_BACK_MAX) : 0
    const stored = isLost ? this.#fresh.get(name) : undefined
    this.#world.restart(name, stored, BigInt(setBack))
    return `restart ${name}${isLost ? ' without its state' : ''}${setBack > 0 ? ' with its clock set back' : ''}`
  }

  #remove(): string | undefined {
    if (this.#members.length <= HOSTS_LEFT_MIN) return undefined
    const name = this.#draw.pick(this.#members)
    if (name === undefined) return undefined
    this.#members = this.#members.filter(member => member !== name)
    this.#world.invariants.expectError(name, DISPUTED)
    return this.#provision('some') ? `remove ${name}` : undefined
  }

  #add(): string | undefined {
    const name = this.#pickNewcomer()
    if (name === undefined) return undefined
    this.#members = [...this.#members, name]
    this.#provision('some')
    if (this.#world.hosts.has(name)) return `take ${name} back`
    const manifest = this.#manifest ?? this.#world.cluster.manifest()
    const targets = this.#members.filter(member => member !== name && this.#draw.chance(0.5))
    this.#fresh.set(name, { ...this.#world.start(name, targets, manifest).stored })
    return `add ${name}`
  }

  /** A broken machine makes way for another one, with its name, number and address. */
  #replace(): string | undefined {
    const name = this.#draw.pick(this.#members)
    if (name === undefined) return undefined
    this.#world.replace(name)
    if (!this.#world.cluster.isOpen) this.#provision('some')
    const manifest = this.#manifest ?? this.#world.cluster.manifest()
    const targets = this.#members.filter(member => member !== name)
    this.#fresh.set(name, { ...this.#world.start(name, targets, manifest).stored })
    return `replace ${name} by another machine`
  }

  /** Of no certificate: the operators of both tell their routers of each other. */
  #join(): string | undefined {
    const name = this.#pickNewcomer()
    if (name === undefined) return undefined
    const others = this.#members
    this.#members = [...others, name]
    if (this.#world.hosts.has(name)) return `${this.#boot(name)}, which had left`
    for (const other of others) this.#tellOf(name, other)
    this.#fresh.set(name, { ...this.#world.start(name, others).stored })
    return `${name} joins`
  }

  #leave(): string | undefined {
    if (this.#members.length <= HOSTS_LEFT_MIN) return undefined
    const name = this.#draw.pick(this.#members)
    if (name === undefined) return undefined
    this.#members = this.#members.filter(member => member !== name)
    return `${this.#isUp(name) ? this.#finish(name) : `${name} stays down`}, which leaves`
  }

  #tellOf(newcomer: string, other: string): void {
    const targets = this.#world.endpointsOf(newcomer)
    for (const stored of [this.#world.host(other).stored, this.#fresh.get(other)]) {
      if (stored !== undefined) stored.targets = [...stored.targets, ...targets]
    }
    this.#world.tell(other, { kind: 'connect', targets, replace: false })
  }

  /** Who has been a member before, or else a new host. */
  #pickNewcomer(): string | undefined {
    const known = this.#world.cluster.members.map(member => member.name)
    const former = known.filter(host => this.#world.hosts.has(host) && !this.#members.includes(host))
    return former.length > 0 ? this.#draw.pick(former) : this.#defineOneMore()
  }

  #defineOneMore(): string | undefined {
    const neighbours = this.#members.filter(() => this.#draw.chance(0.4))
    if (neighbours.length === 0) return undefined
    const name = `h${this.#world.hosts.size + 1}`
    this.#world.define([name])
    for (const neighbour of neighbours) this.#world.wire(neighbour, name)
    return name
  }

  #talk(): string | undefined {
    const [from, to] = [this.#draw.pick(this.#members), this.#draw.pick(this.#members)]
    if (from === undefined || to === undefined || from === to) return undefined
    const [source, destination] = [this.#world.member(from).shortId, this.#world.member(to).shortId]
    for (let i = 0; i < 20; i++) this.#world.send(from, unicastFrame(source, destination, `talk ${i}`))
    return `${from} talks to ${to}`
  }

  /** Signs who is a member, and tells as many routers as the provisioner reaches. */
  #provision(reached: 'some' | 'all'): boolean {
    const { cluster } = this.#world
    const isMember = (name: string) => this.#members.includes(name)
    const signed = cluster.manifest(cluster.members.filter(member => isMember(member.name)))
    this.#manifest = signed
    const told = this.#members.filter(name => this.#isUp(name))
    const [first] = told
    for (const name of told) {
      if (reached === 'all' || name === first || this.#draw.chance(0.3))
        this.#world.tell(name, { kind: 'manifest', signed })
    }
    return told.length > 0
  }

  #isUp(name: string): boolean {
    return this.#world.hosts.get(name)?.isUp === true
  }

  #note(deed: string): void {
    this.story.push(`${(this.#world.now / 1000).toFixed(1)} s: ${deed}`)
  }
}
