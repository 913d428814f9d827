import {
  DatagramKind,
  HOPS_MAX,
  readDestination,
  readHopsLeft,
  readKind,
  readSource,
  setHopsLeft,
} from '../wire/datagram.ts'
import type { EndpointKey } from './endpoint-key.ts'
import type { ForwarderCounters } from './forwarder-counters.ts'
import type { SenderSink } from './frame-sender.ts'
import { PassedOn } from './passed-on.ts'
import { TransmitRun } from './transmit-run.ts'

export interface RelayOptions {
  readonly memory: Uint8Array
  readonly sink: Pick<SenderSink, 'transmit' | 'transmitWhole'>
  readonly counters: ForwarderCounters
}

export interface RelayWays {
  readonly self: number
  /** Peer to the endpoint of the neighbour that leads there. */
  readonly routes: ReadonlyMap<number, EndpointKey>
  /** Whose datagrams are passed on. */
  readonly neighbours: ReadonlySet<EndpointKey>
}

/** Passes on what is for others, each datagram once, without being able to read it. */
export class Relay {
  readonly #memory: Uint8Array
  readonly #sink: RelayOptions['sink']
  readonly #counters: ForwarderCounters
  readonly #run: TransmitRun
  readonly #passedOn = new PassedOn()
  #ways: RelayWays = { self: 0, routes: new Map(), neighbours: new Set() }

  constructor({ memory, sink, counters }: RelayOptions) {
    this.#memory = memory
    this.#sink = sink
    this.#counters = counters
    this.#run = new TransmitRun(sink)
  }

  apply(ways: RelayWays): void {
    this.#ways = ways
  }

  /** Takes the datagram at `at`, which is transmitted at the latest by `flush`. Hot path. */
  take(at: number, length: number, from: EndpointKey): void {
    const { self, routes, neighbours } = this.#ways
    if (!neighbours.has(from)) return this.#drop('droppedStranger')
    const to = routes.get(readDestination(this.#memory, at))
    if (to === undefined) return this.#drop('droppedUnreachable')
    const hopsLeft = readHopsLeft(this.#memory, at)
    if (hopsLeft <= 1 || hopsLeft > HOPS_MAX || to === from) return this.#drop('droppedHops')
    const isOwn = readSource(this.#memory, at) === self
    if (isOwn || this.#passedOn.isAgain(this.#memory, at + length)) return this.#drop('droppedRepeated')
    setHopsLeft(this.#memory, at, hopsLeft - 1)
    this.#counters.relayed++
    if (readKind(this.#memory, at) !== DatagramKind.probe) return this.#run.add(to, at, length)
    this.#run.flush()
    this.#sink.transmitWhole(to, at, length)
  }

  flush(): void {
    this.#run.flush()
  }

  #drop(reason: keyof ForwarderCounters): void {
    this.#counters[reason]++
  }
}
