import { viewOf } from '../wire/big-endian.ts'
import { HEADER_BYTES, readCounter, readKeyIds, readSource, TAG_BYTES } from '../wire/datagram.ts'
import { type DatagramCipher, type DatagramRun, RUN_DATAGRAMS_MAX } from '../wire/datagram-cipher.ts'
import type { ForwarderCounters } from './forwarder-counters.ts'
import { markOpened, type OpeningSession, type SessionTable } from './session-table.ts'

/** Of a header, what comes before the counter, in words of four bytes. */
const HEADER_WORDS = 3

export interface OpeningRunOptions {
  readonly memory: Uint8Array
  readonly cipher: DatagramCipher
  readonly sessions: SessionTable
  readonly counters: ForwarderCounters
}

/** Datagrams that have come in one run, up to `end`. */
export interface Arrival {
  readonly end: number
  readonly datagramBytes: number
}

/**
 * Opens together what has come together under one key: the cipher is called once for many. Each datagram is to be taken then.
 *
 *     open → take → take → … → the end that `open` has returned
 */
export class OpeningRun {
  readonly #memory: Uint8Array
  readonly #view: DataView
  readonly #cipher: DatagramCipher
  readonly #sessions: SessionTable
  readonly #counters: ForwarderCounters
  readonly #run: DatagramRun = { offset: 0, length: 0, datagramBytes: 0 }
  #session: OpeningSession | undefined
  #index = 0

  constructor({ memory, cipher, sessions, counters }: OpeningRunOptions) {
    this.#memory = memory
    this.#view = viewOf(memory)
    this.#cipher = cipher
    this.#sessions = sessions
    this.#counters = counters
  }

  /** The datagram at `at` and those behind it that have the same header, but for the counter. Returns where they end. Hot path. */
  open(at: number, { end, datagramBytes }: Arrival): number {
    const run = this.#run
    run.offset = at
    run.datagramBytes = datagramBytes
    run.length = this.#lengthOf(at, end, datagramBytes)
    this.#index = 0
    this.#session = this.#sessions.openingFor(readSource(this.#memory, at), readKeyIds(this.#memory, at))
    if (this.#session !== undefined) this.#cipher.open(this.#session.cipherKey, this.#memory, run)
    return at + run.length
  }

  /** The next datagram, which is at `at`: false when it is dropped, for a reason that is counted. Hot path. */
  take(at: number, length: number): boolean {
    const index = this.#index++
    const session = this.#session
    const counter = readCounter(this.#memory, at)
    if (session === undefined || counter === undefined) this.#counters.droppedUnknownKey++
    else if (!session.replay.accepts(counter)) this.#counters.droppedReplay++
    else if (this.#cipher.verdicts[index] !== 1) this.#counters.droppedForged++
    else {
      markOpened(session, counter, length)
      return true
    }
    return false
  }

  #lengthOf(at: number, end: number, datagramBytes: number): number {
    const last = Math.min(end, at + RUN_DATAGRAMS_MAX * datagramBytes)
    let next = at + datagramBytes
    while (next + HEADER_BYTES + TAG_BYTES <= last && this.#hasSameHeader(at, next)) next += datagramBytes
    return Math.min(next, last) - at
  }

  #hasSameHeader(at: number, other: number): boolean {
    for (let word = 0; word < HEADER_WORDS; word++) {
      if (this.#view.getInt32(at + 4 * word) !== this.#view.getInt32(other + 4 * word)) return false
    }
    return true
  }
}
