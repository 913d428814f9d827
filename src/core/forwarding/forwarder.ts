import {
  DATAGRAM_VERSION,
  DatagramKind,
  HEADER_BYTES,
  HOPS_MAX,
  readCounter,
  readDestination,
  readHopsLeft,
  readKeyIds,
  readKind,
  readSource,
  readVersion,
  setHopsLeft,
  TAG_BYTES,
  writeHeader,
} from '../wire/datagram.ts'
import type { DatagramCipher } from '../wire/datagram-cipher.ts'
import { PROBE_BYTES, type Probe, readProbe, writeProbe } from '../wire/probe.ts'
import { type EndpointKey, endpointKey } from './endpoint-key.ts'
import type { ForwardingTable } from './forwarding-table.ts'
import { MacTable } from './mac-table.ts'
import { SessionTable } from './session-table.ts'

/** Room that a captured frame needs before and behind it. */
export const HEADROOM = HEADER_BYTES
export const TAG_ROOM = TAG_BYTES
export const FRAME_BYTES_MAX = 65_535
const FRAME_BYTES_MIN = 14
const WANT_EVERY_MS = 1_000

/** Where the data plane puts what it has made. Called from within `capture`, `receive` and `sendProbe`; must not keep the buffer. */
export interface PacketSink {
  /** An Ethernet frame for the bridge. */
  inject(buffer: Uint8Array, offset: number, length: number): void
  /** A datagram for a neighbour. */
  transmit(to: EndpointKey, buffer: Uint8Array, offset: number, length: number): void
  /** There are frames for a peer that is reached over a relay: is there no direct way? At most once a second for each peer. */
  wanted(peer: number): void
  /** Tells the router of an authentic probe. */
  probed(peer: number, probe: Probe, from: EndpointKey): void
}

/** Why datagrams and frames were dropped, and how many passed. */
export interface ForwarderCounters {
  captured: number
  injected: number
  relayed: number
  flooded: number
  droppedShort: number
  droppedVersion: number
  droppedStranger: number
  droppedUnknownKey: number
  droppedReplay: number
  droppedForged: number
  droppedHops: number
  droppedUnreachable: number
  droppedOversize: number
}

/**
 * The data plane without its system calls: seals frames from the bridge end to end, opens what arrives, and passes on what is for
 * others without being able to read it. Nothing is thrown for any input; each drop has its counter. Not re-entrant.
 */
export class Forwarder {
  readonly counters: ForwarderCounters = {
    captured: 0,
    injected: 0,
    relayed: 0,
    flooded: 0,
    droppedShort: 0,
    droppedVersion: 0,
    droppedStranger: 0,
    droppedUnknownKey: 0,
    droppedReplay: 0,
    droppedForged: 0,
    droppedHops: 0,
    droppedUnreachable: 0,
    droppedOversize: 0,
  }
  readonly #cipher: DatagramCipher
  readonly #sink: PacketSink
  readonly #sessions: SessionTable
  readonly #macs = new MacTable()
  readonly #scratch = new Uint8Array(HEADROOM + FRAME_BYTES_MAX + TAG_ROOM)
  #self = 0
  /** Peer to the endpoint of the neighbour that leads there. */
  #routes = new Map<number, EndpointKey>()
  #neighbours = new Set<EndpointKey>()
  /** Peers behind a relay, and when a direct way was last asked for. */
  #relayed = new Map<number, number>()

  constructor(cipher: DatagramCipher, sink: PacketSink) {
    this.#cipher = cipher
    this.#sink = sink
    this.#sessions = new SessionTable(cipher)
  }

  apply(table: ForwardingTable): void {
    this.#self = table.self
    this.#sessions.apply(table)
    const endpoints = new Map(table.neighbours.map(neighbour => [neighbour.shortId, endpointKey(neighbour.endpoint)]))
    const routes = new Map<number, EndpointKey>()
    for (const peer of table.peers) {
      const endpoint = peer.nextHop === undefined ? undefined : endpoints.get(peer.nextHop)
      if (endpoint !== undefined) routes.set(peer.shortId, endpoint)
    }
    for (const peer of this.#routes.keys()) if (!routes.has(peer)) this.#macs.forgetPeer(peer)
    const relayed = table.peers.filter(peer => peer.nextHop !== peer.shortId && routes.has(peer.shortId))
    this.#relayed = new Map(
      relayed.map(({ shortId }) => [shortId, this.#relayed.get(shortId) ?? Number.NEGATIVE_INFINITY]),
    )
    this.#routes = routes
    this.#neighbours = new Set(endpoints.values())
  }

  /** A frame from the bridge. `HEADROOM` bytes before and `TAG_ROOM` behind it are overwritten. Hot path: allocates nothing. */
  capture(buffer: Uint8Array, offset: number, length: number, now: number): void {
    if (length < FRAME_BYTES_MIN) return this.#drop('droppedShort')
    if (length > FRAME_BYTES_MAX - HEADROOM - TAG_ROOM) return this.#drop('droppedOversize')
    this.counters.captured++
    this.#macs.learn(macAt(buffer, offset + 6), this.#self, now)
    const isGroup = ((buffer[offset] ?? 0) & 1) === 1
    const peer = isGroup ? undefined : this.#macs.lookup(macAt(buffer, offset), now)
    if (peer === undefined) return this.#flood(buffer, offset, length)
    if (peer === this.#self) return
    const to = this.#routes.get(peer)
    if (to === undefined) return this.#drop('droppedUnreachable')
    this.#seal(DatagramKind.frame, peer, to, buffer, offset, length)
    const askedAt = this.#relayed.get(peer)
    if (askedAt !== undefined && now - askedAt >= WANT_EVERY_MS) this.#want(peer, now)
  }

  /** A datagram from the underlay, opened in place. Hot path: allocates nothing. */
  receive(buffer: Uint8Array, offset: number, length: number, from: EndpointKey, now: number): void {
    if (length < HEADER_BYTES + TAG_BYTES) return this.#drop('droppedShort')
    if (readVersion(buffer, offset) !== DATAGRAM_VERSION) return this.#drop('droppedVersion')
    if (readDestination(buffer, offset) !== this.#self) return this.#relay(buffer, offset, length, from)
    if (!this.#open(buffer, offset, length)) return
    const source = readSource(buffer, offset)
    const body = offset + HEADER_BYTES
    const bodyLength = length - HEADER_BYTES - TAG_BYTES
    if (readKind(buffer, offset) === DatagramKind.frame) return this.#inject(source, buffer, body, bodyLength, now)
    if (readKind(buffer, offset) !== DatagramKind.probe || bodyLength !== PROBE_BYTES)
      return this.#drop('droppedVersion')
    this.#sink.probed(source, readProbe(buffer, body), from)
  }

  sendProbe(peer: number, to: EndpointKey, probe: Probe): void {
    writeProbe(this.#scratch, HEADROOM, probe)
    this.#seal(DatagramKind.probe, peer, to, this.#scratch, HEADROOM, PROBE_BYTES)
  }

  /** One sealed copy for each peer that can be reached: only end-to-end keys keep relays blind. */
  #flood(buffer: Uint8Array, offset: number, length: number): void {
    this.counters.flooded++
    for (const [peer, to] of this.#routes) {
      this.#scratch.set(buffer.subarray(offset, offset + length), HEADROOM)
      this.#seal(DatagramKind.frame, peer, to, this.#scratch, HEADROOM, length)
    }
  }

  /** `offset` and `length` are those of the plaintext. */
  #seal(kind: number, peer: number, to: EndpointKey, buffer: Uint8Array, offset: number, length: number): void {
    const session = this.#sessions.sealingFor(peer)
    if (session === undefined) return this.#drop('droppedUnknownKey')
    const start = offset - HEADER_BYTES
    const counter = session.counter++
    const { sourceKeyId, destinationKeyId } = session.ids
    writeHeader(buffer, start, { kind, source: this.#self, destination: peer, sourceKeyId, destinationKeyId, counter })
    this.#cipher.seal(session.cipherKey, counter, buffer, start, length)
    setHopsLeft(buffer, start, HOPS_MAX)
    this.#sink.transmit(to, buffer, start, HEADER_BYTES + length + TAG_BYTES)
  }

  #want(peer: number, now: number): void {
    this.#relayed.set(peer, now)
    this.#sink.wanted(peer)
  }

  #relay(buffer: Uint8Array, offset: number, length: number, from: EndpointKey): void {
    if (!this.#neighbours.has(from)) return this.#drop('droppedStranger')
    const to = this.#routes.get(readDestination(buffer, offset))
    if (to === undefined) return this.#drop('droppedUnreachable')
    const hopsLeft = readHopsLeft(buffer, offset)
    if (hopsLeft <= 1 || hopsLeft > HOPS_MAX || to === from) return this.#drop('droppedHops')
    setHopsLeft(buffer, offset, hopsLeft - 1)
    this.counters.relayed++
    this.#sink.transmit(to, buffer, offset, length)
  }

  #open(buffer: Uint8Array, offset: number, length: number): boolean {
    const session = this.#sessions.openingFor(readSource(buffer, offset), readKeyIds(buffer, offset))
    const counter = readCounter(buffer, offset)
    if (session === undefined || counter === undefined) this.#drop('droppedUnknownKey')
    else if (!session.replay.accepts(counter)) this.#drop('droppedReplay')
    else {
      setHopsLeft(buffer, offset, 0)
      const isAuthentic = this.#cipher.open(session.cipherKey, counter, buffer, offset, length - HEADER_BYTES)
      if (isAuthentic) session.replay.mark(counter)
      else this.#drop('droppedForged')
      return isAuthentic
    }
    return false
  }

  #inject(source: number, buffer: Uint8Array, offset: number, length: number, now: number): void {
    if (length < FRAME_BYTES_MIN) return this.#drop('droppedShort')
    this.#macs.learn(macAt(buffer, offset + 6), source, now)
    this.counters.injected++
    this.#sink.inject(buffer, offset, length)
  }

  #drop(reason: keyof ForwarderCounters): void {
    this.counters[reason]++
  }
}

function macAt(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  const low =
    ((bytes[at + 2] ?? 0) << 24) | ((bytes[at + 3] ?? 0) << 16) | ((bytes[at + 4] ?? 0) << 8) | (bytes[at + 5] ?? 0)
  return high * 0x1_0000_0000 + (low >>> 0)
}
