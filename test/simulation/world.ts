import type { Endpoint } from '../../src/base/endpoint.ts'
import { createNodeCipher, type Input, type Output } from '../../src/core/router/index.ts'
import { bootRouter } from './boot-router.ts'
import { SimulatedCluster, type SimulatedMember } from './cluster.ts'
import { ControlLinks } from './control-links.ts'
import { type SimulatedDataPlane, simulateDataPlane } from './data-plane.ts'
import { DatagramWires } from './datagram-wires.ts'
import { Invariants } from './invariants.ts'
import { NO_FAULTS, SimulatedNetwork } from './network.ts'
import { SeededRandom } from './random.ts'
import { SimulatedHost, type StoredState } from './simulated-host.ts'
import { StepChecks } from './step-checks.ts'
import { Trace } from './trace.ts'
import { Underlay } from './underlay.ts'
import { VirtualTime } from './virtual-time.ts'
import type { WorldOptions } from './world-options.ts'

export { SimulatedHost } from './simulated-host.ts'
export type { WorldOptions } from './world-options.ts'

/** By which the boot id grows from one start to the next: clocks that are set back fall in between. */
const BOOT_TAKES = 10n

/**
 * Hosts, the wires between them, and the only clock. Nothing here waits: `run` moves time from event to event. The same seed and
 * the same calls give the same run. A broken invariant throws out of the call in which it broke.
 */
export class World {
  readonly random: SeededRandom
  readonly cluster: SimulatedCluster
  readonly network: SimulatedNetwork
  readonly underlay = new Underlay()
  readonly links: ControlLinks
  readonly invariants = new Invariants()
  readonly trace = new Trace()
  readonly hosts = new Map<string, SimulatedHost>()
  /** Every datagram that crossed a wire, for checks on what an eavesdropper sees. */
  readonly wiretap: Uint8Array[] = []
  controlBytes = 0
  readonly #options: WorldOptions
  readonly #time = new VirtualTime()
  readonly #members = new Map<string, SimulatedMember>()
  readonly #wires: DatagramWires
  readonly #checks = new StepChecks(this, () => this.#members.size)

  constructor(options: WorldOptions) {
    this.#options = options
    this.random = new SeededRandom(options.seed)
    this.cluster = new SimulatedCluster(this.random)
    this.network = new SimulatedNetwork(this.random, { ...NO_FAULTS, loss: options.loss ?? 0, ...options.faults })
    this.links = this.#createLinks()
    this.#wires = this.#createWires()
  }

  get now(): number {
    return this.#time.now
  }

  get events(): number {
    return this.#time.events
  }

  /** Names hosts, each with its addresses or one of its own; `start` brings them up once the manifest knows them all. */
  define(names: readonly string[], addressesOf?: (name: string) => readonly string[]): void {
    for (const name of names) {
      const member = this.cluster.addMember(name, addressesOf?.(name))
      this.#members.set(name, member)
      this.underlay.place(name, ...member.addresses)
    }
  }

  /** Another machine under the same name, number and address: a manifest signed from here on has its key. */
  replace(name: string): void {
    this.kill(name)
    this.#checks.replaced(this.host(name))
    this.#members.set(name, this.cluster.replaceMember(name))
  }

  /** Another machine with the disk of `name`: its identity, number and state; `as` is placed already. */
  clone(name: string, as: string): SimulatedHost {
    this.#members.set(as, { ...this.member(name), name: as, addresses: [this.underlay.ipOf(as)] })
    return this.#boot(as, this.host(name).stored, this.host(name).bootId + BOOT_TAKES)
  }

  wire(a: string, b: string): void {
    this.network.wire(a, b)
  }

  wireAll(names: readonly string[]): void {
    for (const a of names) for (const b of names) if (a < b) this.wire(a, b)
  }

  cut(a: string, b: string): void {
    this.network.cutOneWay(a, b)
    this.network.cutOneWay(b, a)
  }

  heal(): void {
    this.network.heal()
  }

  start(name: string, targets: readonly string[], manifest = this.cluster.manifest()): SimulatedHost {
    const bootId = (this.hosts.get(name)?.bootId ?? this.#drawSkew()) + BOOT_TAKES
    return this.#boot(name, { manifest, targets: targets.flatMap(target => this.endpointsOf(target)) }, bootId)
  }

  /** Starts a router again that was started before; `stored` is what it finds on its disk. */
  restart(name: string, stored = this.host(name).stored, clockSetBack = 0n): SimulatedHost {
    this.host(name).wallClockAheadMs -= Number(clockSetBack)
    const bootId = this.host(name).bootId + BOOT_TAKES - clockSetBack
    return this.#boot(name, stored, bootId < 1n ? 1n : bootId)
  }

  /** The process is gone at once; unless the whole machine died, the far ends of its links hear of it by resets. */
  kill(name: string, isSilent = false): void {
    const host = this.host(name)
    host.isUp = false
    this.links.abandon(host, isSilent)
  }

  host(name: string): SimulatedHost {
    const host = this.hosts.get(name)
    if (host === undefined) throw new Error(`no host ${name} is up`)
    return host
  }

  member(name: string): SimulatedMember {
    const member = this.#members.get(name)
    if (member === undefined) throw new Error(`no host ${name}`)
    return member
  }

  endpointsOf(name: string): readonly Endpoint[] {
    return this.member(name).addresses.map(ip => ({ ip, port: 6783 }))
  }

  /** Gives `frame` to the host's data plane as the bridge does. */
  send(name: string, frame: Uint8Array): void {
    const host = this.host(name)
    if (host.isUp) host.plane.capture(frame, host.clockAt(this.now))
  }

  tell(name: string, input: Input): void {
    const host = this.host(name)
    if (!host.isUp) return
    host.router.handle(input, host.clockAt(this.now))
    this.#perform(host)
  }

  run(forMs: number): void {
    const end = this.now + forMs
    while (this.#time.step(end)) {
      if (this.#time.isSpinning) this.invariants.spins([...this.hosts.values()])
      this.#checks.timePassed()
    }
  }

  #boot(name: string, stored: Readonly<StoredState>, bootId: bigint): SimulatedHost {
    const known = this.hosts.get(name)
    const clockRate = known?.clockRate ?? this.#drawClockRate()
    const wallClock = () => this.host(name).wallClockAt(this.now)
    const boot = { stored, bootId, now: known?.clockAt(this.now) ?? this.now * clockRate, wallClock }
    const { cluster, random } = this
    const linkCosts = this.#options.linkCosts?.[name]
    const sound = bootRouter(this.member(name), boot, { ...this.#options, cluster, random, linkCosts })
    const router = this.#options.broken?.router?.(sound, name) ?? sound
    const plane = this.#createDataPlane(name)
    const host = known ?? new SimulatedHost(this.member(name), router, plane, { ...stored })
    host.boot({ member: this.member(name), router, plane, bootId, stored })
    host.clockRate = clockRate
    if (known === undefined) host.wallClockAheadMs = Number(bootId)
    this.hosts.set(name, host)
    this.#checks.booted(host)
    this.#perform(host)
    return host
  }

  /** What the host's wall clock is ahead of that of the slowest. */
  #drawSkew(): bigint {
    const { skewMax = 0 } = this.#options
    return skewMax === 0 ? 0n : BigInt(this.random.between(0, skewMax))
  }

  #drawClockRate(): number {
    const { driftMax = 0 } = this.#options
    return driftMax === 0 ? 1 : 1 + (this.random.next() * 2 - 1) * driftMax
  }

  #createDataPlane(name: string): SimulatedDataPlane {
    const broken = this.#options.broken
    const watched = this.invariants.watchCipher(name, createNodeCipher())
    return simulateDataPlane({
      cipher: broken?.cipher?.(watched) ?? watched,
      sealedMax: this.#options.sealedMax,
      injected: frame => {
        this.invariants.injected(this.host(name), this.#wires.voyage)
        this.host(name).injected.push(frame)
      },
      transmitted: (datagram, to) => this.#wires.transmit(this.host(name), datagram, to),
      tell: input => this.#tellNext(name, input),
    })
  }

  /** The data plane is another thread: the router hears of it when that is done with its datagram. */
  #tellNext(name: string, input: Input): void {
    const { starts } = this.host(name)
    this.#time.after(0, () => {
      if (this.host(name).starts === starts) this.tell(name, input)
    })
  }

  #perform(host: SimulatedHost): void {
    const outputs = host.router.drain()
    this.#checks.stepped(host, outputs)
    for (const output of outputs) this.#performOne(host, output)
    this.#armTimer(host)
  }

  #performOne(host: SimulatedHost, output: Output): void {
    switch (output.kind) {
      case 'dial':
        return this.links.dial(host, output.target)
      case 'link-send':
      case 'link-carry':
        return this.links.send(output.link, output.bytes)
      case 'link-close':
        return this.links.close(output.link, output.reason)
      case 'forwarding':
        if (!this.cluster.isOpen) this.invariants.table(host, output.table, host.stored.manifest)
        return host.forwarder.apply(output.table)
      case 'carried':
      case 'probe':
      case 'path-size':
        return host.plane.obey(output, host.clockAt(this.now))
      case 'store-manifest':
      case 'store-targets':
      case 'store-addresses':
      case 'store-names':
      case 'renumber':
        return host.keep(output)
      case 'ipam-answer':
        return this.#options.answered?.(host, output)
      case 'log':
        return this.#options.heardLog?.(host.name, output)
    }
  }

  /** Asks for the deadline only of a host that was touched; a timer that is overtaken by an earlier one does nothing. */
  #armTimer(host: SimulatedHost): void {
    const deadline = host.router.deadline?.at ?? Number.POSITIVE_INFINITY
    const at = host.worldTimeOf(deadline)
    if (at === host.timerAt) return
    host.timerAt = at
    if (at === Number.POSITIVE_INFINITY) return
    const { starts } = host
    this.#time.at(at, () => {
      if (!host.isUp || host.starts !== starts || host.timerAt !== at) return
      host.timerAt = Number.POSITIVE_INFINITY
      host.router.advance(host.clockAtTimer(this.now, deadline))
      this.#perform(host)
    })
  }

  #createLinks(): ControlLinks {
    const now = () => this.now
    return new ControlLinks({
      get now() {
        return now()
      },
      network: this.network,
      reach: (dialler, target) => {
        const arrival = this.underlay.connection(dialler, target)
        const host = this.hosts.get(arrival?.name ?? '')
        return arrival === undefined || host === undefined ? undefined : { host, ip: arrival.from.ip }
      },
      tell: (name, input) => this.tell(name, input),
      after: (delayMs, run) => this.#time.after(delayMs, run),
      sent: (from, to, bytes) => {
        this.controlBytes += bytes.length
        this.invariants.onWire(bytes, from.name)
        this.trace.note({ at: this.now, from: from.name, to: to.name, way: 'link', bytes })
      },
    })
  }

  #createWires(): DatagramWires {
    return new DatagramWires({
      time: this.#time,
      network: this.network,
      underlay: this.underlay,
      invariants: this.invariants,
      trace: this.trace,
      wiretap: this.#options.keepsWiretap === false ? undefined : this.wiretap,
      findHost: name => this.hosts.get(name),
    })
  }
}
