import { viewOf } from '../wire/big-endian.ts'
import { COUNTER_AT } from '../wire/datagram.ts'
import type { DatagramCipher, DatagramRun } from '../wire/datagram-cipher.ts'
import type { EndpointKey } from './endpoint-key.ts'
import type { SealingSession } from './session-table.ts'
import { type RunSink, TransmitRun } from './transmit-run.ts'

/**
 * A run of datagrams for one endpoint that are sealed together, as far as one key goes, when they are transmitted at the latest:
 * the cipher is called once for many.
 */
export class SealingRun implements RunSink {
  readonly #memory: Uint8Array
  readonly #view: DataView
  readonly #cipher: DatagramCipher
  readonly #sink: RunSink
  readonly #transmits: TransmitRun
  /** What is written and not yet sealed: of one session, one behind the other. */
  readonly #open: DatagramRun = { offset: 0, length: 0, datagramBytes: 0 }
  #session: SealingSession | undefined
  /** Of the first of them. */
  #counter = 0

  constructor(memory: Uint8Array, cipher: DatagramCipher, sink: RunSink) {
    this.#memory = memory
    this.#view = viewOf(memory)
    this.#cipher = cipher
    this.#sink = sink
    this.#transmits = new TransmitRun(this)
  }

  /** Adds a datagram that is to be written to the place which is returned, and then sealed; `room` is where an empty run begins. Hot path. */
  reserve(to: EndpointKey, length: number, room: number): number {
    return this.#transmits.reserve(to, length, room)
  }

  /** Seals the datagram of `bytes` at `start`, of which only the header is to be written: at the latest with `finish`. Hot path. */
  seal(session: SealingSession, kind: number, start: number, bytes: number): void {
    const { header } = session
    for (let at = 0; at < COUNTER_AT; at += 4) this.#view.setInt32(start + at, header.getInt32(at))
    this.#memory[start + 1] = kind
    session.bytes.sentBytes += bytes
    if (!this.#takes(session, start, bytes)) this.#begin(session, start, bytes)
    this.#open.length += bytes
    session.counter++
  }

  flush(): void {
    this.#transmits.flush()
  }

  /** Of what was added, as `TransmitRun` says. Hot path. */
  transmit(to: EndpointKey, offset: number, length: number, datagramBytes: number): void {
    this.finish()
    this.#sink.transmit(to, offset, length, datagramBytes)
  }

  /** Seals what is left. */
  finish(): void {
    if (this.#session === undefined) return
    this.#cipher.seal(this.#session.cipherKey, this.#counter, this.#memory, this.#open)
    this.#session = undefined
  }

  #takes(session: SealingSession, start: number, bytes: number): boolean {
    const { offset, length, datagramBytes } = this.#open
    const isNext = session === this.#session && start === offset + length
    return isNext && bytes <= datagramBytes && length % datagramBytes === 0
  }

  #begin(session: SealingSession, start: number, bytes: number): void {
    this.finish()
    this.#session = session
    this.#counter = session.counter
    this.#open.offset = start
    this.#open.length = 0
    this.#open.datagramBytes = bytes
  }
}
