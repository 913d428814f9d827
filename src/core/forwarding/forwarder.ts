import {
  DATAGRAM_VERSION,
  DatagramKind,
  HEADER_BYTES,
  readDestination,
  readKind,
  readSource,
  readVersion,
  TAG_BYTES,
} from '../wire/datagram.ts'
import type { DatagramCipher } from '../wire/datagram-cipher.ts'
import { META_BYTES, readMeta } from '../wire/frame-meta.ts'
import { PROBE_BYTES } from '../wire/probe.ts'
import { Coalescer, type JoinedFlows } from './coalescer.ts'
import { type EndpointKey, isLinkKey, linkKey } from './endpoint-key.ts'
import { EndpointKeys } from './endpoint-keys.ts'
import { ARRIVALS_PER_SECOND, COPIES_PER_SECOND, type FloodCosts, FloodLimit } from './flood-limit.ts'
import { type ForwarderCounters, noCounts } from './forwarder-counters.ts'
import { type ForwardingTable, relayedOf, routesOf } from './forwarding-table.ts'
import { FrameSender, type FrameSenderOptions, type SenderSink } from './frame-sender.ts'
import { type FrameShape, plainShape, Segmentation } from './frame-shape.ts'
import { MacTable, macAt } from './mac-table.ts'
import { type Arrival, OpeningRun } from './opening-run.ts'
import { isGroup } from './packet-headers.ts'
import {
  CAPTURE_AT,
  FRAME_BYTES_MAX,
  HEADROOM,
  JOIN_AT,
  JOINED_BYTES_MAX,
  OVERHEAD,
  RECEIVE_AT,
  RUN_AT,
} from './packet-memory.ts'
import { PartTable } from './part-table.ts'
import { type ProbeSink, Probes } from './probes.ts'
import { Relay } from './relay.ts'
import { clampSegmentSize } from './segment-clamp.ts'
import { Segmenter } from './segmenter.ts'
import { SessionTable } from './session-table.ts'

const FRAME_BYTES_MIN = 14
const WANT_EVERY_MS = 1_000

/**
 * Where the data plane puts what it has made, as places in its memory. Called from within `capture`, `receive`, `flush` and
 * `sendProbe`; what is there is overwritten after the return.
 */
export interface PacketSink extends ProbeSink, SenderSink {
  /** There are frames for a peer without a link: a direct way is to be found, or kept. At most once a second for each. */
  wanted(peer: number): void
}

export interface ForwarderOptions extends Pick<FrameSenderOptions, 'sealedMax'> {
  readonly cipher: DatagramCipher
  readonly sink: PacketSink
  /** `MEMORY_BYTES`, laid out as `packet-memory.ts` says. */
  readonly memory: Uint8Array
  /** What the sink takes as one frame to be cut. */
  readonly joins: JoinedFlows
  readonly arrivalsPerSecond?: FloodCosts
}

/**
 * The data plane without its system calls: seals frames from the bridge end to end, opens what arrives, and passes on what is for
 * others without being able to read it. Nothing is thrown for any input; each drop has its counter. Not re-entrant.
 */
export class Forwarder {
  readonly counters = noCounts()
  /** Of all endpoints that it is told of, and tells of. */
  readonly keys = new EndpointKeys()
  readonly #sink: PacketSink
  readonly #memory: Uint8Array
  readonly sessions: SessionTable
  readonly probes: Probes
  readonly macs = new MacTable(this.counters)
  readonly #floodLimit = new FloodLimit(COPIES_PER_SECOND)
  readonly #arrivalLimit: FloodLimit
  readonly #segmenter: Segmenter
  readonly #coalescer: Coalescer
  readonly #joins: JoinedFlows
  readonly #sender: FrameSender
  readonly #opening: OpeningRun
  readonly parts = new PartTable()
  readonly #relay: Relay
  readonly #shape = plainShape()
  #self = 0
  /** Peer to the endpoint of the neighbour that leads there. */
  #routes = new Map<number, EndpointKey>()
  /** Peers that the kernel has flooded to before a frame comes here. */
  #flooded = new Set<number>()
  /** Peers behind a relay, or on a way beside the links, and when that way was last asked for. */
  #relayed = new Map<number, number>()

  constructor({ cipher, sink, memory, joins, arrivalsPerSecond = ARRIVALS_PER_SECOND, ...limit }: ForwarderOptions) {
    this.#arrivalLimit = new FloodLimit(arrivalsPerSecond)
    this.#sink = sink
    this.#memory = memory
    this.sessions = new SessionTable(cipher)
    this.#segmenter = new Segmenter(memory)
    this.#coalescer = new Coalescer(memory, joins, sink)
    this.#joins = joins
    this.#sender = new FrameSender({ ...limit, memory, cipher, sessions: this.sessions, sink, counters: this.counters })
    this.#opening = new OpeningRun({ memory, cipher, sessions: this.sessions, counters: this.counters })
    this.#relay = new Relay({ memory, sink, counters: this.counters })
    this.probes = new Probes(memory, this.#sender, sink)
  }

  apply(table: ForwardingTable): void {
    // What is not sealed yet is to be sealed by its key, which may go.
    this.#sender.flush()
    this.#self = table.self
    this.sessions.apply(table)
    this.keys.hold(table.neighbours.flatMap(({ endpoint }) => endpoint ?? []))
    const endpoints = new Map(
      table.neighbours.map(({ shortId, endpoint }) => [
        shortId,
        endpoint === undefined ? linkKey(shortId) : this.keys.of(endpoint),
      ]),
    )
    const routes = routesOf(table, endpoints)
    for (const peer of this.#routes.keys()) if (!routes.has(peer)) this.macs.forgetPeer(peer)
    const relayed = relayedOf(table).filter(peer => routes.has(peer))
    this.#relayed = new Map(relayed.map(peer => [peer, this.#relayed.get(peer) ?? Number.NEGATIVE_INFINITY]))
    this.#routes = routes
    this.#flooded = new Set(table.peers.filter(peer => peer.isFloodedByKernel).map(({ shortId }) => shortId))
    // Each end of a link decides for itself when to use it for datagrams.
    const neighbours = new Set([...endpoints.values(), ...[...endpoints.keys()].map(linkKey)])
    this.#relay.apply({ self: table.self, routes, neighbours })
  }

  /**
   * Takes a frame from the bridge, which is at `CAPTURE_AT`. What comes of it is transmitted at the latest by `flush`: call that
   * when no more frames wait. Hot path: allocates nothing.
   */
  capture(length: number, shape: FrameShape, now: number): void {
    if (length < FRAME_BYTES_MIN) return this.#drop('droppedShort')
    const isWhole = shape.segmentation === Segmentation.none
    if (length > (isWhole ? FRAME_BYTES_MAX : JOINED_BYTES_MAX)) return this.#drop('droppedOversize')
    this.counters.captured++
    this.macs.learn(macAt(this.#memory, CAPTURE_AT + 6), this.#self, now)
    const peer = isGroup(this.#memory, CAPTURE_AT) ? undefined : this.macs.lookup(macAt(this.#memory, CAPTURE_AT), now)
    this.#sender.load(length, shape, now)
    if (peer === undefined || this.#flooded.has(peer)) return this.#flood(now)
    if (peer === this.#self) return
    const to = this.#routes.get(peer)
    if (to === undefined) return this.#drop('droppedUnreachable')
    this.#sender.send(peer, to)
    const askedAt = this.#relayed.get(peer)
    if (askedAt !== undefined && now - askedAt >= WANT_EVERY_MS) this.#want(peer, now)
  }

  /** Transmits what is left of the frames captured. */
  flush(): void {
    this.#sender.flush()
  }

  /** How large datagrams for the peer may be; without a number nothing is known. */
  resizePath(peer: number, datagramBytes: number | undefined): void {
    this.#sender.resize(peer, datagramBytes)
  }

  /**
   * Takes datagrams from the underlay, which are at `RECEIVE_AT`, one behind the other: `datagramBytes` each, the last that many or
   * fewer. They are opened in place. What comes of them is given to the sink at the latest by `deliver`: frames of a stream are often
   * larger than a run of datagrams. Hot path: allocates nothing.
   */
  receive(length: number, datagramBytes: number, from: EndpointKey, now: number): void {
    if (length <= 0 || datagramBytes <= 0) return this.#drop('droppedShort')
    const arrived = { end: RECEIVE_AT + length, datagramBytes }
    for (let at = RECEIVE_AT; at < arrived.end; ) at = this.#receiveNext(at, arrived, from, now)
    this.#relay.flush()
    this.#coalescer.keep()
  }

  /** Gives the sink what is left of the frames received: call that before anything else but `receive`. */
  deliver(): void {
    this.#coalescer.flush()
    this.counters.joined = this.#coalescer.joined
  }

  /** One sealed copy for each peer that can be reached: only end-to-end keys keep relays blind. */
  #flood(now: number): void {
    const source = macAt(this.#memory, CAPTURE_AT + 6)
    if (!this.#floodLimit.admits(source, this.#routes.size - this.#flooded.size, now)) return this.#drop('droppedStorm')
    this.counters.flooded++
    for (const [peer, to] of this.#routes) {
      if (!this.#flooded.has(peer)) this.#sender.send(peer, to)
    }
  }

  #want(peer: number, now: number): void {
    this.#relayed.set(peer, now)
    this.#sink.wanted(peer)
  }

  /** Returns where what it has taken ends. */
  #receiveNext(at: number, arrived: Arrival, from: EndpointKey, now: number): number {
    const length = Math.min(arrived.datagramBytes, arrived.end - at)
    if (length < HEADER_BYTES + TAG_BYTES) this.#drop('droppedShort')
    else if (readVersion(this.#memory, at) !== DATAGRAM_VERSION) this.#drop('droppedVersion')
    else if (readDestination(this.#memory, at) !== this.#self) this.#relay.take(at, length, from)
    else return this.#receiveRun(at, arrived, from, now)
    return at + length
  }

  /** Takes the datagram at `at`, and what is opened together with it. Returns where they end. */
  #receiveRun(at: number, arrived: Arrival, from: EndpointKey, now: number): number {
    const end = this.#opening.open(at, arrived)
    for (let next = at; next < end; next += arrived.datagramBytes) {
      const length = Math.min(arrived.datagramBytes, end - next)
      if (!this.#opening.take(next, length)) continue
      // Of frames that are alike most that is to be decided has been. Those to a group are counted one by one.
      const frame = next + HEADROOM
      const isAlike = next > at && !isGroup(this.#memory, frame)
      if (isAlike && this.#coalescer.addNext(frame - arrived.datagramBytes, frame, length - OVERHEAD))
        this.counters.injected++
      else this.#receiveOpened(next, length, from, now)
    }
    return end
  }

  #receiveOpened(at: number, length: number, from: EndpointKey, now: number): void {
    const source = readSource(this.#memory, at)
    const bodyLength = length - HEADER_BYTES - TAG_BYTES
    const kind = readKind(this.#memory, at)
    if (kind === DatagramKind.frame) return this.#inject(source, at + HEADER_BYTES, bodyLength, now)
    if (kind === DatagramKind.part) return this.#join(source, at + HEADER_BYTES, bodyLength, now)
    const isProbe = kind === DatagramKind.probe && bodyLength >= PROBE_BYTES
    if (!isProbe || isLinkKey(from)) return this.#drop('droppedVersion')
    this.probes.heard(source, { at, length, from }, now)
  }

  /** `at` and `length` are those of meta and frame. */
  #inject(source: number, at: number, length: number, now: number): void {
    const frame = at + META_BYTES
    const frameLength = length - META_BYTES
    if (frameLength < FRAME_BYTES_MIN) return this.#drop('droppedShort')
    if (!readMeta(this.#memory, at, frameLength, this.#shape)) return this.#drop('droppedMeta')
    if (isGroup(this.#memory, frame) && !this.#arrivalLimit.admits(source, 1, now)) return this.#drop('droppedStorm')
    if (this.#takesLocal(macAt(this.#memory, frame + 6), source, now)) return this.#drop('droppedSpoofed')
    this.counters.injected++
    const wish = { frameBytesMax: this.#sender.frameBytesMax(source), isPartial: this.#shape.checksumStart !== 0 }
    if (clampSegmentSize(this.#memory, frame, frameLength, wish)) this.counters.clamped++
    if (this.#shape.segmentation === Segmentation.none) return this.#coalescer.add(frame, frameLength, this.#shape)
    this.#injectLarge(frame, frameLength)
  }

  /** Whether a frame from `source` claims the address of a container here: the bridge would believe that it is elsewhere. */
  #takesLocal(mac: number, source: number, now: number): boolean {
    return !this.macs.learn(mac, source, now) && this.macs.lookup(mac, now) === this.#self
  }

  /** A frame of several segments, whole where the bridge's port takes it so. */
  #injectLarge(frame: number, length: number): void {
    const shape = this.#shape
    const isUdp = shape.segmentation === Segmentation.udp
    if (!this.#segmenter.begin(frame, length, shape)) return this.#drop('droppedMeta')
    shape.headerBytes = this.#segmenter.headerBytes
    if (isUdp ? this.#joins.udp : this.#joins.tcp) return this.#coalescer.add(frame, length, shape)
    this.#coalescer.flush()
    shape.segmentation = Segmentation.none
    for (let bytes = this.#segmenter.next(); bytes > 0; bytes = this.#segmenter.next()) {
      this.#segmenter.write(RUN_AT + HEADROOM)
      this.#sink.inject(RUN_AT + HEADROOM, bytes, shape)
    }
  }

  /** A part of a payload; the last that comes makes it whole. */
  #join(source: number, at: number, length: number, now: number): void {
    const payload = this.parts.add(source, this.#memory.subarray(at, at + length), now)
    this.counters.droppedIncomplete = this.parts.incomplete
    if (payload === 'malformed') return this.#drop('droppedPart')
    if (payload === 'waiting') return
    this.#coalescer.flush()
    this.#memory.set(payload, JOIN_AT - META_BYTES)
    this.counters.joinedFromParts++
    this.#inject(source, JOIN_AT - META_BYTES, payload.length, now)
  }

  #drop(reason: keyof ForwarderCounters): void {
    this.counters[reason]++
  }
}
