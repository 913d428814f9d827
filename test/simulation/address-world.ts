import { type IpNetwork, type IpOnNetwork, parseIpNetwork, parseIpOnNetwork } from '../../src/base/ip-address.ts'
import type { PeerName } from '../../src/base/peer-name.ts'
import type { InitialSpace, IpamAnswer, IpamInput, IpamOutput } from '../../src/core/ipam/api.ts'
import { Ipam } from '../../src/core/ipam/ipam.ts'
import { type Range, rangeOf } from '../../src/core/ipam/range.ts'
import { survey } from './address-survey.ts'
import { formatVersion, parseVersion, type Version } from './address-version.ts'
import { AddressWatch } from './address-watch.ts'
import { manifestOf } from './manifest-of.ts'
import { SeededRandom } from './random.ts'
import { VirtualTime } from './virtual-time.ts'

const NEWS_MS = 900
const NOTICE_MS = 4_000
const REQUEST_MS = 20_000

export interface AddressHost {
  readonly name: PeerName
  readonly home: readonly Range[]
  ipam: Ipam
  isUp: boolean
  side: number
  stored: string | undefined
  wakeAt: number
  /** Newest bodies heard: gone with a restart, but for what is recalled. */
  readonly heard: Map<PeerName, Version>
}

export interface AddressWorldOptions {
  readonly seed: number
  readonly universe: string
  readonly initial: InitialSpace
}

/** Routers that exchange what they publish of their addresses, with delays, partitions, crashes and a manifest, on virtual time. */
export class AddressWorld {
  readonly time = new VirtualTime()
  readonly random: SeededRandom
  readonly hosts = new Map<PeerName, AddressHost>()
  readonly answers = new Map<number, IpamAnswer>()
  readonly errors: string[] = []
  /** What hosts did not take of others: `HOST refused PEER: REASON`. */
  readonly refusals: string[] = []
  readonly #options: AddressWorldOptions
  #clones: readonly AddressHost[] = []
  readonly #watch: AddressWatch
  #tickets = 0
  #versions = 0
  members: ReadonlySet<PeerName> | undefined
  /** Ranges that the manifest adds to the universe. */
  addedRanges: readonly string[] = []

  constructor(options: AddressWorldOptions) {
    this.#options = options
    this.random = new SeededRandom(options.seed)
    this.#watch = new AddressWatch(this, { noticeMs: NOTICE_MS, newsMs: 2 * NEWS_MS })
    if (options.initial.kind === 'manifest') this.members = new Set()
  }

  get violations(): readonly string[] {
    return this.#watch.violations
  }

  get now(): number {
    return this.time.now
  }

  get all(): readonly AddressHost[] {
    return [...this.hosts.values(), ...this.#clones]
  }

  get up(): readonly AddressHost[] {
    return this.all.filter(host => host.isUp)
  }

  add(number: number, home: string | undefined): AddressHost {
    const host = this.#create(nameOf(number), home === undefined ? [] : [rangeOf(network(home))], undefined)
    this.hosts.set(host.name, host)
    return host
  }

  /** A second host with the disk of the first. */
  clone(original: AddressHost): AddressHost {
    const host = this.#create(original.name, original.home, original.stored)
    this.#clones = [...this.#clones, host]
    this.#watch.copied(original)
    this.#begin(host)
    this.reconnect()
    return host
  }

  /** Makes hosts known to each other, after additions and removals. */
  publishManifest(members: Iterable<PeerName>): void {
    this.members = new Set(members)
    this.reconnect()
  }

  remove(host: AddressHost): void {
    host.isUp = false
    this.#clones = this.#clones.filter(clone => clone !== host)
    if (this.hosts.get(host.name) === host) this.hosts.delete(host.name)
    this.#watch.removed(host)
  }

  crash(host: AddressHost): void {
    host.isUp = false
    this.reconnect()
  }

  /** With what it had stored, or an earlier state of its disk, and with nothing else that it had heard. */
  restart(host: AddressHost, disk = host.stored): void {
    if (disk !== host.stored) this.#watch.restored(host)
    host.stored = disk
    host.heard.clear()
    host.ipam = this.#createIpam(host)
    host.isUp = true
    // A router reads its manifest before it is asked for anything.
    if (this.members !== undefined) this.tell(host, this.#manifest())
    this.#begin(host)
    this.reconnect()
  }

  split(sideOf: (host: AddressHost, index: number) => number): void {
    let index = 0
    for (const host of this.hosts.values()) host.side = sideOf(host, index++)
    this.reconnect()
  }

  /** Each notices after a time of its own who can be reached, and hears what it has missed. */
  reconnect(): void {
    this.#watch.contactChanged()
    for (const host of this.up) {
      this.time.after(this.random.between(500, NOTICE_MS), () => this.#notice(host))
    }
  }

  allocate(host: AddressHost, id: string, subnet: string, timeoutMs = REQUEST_MS): number {
    const ticket = ++this.#tickets
    this.tell(host, { kind: 'allocate', ticket, id, subnet: network(subnet), timeoutMs })
    return ticket
  }

  tell(host: AddressHost, input: IpamInput): void {
    if (!host.isUp) return
    this.#watch.asked(input)
    host.ipam.handle(input, this.time.now)
    this.#perform(host)
  }

  /** Gossip carries what a member signs, be it true or not. */
  publishAs(host: AddressHost, body: Uint8Array): void {
    host.heard.set(host.name, { number: ++this.#versions, body })
    for (const other of this.up) if (other !== host) this.#carry(host, other, host.name)
  }

  /** All containers of the host end, but one. */
  endAllBut(host: AddressHost, kept: string): void {
    for (const id of new Set(host.ipam.leases.map(lease => lease.id))) {
      if (id !== kept) this.tell(host, { kind: 'release', id })
    }
  }

  run(durationMs: number): void {
    const end = this.time.now + durationMs
    while (this.time.step(end)) if (this.time.isSpinning) throw new Error('the routers wake themselves for ever')
  }

  survey() {
    return survey(this.up, this.now)
  }

  #create(name: PeerName, home: readonly Range[], stored: string | undefined): AddressHost {
    const heard = new Map<PeerName, Version>()
    const ipam = this.#createIpam({ name, stored, heard })
    return { name, home, ipam, isUp: true, side: 0, stored, wakeAt: Number.POSITIVE_INFINITY, heard }
  }

  #createIpam({ name: self, stored, heard }: Pick<AddressHost, 'name' | 'stored' | 'heard'>): Ipam {
    const { universe, initial } = this.#options
    const commons = initial.kind === 'manifest' ? [] : [network(universe)]
    const recordOf = (peer: PeerName) => formatVersion(heard.get(peer))
    const space = { universe: [network(universe)], commons, initial, reserved: [] }
    return new Ipam({ self, recordOf, ...space, order: 'lowest', stored, now: this.time.now })
  }

  #notice(host: AddressHost): void {
    if (!host.isUp) return
    if (this.members !== undefined) {
      this.#forgetOthers(host, this.members)
      this.tell(host, this.#manifest())
    }
    const reachable = this.up.filter(other => other !== host && this.#areConnected(host, other))
    this.tell(host, { kind: 'reachable', peers: new Set(reachable.map(other => other.name)) })
    for (const other of reachable) {
      for (const peer of other.heard.keys()) this.#carry(other, host, peer)
      for (const peer of host.heard.keys()) this.#carry(host, other, peer)
    }
  }

  /** Gossip keeps what members say, and of nobody else. */
  #forgetOthers(host: AddressHost, members: ReadonlySet<PeerName>): void {
    for (const peer of host.heard.keys()) if (!members.has(peer)) host.heard.delete(peer)
  }

  #manifest(): IpamInput {
    const { hosts, members, addedRanges } = this
    return manifestOf({ hosts, members, addedRanges, universe: this.#options.universe })
  }

  #areConnected(a: AddressHost, b: AddressHost): boolean {
    const areMembers = this.members === undefined || (this.members.has(a.name) && this.members.has(b.name))
    return a.isUp && b.isUp && a.side === b.side && areMembers
  }

  #carry(from: AddressHost, to: AddressHost, peer: PeerName): void {
    if ((to.heard.get(peer)?.number ?? 0) >= (from.heard.get(peer)?.number ?? 0)) return
    this.time.after(this.random.between(5, NEWS_MS), () => {
      const version = from.heard.get(peer)
      if (version === undefined || this.members?.has(peer) === false || !this.#areConnected(from, to)) return
      if ((to.heard.get(peer)?.number ?? 0) >= version.number) return
      to.heard.set(peer, version)
      this.tell(to, { kind: 'heard', peer, body: version.body })
    })
  }

  #begin(host: AddressHost): void {
    this.#watch.look(host)
    this.#perform(host)
  }

  #perform(host: AddressHost): void {
    const recalled: Extract<IpamOutput, { kind: 'recall' }>[] = []
    for (const output of host.ipam.drain()) {
      switch (output.kind) {
        case 'store':
          host.stored = output.text
          this.#watch.look(host)
          break
        case 'publish':
          this.publishAs(host, output.body)
          break
        case 'recall':
          recalled.push(output)
          break
        case 'answer':
          this.answers.set(output.ticket, output.answer)
          this.#watch.answered(output)
          this.#watch.look(host)
          break
        case 'refused':
          this.refusals.push(`${host.name} refused ${output.peer}: ${output.reason}`)
          break
        case 'log':
          if (output.level === 'error') this.errors.push(`${host.name} ${output.message}`)
      }
    }
    for (const { peer, record } of recalled) this.#recall(host, peer, record)
    this.#arm(host)
  }

  #recall(host: AddressHost, peer: PeerName, record: string): void {
    const version = parseVersion(record)
    if ((host.heard.get(peer)?.number ?? 0) >= version.number) return
    host.heard.set(peer, version)
    this.tell(host, { kind: 'heard', peer, body: version.body })
  }

  #arm(host: AddressHost): void {
    const at = host.ipam.deadline(this.time.now)
    if (at === Number.POSITIVE_INFINITY || at === host.wakeAt) return
    host.wakeAt = at
    const { ipam } = host
    this.time.at(Math.max(at, this.time.now), () => {
      if (host.wakeAt !== at || host.ipam !== ipam || !host.isUp) return
      host.wakeAt = Number.POSITIVE_INFINITY
      ipam.advance(this.time.now)
      this.#perform(host)
    })
  }
}

export function nameOf(number: number): PeerName {
  return `02:00:00:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}` as PeerName
}

export function onNetwork(text: string): IpOnNetwork {
  const parsed = parseIpOnNetwork(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}

export function network(text: string): IpNetwork {
  const parsed = parseIpNetwork(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}
