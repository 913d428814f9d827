import type { SignedManifest } from '../../src/contract/cluster-manifest.ts'
import { createRouter, type Input, type Output, type Probe, type RouterMachine } from '../../src/core/router/index.ts'
import type { Cryptography } from '../../src/core/session/crypto.ts'
import { checkUnrefused } from './allowance-checks.ts'
import { createCheapCryptography } from './cheap-cryptography.ts'
import { SimulatedCluster, type SimulatedMember } from './cluster.ts'
import { SeededRandom } from './random.ts'
import { LATENCY_MS, type NetworkHost, ScaleNetwork } from './scale-network.ts'
import { VirtualTime } from './virtual-time.ts'

/** Beside each message on a control link: a TLS record's header, content type and tag (RFC 8446). */
const TLS_OVERHEAD_BYTES = 22
/** A probe as the data plane sends it: header, probe, tag. */
const PROBE_BYTES = 41
/** All routers start at one instant, with some dozens of messages each. */
const EVENTS_AT_ONCE_MAX = 1_000_000

/** Real routers on hosts without containers: nothing is sealed, all else is as in a cluster. */
export class ScaleWorld {
  readonly hosts: ScaleHost[] = []
  readonly time = new VirtualTime(EVENTS_AT_ONCE_MAX)
  readonly network = new ScaleNetwork(this.time)
  readonly cluster: SimulatedCluster
  readonly random: SeededRandom
  readonly cryptography: Cryptography = createCheapCryptography()
  /** Bytes that routers sent: messages as TLS carries them, and probes. */
  controlBytes = 0

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
    this.cluster = new SimulatedCluster(this.random)
  }

  get now(): number {
    return this.time.now
  }

  /** Adds members to the cluster; `start` brings one up once a manifest knows it. */
  define(count: number): readonly SimulatedMember[] {
    return Array.from({ length: count }, () => this.cluster.addMember(`h${this.cluster.members.length + 1}`))
  }

  start(member: SimulatedMember, manifest: SignedManifest): ScaleHost {
    const host = new ScaleHost(this, member, manifest)
    this.hosts.push(host)
    this.network.add(host)
    host.perform()
    return host
  }

  run(forMs: number): void {
    const end = this.now + forMs
    while (this.time.step(end)) if (this.time.isSpinning) throw new Error('routers keep waking each other')
  }

  /** Runs until `isDone`, which is asked every `stepMs`; the virtual milliseconds it took, or undefined after `maxMs`. */
  runUntil(isDone: () => boolean, { stepMs, maxMs }: { stepMs: number; maxMs: number }): number | undefined {
    const start = this.now
    while (this.now - start < maxMs) {
      this.run(stepMs)
      if (isDone()) return this.now - start
    }
    return undefined
  }

  /** All hosts that are up have a route to all others of them that are up, and the same records. */
  get isConverged(): boolean {
    const up = this.hosts.filter(host => host.isUp)
    return up.every(host => host.reaches === up.length - 1)
  }
}

export class ScaleHost implements NetworkHost {
  readonly name: string
  readonly ip: string
  readonly publicKey: Uint8Array
  readonly router: RouterMachine
  part = 0
  isUp = true
  /** Peers that the data plane was last told how to reach. */
  reaches = 0
  readonly #world: ScaleWorld
  readonly #shortId: number
  #timerAt = Number.POSITIVE_INFINITY

  constructor(world: ScaleWorld, member: SimulatedMember, manifest: SignedManifest) {
    this.#world = world
    this.name = member.name
    this.ip = member.addresses[0] ?? ''
    this.publicKey = member.publicKey
    this.#shortId = member.shortId
    this.router = createRouter({
      shortId: member.shortId,
      nickname: member.name,
      identitySeed: member.seed,
      trust: { kind: 'certified', clusterKey: world.cluster.clusterKey, manifest: copyOf(manifest) },
      bootId: 1n,
      port: 6783,
      addresses: member.addresses,
      targets: [],
      discovery: true,
      mtu: 1376,
      random: length => world.random.bytes(length),
      now: world.now,
      wallClock: () => world.now,
      cryptography: world.cryptography,
    })
  }

  hear(input: Input): void {
    if (!this.isUp) return
    this.router.handle(input, this.#world.now)
    this.perform()
  }

  perform(): void {
    for (const output of this.router.drain()) this.#performOne(output)
    this.#armTimer()
  }

  #performOne(output: Output): void {
    const { network } = this.#world
    switch (output.kind) {
      case 'dial':
        return network.dial(this, output.target)
      case 'link-send':
        this.#world.controlBytes += output.bytes.length + TLS_OVERHEAD_BYTES
        return network.send(output.link, output.bytes)
      case 'link-close':
        return network.close(output.link, output.reason)
      case 'forwarding':
        this.reaches = output.table.peers.filter(peer => peer.nextHop !== undefined).length
        return
      case 'probe':
        return this.#probe(output)
      case 'log':
        checkUnrefused(this.name, output)
        if (output.level === 'error') throw new Error(`${this.name}: ${output.message}`)
    }
  }

  /** What the data planes of both ends would do, the seal apart. */
  #probe({ to, probe }: Extract<Output, { kind: 'probe' }>): void {
    this.#world.controlBytes += PROBE_BYTES
    const far = this.#world.network.hostAt(to.ip)
    if (far === undefined) return
    const from = { ip: this.ip, port: 6783 }
    this.#world.time.after(LATENCY_MS, () => {
      if (!this.#world.network.passes(this, far)) return
      if (probe.datagramBytes === undefined) far.hear({ kind: 'probe-received', peer: this.#shortId, probe, from })
      far.answer(this, probe)
    })
  }

  answer(asker: NetworkHost, probe: Probe): void {
    this.#world.controlBytes += PROBE_BYTES
    const reply = { ...probe, isReply: true }
    const from = { ip: this.ip, port: 6783 }
    this.#world.time.after(LATENCY_MS, () => {
      const isHeard = this.#world.network.passes(this, asker)
      if (isHeard) asker.hear({ kind: 'probe-received', peer: this.#shortId, probe: reply, from })
    })
  }

  #armTimer(): void {
    const at = this.router.deadline?.at ?? Number.POSITIVE_INFINITY
    if (at === this.#timerAt || at === Number.POSITIVE_INFINITY) return
    this.#timerAt = at
    this.#world.time.at(at, () => {
      if (!this.isUp || this.#timerAt !== at) return
      this.#timerAt = Number.POSITIVE_INFINITY
      this.router.advance(this.#world.now)
      this.perform()
    })
  }
}

/** Each router reads its manifest from a disk of its own. */
function copyOf({ manifest, signature }: SignedManifest): SignedManifest {
  return { manifest: Buffer.from(manifest).toString('utf8'), signature }
}
