import { assert } from '../../base/assert.ts'
import type { IpAddress } from '../../base/ip-address.ts'
import {
  emptyFastPathTable,
  type FastPathTable,
  type FloodTree,
  isTunnelAddress,
  MAC_AGE_MS,
  MACS_LISTED_MAX,
  type MacListing,
  type MacSighting,
  macAt,
} from '../../core/router/index.ts'
import type { BpfObject } from '../linux/bpf/bpf-object.ts'
import { attachFilter, type FilterPlace } from '../linux/bpf/tc-filter.ts'
import { deviceIndex, type Libc } from '../linux/libc.ts'
import { SystemCallError } from '../linux/system-call-error.ts'
import { Handles } from './handles.ts'
import { type LoadedPrograms, loadPrograms } from './kernel-maps.ts'
import {
  ALL,
  type AnswerValue,
  COUNTER_NAMES,
  type ConfigValue,
  type FastPathCounters,
  type HopValue,
  type Load,
  MACS_MAX,
  PEERS_MAX,
  type PeerTraffic,
  readAnswer,
  readConfig,
  readCounter,
  readHop,
  readLoad,
  readOwner,
  readTraffic,
  readTree,
  SLEEVE,
  VALUE_BYTES,
  writeConfig,
  writeHop,
  writeTree,
} from './map-values.ts'
import { WireRelay } from './wire-relay.ts'

export interface FastPathOptions {
  readonly libc: Libc
  readonly object: BpfObject
  readonly self: number
  /** Names of devices that exist. */
  readonly vxlan: string
  /** Absent: what is not for the fast path goes nowhere. */
  readonly tap?: string | undefined
  /** Of WireGuard; absent: frames go in the clear or not at all. */
  readonly tunnel?: string | undefined
}

/**
 * The agent's hold on the programs in the kernel. They need no agent to go on: `close` leaves them as they are, but for the short cut
 * of relays, and the next one takes over maps and all that is in them.
 */
export class FastPath {
  /** What an earlier agent had in the maps; empty when there was none. */
  readonly adopted: FastPathTable
  readonly #loaded: LoadedPrograms
  readonly #handles: Handles
  readonly #wireRelay: WireRelay
  #config: ConfigValue
  #table: FastPathTable

  /** Throws a `SystemCallError` when the kernel does not let us; then nothing has changed. */
  constructor(options: FastPathOptions) {
    const { libc, object, self } = options
    const vxlan = indexOf(libc, options.vxlan)
    const tap = options.tap === undefined ? 0 : indexOf(libc, options.tap)
    this.#loaded = loadPrograms(libc, object, vxlan)
    const { maps, isAdopted } = this.#loaded
    this.#handles = new Handles(maps)
    const before = readConfig(maps.config.get(0) ?? NOTHING)
    this.adopted = isAdopted ? this.#readTable(before) : emptyFastPathTable(self)
    this.#table = this.adopted
    this.#config = { ...before, self, tap, vxlan }
    this.#configure()
    if (options.tunnel !== undefined) {
      this.#attach(libc, { device: indexOf(libc, options.tunnel), direction: 'ingress' }, 'from_tunnel')
    }
    this.#attach(libc, { device: vxlan, direction: 'ingress' }, 'from_underlay')
    if (tap !== 0) this.#attach(libc, { device: tap, direction: 'ingress' }, 'from_sleeve')
    this.#attach(libc, { device: vxlan, direction: 'egress' }, 'to_underlay')
    this.#wireRelay = new WireRelay(libc, this.#programOf('from_wire'))
    this.#wireRelay.apply(this.adopted)
  }

  /**
   * Writes what differs from the table before. When the kernel has no room for it, the fast path is withdrawn, so that frames take the
   * sleeve and nothing is half told: gives what the kernel said.
   */
  apply(table: FastPathTable): SystemCallError | undefined {
    const before = this.#table
    this.#wireRelay.apply(table)
    try {
      this.#write(before, table)
      return undefined
    } catch (cause) {
      // The kernel may have any of both.
      this.#table = unionOf(before, table)
      if (!(cause instanceof SystemCallError)) throw cause
      this.#write(this.#table, emptyFastPathTable(table.self))
      return cause
    }
  }

  /** To be called again and again for each next hop: what leads there may change. */
  tendWayTo(address: IpAddress): void {
    this.#wireRelay.tend(address)
  }

  /** The last from the peer in the clear, or inside the tunnel: the way that the address is on. */
  answerOf(peer: number, address: IpAddress): AnswerValue {
    const { answers, sealed } = this.#loaded.maps
    return readAnswer((isTunnelAddress(address) ? sealed : answers).get(peer) ?? NOTHING)
  }

  /** Without floods to it: those are the same to all. */
  trafficOf(peer: number): PeerTraffic {
    return readTraffic(this.#loaded.maps.traffic.get(peer) ?? NOTHING)
  }

  /** What this host has flooded along its tree, each frame once. */
  flooded(): Load {
    const { framesSent: frames, bytesSent: bytes } = this.trafficOf(ALL)
    return { frames, bytes }
  }

  /** What this host has passed on for the peer that it is from, floods too, each frame once. */
  relayedFor(peer: number): Load {
    return readLoad(this.#loaded.maps.relayed.get(peer) ?? NOTHING)
  }

  counters(): FastPathCounters {
    const { counters } = this.#loaded.maps
    const read = COUNTER_NAMES.map((name, i) => [name, readCounter(counters.get(i) ?? NOTHING)])
    return Object.fromEntries(read) as FastPathCounters
  }

  /** Addresses that the kernel has seen on the fast path, and those of this host. */
  macs(): MacListing {
    const { macs } = this.#loaded.maps
    const now = process.hrtime.bigint()
    const listed: MacSighting[] = []
    let count = 0
    macs.walk(key => {
      const { peer, seenAt } = readOwner(macs.get(key) ?? NOTHING)
      if (peer === SLEEVE) return
      count++
      const agoMs = Number(now - seenAt) / 1e6
      if (listed.length < MACS_LISTED_MAX && agoMs <= MAC_AGE_MS) listed.push({ mac: macAt(key, 0), peer, agoMs })
    }, MACS_MAX)
    return { count, listed }
  }

  close(): void {
    this.#wireRelay.close()
    this.#loaded.close()
  }

  #attach(libc: Libc, place: FilterPlace, name: string): void {
    attachFilter(libc, place, { name, fd: this.#programOf(name) })
  }

  #programOf(name: string): number {
    const fd = this.#loaded.programs.get(name)
    assert(fd !== undefined, `the object has the program ${name}`)
    return fd
  }

  #configure(): void {
    this.#loaded.maps.config.set(0, value => writeConfig(value, this.#config))
  }

  /** What frames need on their way is there before what sends them. */
  #write(before: FastPathTable, table: FastPathTable): void {
    const { endpoints, trees } = this.#loaded.maps
    const numberOf = (address: IpAddress) => this.#handles.numberOf(address)
    this.#handles.give(addressesOf(table))
    for (const [address, peer] of table.endpoints) {
      if (before.endpoints.get(address) !== peer) endpoints.set(numberOf(address), value => value.writeUInt32LE(peer))
    }
    for (const [source, tree] of table.trees) {
      if (isSameTree(tree, before.trees.get(source))) continue
      trees.set(source, value => writeTree(value, { ...tree, children: tree.children.map(numberOf) }))
    }
    this.#applyHops(before, table)
    for (const source of before.trees.keys()) if (!table.trees.has(source)) trees.delete(source)
    for (const address of before.endpoints.keys())
      if (!table.endpoints.has(address)) endpoints.delete(numberOf(address))
    this.#handles.keep(addressesOf(table))
    this.#table = table
    const hasGained = [...table.flooded].some(peer => !before.flooded.has(peer))
    const generation = (this.#config.generation + (hasGained ? 1 : 0)) >>> 0
    this.#config = { ...this.#config, self: table.self, generation, puntsFloods: table.puntsFloods }
    this.#configure()
  }

  #applyHops(before: FastPathTable, table: FastPathTable): void {
    for (const peer of new Set([...before.members, ...before.hops.keys(), ...table.members, ...table.hops.keys()])) {
      const [hop, was] = [this.#hopOf(table, peer), this.#hopOf(before, peer)]
      if (hop.address === was.address && hop.isMember === was.isMember) continue
      this.#loaded.maps.hops.set(peer, value => writeHop(value, hop))
    }
  }

  #hopOf(table: FastPathTable, peer: number): HopValue {
    const address = table.hops.get(peer)
    return { address: address === undefined ? 0 : this.#handles.numberOf(address), isMember: table.members.has(peer) }
  }

  #readTable(config: ConfigValue): FastPathTable {
    const { hops, trees, endpoints } = this.#loaded.maps
    const peers = Array.from({ length: PEERS_MAX }, (_, peer) => [peer, readHop(hops.get(peer) ?? NOTHING)] as const)
    const addressOf = (number: number) => this.#handles.addressOf(number)
    const tree = (source: number): FloodTree => {
      const { parent, children } = readTree(trees.get(source) ?? NOTHING)
      return { parent, children: children.map(addressOf) }
    }
    return {
      ...emptyFastPathTable(config.self),
      members: new Set(peers.filter(([, { isMember }]) => isMember).map(([peer]) => peer)),
      hops: new Map(
        peers.filter(([, { address }]) => address !== 0).map(([peer, { address }]) => [peer, addressOf(address)]),
      ),
      trees: new Map(trees.keys().map(source => [source, tree(source)])),
      endpoints: new Map(
        endpoints.keys().map(key => [addressOf(key), endpoints.get(key)?.readUInt32LE() ?? 0] as const),
      ),
      puntsFloods: config.puntsFloods,
    }
  }
}

/** Long enough for each value. */
const NOTHING = Buffer.alloc(VALUE_BYTES.tree)

function addressesOf({ endpoints, hops, trees }: FastPathTable): ReadonlySet<IpAddress> {
  return new Set([...endpoints.keys(), ...hops.values(), ...[...trees.values()].flatMap(({ children }) => children)])
}

function unionOf(one: FastPathTable, other: FastPathTable): FastPathTable {
  return {
    ...other,
    members: new Set([...one.members, ...other.members]),
    endpoints: new Map([...one.endpoints, ...other.endpoints]),
    hops: new Map([...one.hops, ...other.hops]),
    trees: new Map([...one.trees, ...other.trees]),
  }
}

function isSameTree(a: FloodTree, b: FloodTree | undefined): boolean {
  return a.parent === b?.parent && a.children.join() === b.children.join()
}

function indexOf(libc: Libc, device: string): number {
  const index = deviceIndex(libc, device)
  if (index === 0) throw new SystemCallError(`find the device ${device}`, libc.errorName())
  return index
}
