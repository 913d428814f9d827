import { HEADER_BYTES, TAG_BYTES } from '../wire/datagram.ts'
import { PROBE_BYTES, type Probe, readProbe } from '../wire/probe.ts'
import type { EndpointKey } from './endpoint-key.ts'
import type { FrameSender } from './frame-sender.ts'

/** An answer is as small as can be: it is the question that is measured. */
const ANSWER_BYTES = HEADER_BYTES + PROBE_BYTES + TAG_BYTES
/** Questions whose answer is waited for, of all peers together. */
const WAITING_MAX = 1024
const SEQUENCES = 2 ** 32

/** An authentic probe. */
export interface HeardProbe<Place> {
  readonly probe: Probe
  readonly from: Place
  /** Of an answer to a question of ours. */
  readonly roundTripMs: number | undefined
}

export interface ProbeSink {
  /** Tells the router of a probe; questions have been answered. */
  probed(peer: number, heard: HeardProbe<EndpointKey>): void
}

interface Question {
  readonly to: EndpointKey
  readonly probe: Probe
}

/** Where a datagram is that has been opened. */
interface Opened {
  readonly at: number
  readonly length: number
  readonly from: EndpointKey
}

/**
 * Answers authentic questions, and takes the time of answers, where frames go too: a router with much to do is slow to hear of them,
 * and a path does not become longer by that.
 */
export class Probes {
  readonly #memory: Uint8Array
  readonly #sender: Pick<FrameSender, 'probe'>
  readonly #sink: ProbeSink
  /** When questions were sent, by peer and sequence. */
  readonly #sentAt = new Map<number, number>()

  constructor(memory: Uint8Array, sender: Pick<FrameSender, 'probe'>, sink: ProbeSink) {
    this.#memory = memory
    this.#sender = sender
    this.#sink = sink
  }

  /** False when this host's network does not take a datagram of that size. */
  send(peer: number, { to, probe }: Question, now: number): boolean {
    if (probe.datagramBytes === undefined) this.#remember(peer * SEQUENCES + probe.sequence, now)
    return this.#sender.probe(peer, to, probe)
  }

  /** A probe of `peer` has come. */
  heard(peer: number, { at, length, from }: Opened, now: number): void {
    const probe = readProbe(this.#memory, at + HEADER_BYTES, length)
    const { sequence, isReply, datagramBytes } = probe
    if (isReply) {
      const roundTripMs = this.#timeOf(peer * SEQUENCES + sequence, now)
      return this.#sink.probed(peer, { probe, from, roundTripMs })
    }
    const size = datagramBytes === undefined ? {} : { datagramBytes: ANSWER_BYTES }
    this.#sender.probe(peer, from, { sequence, isReply: true, ...size })
    // Who measures a path wants nothing but the answer; where other questions come from is news.
    if (datagramBytes === undefined) this.#sink.probed(peer, { probe, from, roundTripMs: undefined })
  }

  #remember(key: number, now: number): void {
    const [oldest] = this.#sentAt.keys()
    if (this.#sentAt.size >= WAITING_MAX && oldest !== undefined) this.#sentAt.delete(oldest)
    this.#sentAt.set(key, now)
  }

  #timeOf(key: number, now: number): number | undefined {
    const sentAt = this.#sentAt.get(key)
    this.#sentAt.delete(key)
    return sentAt === undefined ? undefined : now - sentAt
  }
}
