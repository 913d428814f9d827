import { RUN_DATAGRAMS_MAX } from '../wire/datagram-cipher.ts'
import type { EndpointKey } from './endpoint-key.ts'

/** What a kernel takes as one run (udp(7), UDP_SEGMENT). */
export const RUN_BYTES_MAX = 65_507

export interface RunSink {
  /** Datagrams for a neighbour, one behind the other: `datagramBytes` each, the last of them that many or fewer. */
  transmit(to: EndpointKey, offset: number, length: number, datagramBytes: number): void
}

/** Gathers datagrams for one endpoint, one behind the other and of one size but for the last, so that one call sends them all. */
export class TransmitRun {
  readonly #sink: RunSink
  #to: EndpointKey = 0
  #start = 0
  #end = 0
  #count = 0
  #datagramBytes = 0
  #isClosed = false

  constructor(sink: RunSink) {
    this.#sink = sink
  }

  /** Adds a datagram that is to be written to the place which is returned; `room` is where an empty run begins. Hot path. */
  reserve(to: EndpointKey, length: number, room: number): number {
    if (this.#count === 0 || !this.#takes(to, length)) {
      this.flush()
      this.#begin(to, length, room)
    }
    return this.#extend(length)
  }

  /** Adds a datagram that is at `offset` already. Hot path. */
  add(to: EndpointKey, offset: number, length: number): void {
    if (this.#count === 0 || offset !== this.#end || !this.#takes(to, length)) {
      this.flush()
      this.#begin(to, length, offset)
    }
    this.#extend(length)
  }

  flush(): void {
    if (this.#count > 0) this.#sink.transmit(this.#to, this.#start, this.#end - this.#start, this.#datagramBytes)
    this.#count = 0
  }

  #takes(to: EndpointKey, length: number): boolean {
    const hasRoom = this.#count < RUN_DATAGRAMS_MAX && this.#end - this.#start + length <= RUN_BYTES_MAX
    return hasRoom && !this.#isClosed && to === this.#to && length <= this.#datagramBytes
  }

  #begin(to: EndpointKey, length: number, start: number): void {
    this.#to = to
    this.#start = start
    this.#end = start
    this.#datagramBytes = length
    this.#isClosed = false
  }

  #extend(length: number): number {
    const place = this.#end
    this.#end += length
    this.#count++
    this.#isClosed = length < this.#datagramBytes
    return place
  }
}
