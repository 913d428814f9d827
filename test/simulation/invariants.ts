import type { ClusterManifest, SignedManifest } from '../../src/contract/cluster-manifest.ts'
import type { DatagramCipher, ForwardingTable, Output } from '../../src/core/router/index.ts'
import { HOPS_MAX } from '../../src/core/wire/datagram.ts'
import { TOPICS_MAX } from '../../src/core/wire/topic.ts'
import type { SimulatedHost } from './simulated-host.ts'

/** In every frame that scenarios send: must never be seen on a wire. */
export const MARKER = 'the quick brown fox'

/** Limits that a run must not reach: far above what is needed, far below what a leak comes to. */
export const OUTPUTS_MAX = 5_000
export const KEYS_PER_PEER_MAX = 8
export const TARGETS_PER_HOST_MAX = 4
export const WAITING_PIECES_MAX = 2_000
/** Each host of a scenario has one, and a copy has that of its original. */
const MACS_PER_HOST_MAX = 2
const JOINED_MAX = 32
const ADDRESS_REQUESTS_MAX = 64

export type InvariantName =
  | 'no nonce is used twice'
  | 'no plaintext is on the wire'
  | 'no datagram outlives its hops'
  | 'no router passes a datagram on twice'
  | 'no datagram comes back once all agree'
  | 'a datagram is injected once'
  | 'queues and tables are bounded'
  | 'time goes on'
  | 'nothing is logged as an error'
  | 'the data plane knows members only'
  | 'no address is held twice'
  | 'all that should reach each other do'
  | 'each frame arrives once'
  | 'who is honest is heard'

export class InvariantViolation extends Error {
  readonly invariant: InvariantName

  constructor(invariant: InvariantName, detail: string) {
    super(`${invariant}: ${detail}`)
    this.invariant = invariant
  }
}

/** How many there ever were. */
export interface HostCounts {
  /** As routers tell them apart: by their places in the manifest, or without one by their identities. */
  readonly hosts: number
  readonly identities: number
}

/** A datagram on its way, from the seal on: copies and relays share it. */
export interface Voyage {
  /** Routers that have transmitted it, in their order; each process is another one. */
  readonly path: string[]
  readonly injectedAt: Set<string>
}

/** What must hold at every moment of every run. Each check is called where the thing happens, and throws. */
export class Invariants {
  /** Set once all routers agree: while they do not, two may each think the other nearer. */
  isSettled = false
  readonly #highestCounters = new Map<string, number>()
  readonly #manifests = new WeakMap<SignedManifest, ReadonlySet<number>>()
  readonly #expectedErrors = new Map<string, Set<string>>()
  readonly #loadedKeys = new Map<SimulatedHost['name'], ReadonlyMap<number, string>>()

  /** Those that the data plane of the host holds: a key between two hosts is the same at both. */
  keysOf(name: SimulatedHost['name']): ReadonlySet<string> {
    return new Set(this.#loadedKeys.get(name)?.values())
  }

  /** The cipher of the host `name`, which counts. */
  watchCipher(name: string, cipher: DatagramCipher): DatagramCipher {
    const keys = new Map<number, string>()
    this.#loadedKeys.set(name, keys)
    return {
      verdicts: cipher.verdicts,
      load: key => {
        const id = cipher.load(key)
        keys.set(id, Buffer.from(key).toString('hex'))
        return id
      },
      unload: key => {
        keys.delete(key)
        cipher.unload(key)
      },
      seal: (key, counter, memory, run) => {
        const datagrams = Math.ceil(run.length / run.datagramBytes)
        for (let i = 0; i < datagrams; i++) this.#sealed(name, keys.get(key) ?? '', counter + i)
        cipher.seal(key, counter, memory, run)
      },
      open: (key, memory, run) => cipher.open(key, memory, run),
    }
  }

  onWire(bytes: Uint8Array, from: string): void {
    const isPlain = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(MARKER)
    if (isPlain) throw new InvariantViolation('no plaintext is on the wire', `sent by ${from}`)
  }

  /** Call each time that a router transmits a datagram. Though the network doubles it, a router has it go on once. */
  transmitted({ path }: Voyage, router: string): void {
    const isAgain = path.includes(router)
    path.push(router)
    const way = path.join(' → ')
    if (path.length > HOPS_MAX) throw new InvariantViolation('no datagram outlives its hops', way)
    if (isAgain) throw new InvariantViolation('no router passes a datagram on twice', way)
  }

  /** Call where no wire doubles datagrams. */
  arrived({ path }: Voyage, router: string): void {
    if (!this.isSettled || !path.includes(router)) return
    throw new InvariantViolation('no datagram comes back once all agree', [...path, router].join(' → '))
  }

  injected(host: SimulatedHost, voyage: Voyage | undefined): void {
    if (voyage === undefined) return
    if (voyage.injectedAt.has(host.name)) throw new InvariantViolation('a datagram is injected once', host.name)
    voyage.injectedAt.add(host.name)
  }

  outputs(host: SimulatedHost, outputs: readonly Output[]): void {
    this.bounded(`outputs of ${host.name}`, outputs.length, OUTPUTS_MAX)
    for (const output of outputs) {
      if (output.kind !== 'log' || output.level !== 'error' || this.#isExpected(host.name, output.message)) continue
      throw new InvariantViolation('nothing is logged as an error', `${host.name}: ${output.message}`)
    }
  }

  /** What was done to the host is just what it has to say so of. */
  expectError(host: string, message: string): void {
    const known = this.#expectedErrors.get(host) ?? new Set()
    this.#expectedErrors.set(host, known.add(message))
  }

  /** `manifest` is the one that the router holds. */
  table(host: SimulatedHost, table: ForwardingTable, manifest: SignedManifest): void {
    const members = this.#membersOf(manifest)
    const known = [...table.peers, ...table.neighbours].map(({ shortId }) => shortId)
    this.#heldOnce(
      host,
      'short id',
      table.peers.map(({ shortId }) => shortId),
    )
    this.#heldOnce(host, 'short id', [table.self, ...table.neighbours.map(({ shortId }) => shortId)])
    const strangers = known.filter(shortId => !members.has(shortId))
    if (strangers.length === 0) return
    throw new InvariantViolation('the data plane knows members only', `${host.name} has ${strangers.join()}`)
  }

  tables(host: SimulatedHost, { hosts: memberCount, identities }: HostCounts): void {
    const { sizes, reach } = host.router
    const bounds: Record<keyof typeof sizes, number> = {
      records: TOPICS_MAX * memberCount,
      unsent: TOPICS_MAX * memberCount,
      links: 4 * memberCount,
      targets: TARGETS_PER_HOST_MAX * memberCount + 16,
      directPaths: memberCount,
      measuredPaths: 2 * memberCount,
      watchedPeers: memberCount,
      // Of one that is replaced until its space is another's.
      addressPeers: identities,
      addressRequests: ADDRESS_REQUESTS_MAX,
      namePeers: memberCount,
    }
    for (const [table, size] of Object.entries(sizes)) {
      this.bounded(`${table} of ${host.name}`, size, bounds[table as keyof typeof sizes])
    }
    this.bounded(`MACs of ${host.name}`, host.forwarder.macs.size, MACS_PER_HOST_MAX * memberCount)
    this.bounded(`joined payloads of ${host.name}`, host.forwarder.parts.size, JOINED_MAX)
    this.bounded(`peers of ${host.name}`, reach.all, memberCount)
    this.bounded(`keys of ${host.name}`, this.#loadedKeys.get(host.name)?.size ?? 0, KEYS_PER_PEER_MAX * memberCount)
  }

  /** What the router says of itself: to draw that takes as long as what it does in a step. */
  status(host: SimulatedHost, memberCount: number, now: number): void {
    const { connections, peers } = host.router.status(now)
    this.bounded(`peers in the status of ${host.name}`, peers.length, memberCount)
    this.bounded(`targets and links of ${host.name}`, connections.length, TARGETS_PER_HOST_MAX * memberCount + 16)
  }

  /** Call when many events came with no time between them. */
  spins(hosts: readonly SimulatedHost[]): void {
    const [busiest] = hosts.filter(host => host.isUp).sort((a, b) => a.timerAt - b.timerAt)
    const reason = busiest?.router.deadline?.reason ?? ''
    throw new InvariantViolation('time goes on', `${busiest?.name} keeps waking for: ${reason}`)
  }

  bounded(what: string, count: number, max: number): void {
    if (count <= max) return
    throw new InvariantViolation('queues and tables are bounded', `${count} ${what}, at most ${max}`)
  }

  #isExpected(host: string, message: string): boolean {
    return this.#expectedErrors.get(host)?.has(message) === true
  }

  #sealed(name: string, key: string, counter: number): void {
    const highest = this.#highestCounters.get(key) ?? -1
    if (counter <= highest) {
      throw new InvariantViolation('no nonce is used twice', `${name} seals ${counter} after ${highest}`)
    }
    this.#highestCounters.set(key, counter)
  }

  #heldOnce(by: Pick<SimulatedHost, 'name'>, what: string, values: readonly (string | number)[]): void {
    if (new Set(values).size === values.length) return
    const twice = values.find((value, i) => values.indexOf(value) < i)
    throw new InvariantViolation('no address is held twice', `${by.name} has ${what} ${twice} twice`)
  }

  #membersOf(signed: SignedManifest): ReadonlySet<number> {
    const known = this.#manifests.get(signed)
    if (known !== undefined) return known
    const manifest = JSON.parse(signed.manifest) as ClusterManifest
    for (const field of ['shortId', 'bridgeAddress', 'containerRange'] as const) {
      this.#heldOnce(
        { name: `manifest ${manifest.version}` },
        field,
        manifest.hosts.map(host => host[field]),
      )
    }
    const members = new Set(manifest.hosts.map(host => host.shortId))
    this.#manifests.set(signed, members)
    return members
  }
}
