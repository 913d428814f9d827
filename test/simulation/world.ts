import type { Endpoint } from '../../src/base/endpoint.ts'
import {
  createRouter,
  type EndpointKey,
  endpointKey,
  endpointOf,
  type Forwarder,
  type Input,
  type Output,
  type RouterMachine,
} from '../../src/core/router/index.ts'
import { SimulatedCluster, type SimulatedMember } from './cluster.ts'
import { type SimulatedDataPlane, simulateDataPlane } from './data-plane.ts'
import { SeededRandom } from './random.ts'

interface Scheduled {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

export interface WorldOptions {
  readonly seed: number
  /** Share of datagrams lost, 0 to 1. Control links retransmit, so they are only slow. */
  readonly loss?: number
}

/** A router with its data plane, on a host with one container per frame that it injects. */
export class SimulatedHost {
  readonly member: SimulatedMember
  router: RouterMachine
  plane: SimulatedDataPlane
  readonly injected: Uint8Array[] = []
  isUp = true
  bootId = 1n

  constructor(member: SimulatedMember, router: RouterMachine, plane: SimulatedDataPlane) {
    this.member = member
    this.router = router
    this.plane = plane
  }

  get forwarder(): Forwarder {
    return this.plane.forwarder
  }
}

/** Hosts, the wires between them, and the only clock. Nothing here waits: `run` moves time from event to event. */
export class World {
  readonly random: SeededRandom
  readonly cluster: SimulatedCluster
  readonly hosts = new Map<string, SimulatedHost>()
  /** Every datagram that crossed a wire, for checks on what an eavesdropper sees. */
  readonly wiretap: Uint8Array[] = []
  /** Bytes that crossed control links. */
  controlBytes = 0
  now = 0
  readonly #options: WorldOptions
  readonly #wires = new Set<string>()
  readonly #cuts = new Set<string>()
  #queue: Scheduled[] = []
  #order = 0
  #lastLink = 0
  readonly #links = new Map<number, { owner: SimulatedHost; far: number; farHost: SimulatedHost }>()

  constructor(options: WorldOptions) {
    this.#options = options
    this.random = new SeededRandom(options.seed)
    this.cluster = new SimulatedCluster(this.random)
  }

  /** Names hosts; `start` brings them up once the manifest knows them all. */
  define(names: readonly string[]): void {
    for (const name of names) this.cluster.addMember(name)
  }

  wire(a: string, b: string): void {
    this.#wires.add(wireOf(a, b))
  }

  wireAll(names: readonly string[]): void {
    for (const a of names) for (const b of names) if (a < b) this.wire(a, b)
  }

  cut(a: string, b: string): void {
    this.#cuts.add(wireOf(a, b))
  }

  heal(): void {
    this.#cuts.clear()
  }

  start(name: string, targets: readonly string[], manifest = this.cluster.manifest()): SimulatedHost {
    const member = this.member(name)
    const known = this.hosts.get(name)
    const bootId = (known?.bootId ?? 0n) + 1n
    const router = createRouter({
      shortId: member.shortId,
      nickname: name,
      identitySeed: member.seed,
      clusterKey: this.cluster.clusterKey,
      manifest,
      bootId,
      port: 6783,
      addresses: member.addresses,
      targets: targets.map(target => this.endpointOf(target)),
      discovery: true,
      mtu: 1376,
      random: length => this.random.bytes(length),
      now: this.now,
    })
    const plane = this.#dataPlaneFor(name)
    const host = known ?? new SimulatedHost(member, router, plane)
    Object.assign(host, { router, isUp: true, bootId, plane })
    this.hosts.set(name, host)
    this.#perform(host)
    return host
  }

  /** The process is gone at once; the far ends of its links hear of it, as TCP resets tell them. */
  kill(name: string): void {
    const host = this.host(name)
    host.isUp = false
    for (const [id, link] of this.#links) if (link.owner === host) this.#reset(id, 'connection reset')
  }

  host(name: string): SimulatedHost {
    const host = this.hosts.get(name)
    if (host === undefined) throw new Error(`no host ${name} is up`)
    return host
  }

  member(name: string): SimulatedMember {
    const member = this.cluster.members.find(candidate => candidate.name === name)
    if (member === undefined) throw new Error(`no host ${name}`)
    return member
  }

  endpointOf(name: string): Endpoint {
    return { ip: this.member(name).addresses[0] ?? '', port: 6783 }
  }

  /** Gives `frame` to the host's data plane as the bridge does. */
  send(name: string, frame: Uint8Array): void {
    this.host(name).plane.capture(frame, this.now)
  }

  tell(name: string, input: Input): void {
    const host = this.host(name)
    host.router.handle(input, this.now)
    this.#perform(host)
  }

  run(forMs: number): void {
    const end = this.now + forMs
    for (;;) {
      const next = this.#nextEvent()
      const timer = this.#nextTimer()
      const at = Math.min(next?.at ?? Number.POSITIVE_INFINITY, timer?.at ?? Number.POSITIVE_INFINITY)
      if (at > end) break
      this.now = Math.max(this.now, at)
      if (next !== undefined && next.at <= at) {
        this.#queue.splice(this.#queue.indexOf(next), 1)
        next.run()
      } else if (timer !== undefined) {
        timer.host.router.advance(this.now)
        this.#perform(timer.host)
      }
    }
    this.now = end
  }

  #nextEvent(): Scheduled | undefined {
    let next: Scheduled | undefined
    for (const event of this.#queue) {
      if (next === undefined || event.at < next.at || (event.at === next.at && event.order < next.order)) next = event
    }
    return next
  }

  #nextTimer(): { at: number; host: SimulatedHost } | undefined {
    let soonest: { at: number; host: SimulatedHost } | undefined
    for (const host of this.hosts.values()) {
      const at = host.isUp ? (host.router.deadline?.at ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY
      if (soonest === undefined || at < soonest.at) soonest = { at, host }
    }
    return soonest
  }

  #perform(host: SimulatedHost): void {
    for (const output of host.router.drain()) this.#performOne(host, output)
  }

  #performOne(host: SimulatedHost, output: Output): void {
    switch (output.kind) {
      case 'dial':
        return this.#dial(host, output.target)
      case 'link-send':
        return this.#sendOnLink(output.link, output.bytes)
      case 'link-close':
        return this.#later(() => this.#reset(output.link, output.reason))
      case 'forwarding':
        return host.forwarder.apply(output.table)
      case 'probe':
        return host.forwarder.sendProbe(output.peer, endpointKey(output.to), output.probe)
      case 'log':
        if (output.level === 'error') throw new Error(`${host.member.name}: ${output.message}`)
    }
  }

  #dial(host: SimulatedHost, target: Endpoint): void {
    const far = [...this.hosts.values()].find(candidate => candidate.member.addresses.includes(target.ip))
    if (far === undefined || !far.isUp || !this.#passes(host, far)) {
      this.#later(() => {
        if (host.isUp) this.tell(host.member.name, { kind: 'dial-failed', target, reason: 'timed out' })
      }, 3000)
      return
    }
    this.#later(() => this.#connect(host, far, target))
  }

  #connect(host: SimulatedHost, far: SimulatedHost, target: Endpoint): void {
    const [near, other] = [++this.#lastLink, ++this.#lastLink]
    this.#links.set(near, { owner: host, far: other, farHost: far })
    this.#links.set(other, { owner: far, far: near, farHost: host })
    const remote = { ip: host.member.addresses[0] ?? '', port: 30000 + other }
    const [outbound, inbound] = [far.member.publicKey, host.member.publicKey]
    this.tell(host.member.name, {
      kind: 'link-opened',
      link: near,
      direction: 'outbound',
      remote: target,
      publicKey: outbound,
    })
    this.tell(far.member.name, { kind: 'link-opened', link: other, direction: 'inbound', remote, publicKey: inbound })
  }

  #sendOnLink(id: number, bytes: Uint8Array): void {
    const link = this.#links.get(id)
    if (link === undefined || !this.#passes(link.owner, link.farHost)) return
    this.controlBytes += bytes.length
    this.#later(() => {
      if (!link.farHost.isUp || !this.#links.has(link.far)) return
      this.tell(link.farHost.member.name, { kind: 'link-data', link: link.far, bytes })
    })
  }

  #reset(id: number, reason: string): void {
    const link = this.#links.get(id)
    this.#links.delete(id)
    if (link === undefined || !this.#links.delete(link.far)) return
    if (!link.farHost.isUp || !this.#passes(link.owner, link.farHost)) return
    this.tell(link.farHost.member.name, { kind: 'link-closed', link: link.far, reason })
  }

  #dataPlaneFor(name: string): SimulatedDataPlane {
    return simulateDataPlane({
      injected: frame => this.host(name).injected.push(frame),
      transmitted: (to, datagram) => this.#transmit(name, to, datagram),
      wanted: peer => this.tell(name, { kind: 'path-wanted', peer }),
      probed: (peer, probe, from) => this.tell(name, { kind: 'probe-received', peer, probe, from: endpointOf(from) }),
    })
  }

  #transmit(name: string, to: EndpointKey, datagram: Uint8Array): void {
    const host = this.host(name)
    const far = [...this.hosts.values()].find(candidate => candidate.member.addresses.includes(endpointOf(to).ip))
    if (far === undefined || !this.#passes(host, far)) return
    this.wiretap.push(datagram.slice())
    if (this.random.next() < (this.#options.loss ?? 0)) return
    const from = endpointKey(this.endpointOf(name))
    this.#later(() => {
      if (far.isUp) far.plane.receive(datagram, from, this.now)
    })
  }

  #passes(a: SimulatedHost, b: SimulatedHost): boolean {
    const wire = wireOf(a.member.name, b.member.name)
    return this.#wires.has(wire) && !this.#cuts.has(wire)
  }

  #later(run: () => void, delayMs = 1): void {
    this.#queue.push({ at: this.now + delayMs, order: this.#order++, run })
  }
}

function wireOf(a: string, b: string): string {
  return [a, b].sort().join(' ')
}
