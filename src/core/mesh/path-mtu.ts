/** RFC 8899, section 5.1.2: what nearly every path carries. Datagrams, that is UDP payloads, as all sizes here. */
export const BASE_BYTES = 1_200
/**
 * What the usual networks leave for a datagram: MTUs of 576, 1,028, 1,280, 1,400 (tunnels), 1,420 (WireGuard), 1,450 (VXLAN), 1,460, 1,492
 * (PPPoE), 1,500, 2,028, 4,028, 8,896 and 9,000 to 9,001, with headers of IPv4 (28 bytes) and of IPv6 (48).
 */
const USUAL_BYTES: readonly number[] = [
  548, 1_000, 1_200, 1_232, 1_252, 1_352, 1_372, 1_392, 1_422, 1_432, 1_444, 1_452, 1_464, 1_472, 2_000, 4_000, 8_848,
  8_868, 8_952, 8_972, 8_973,
]
export const DATAGRAM_BYTES_MAX = 8_973
/** Sent together at first: on most networks one of them is the answer, and known after one round trip. */
const FIRST_BYTES: readonly number[] = [BASE_BYTES, 1_452, 1_472, DATAGRAM_BYTES_MAX]
/** The search ends when this little could be gained. */
export const PRECISION_BYTES = 8
/** MAX_PROBES of RFC 8899. */
const TRIES_MAX = 3
/** Between tries (PROBE_TIMER), by the round trip; an answer that comes later counts too. */
const ANSWER_WITHIN_MS = { min: 200, max: 500 } as const
/** Sizes that are tried together, after the first. */
const TOGETHER_MAX = 4
/** CONFIRMATION_TIMER, which runs only while there are large datagrams to send. */
export const CONFIRM_EVERY_MS = 10_000
/** PMTU_RAISE_TIMER. */
export const RAISE_EVERY_MS = 600_000
/** The first time after a search, and as long as probes are lost that pass: all tries of a size that passes may have been. */
export const RAISE_SOON_MS = 10_000
/** After a search that nothing has answered. */
const REST_MS = 5_000
const REST_MS_MAX = 60_000
/** Probes whose answer is still taken. */
const REMEMBERED_MAX = 32

export interface SizeProbe {
  readonly sequence: number
  readonly datagramBytes: number
}

interface Sent {
  readonly size: number
  readonly at: number
}

type Phase = 'searching' | 'settled' | 'confirming' | 'resting'

/**
 * How large datagrams on one path may be (PLPMTUD, RFC 8899), found by probes of that size, which nothing on the way may cut:
 *
 *     searching ──all sizes tried──▶ settled ──large datagrams, for 10 s──▶ confirming ──answer──▶ settled
 *       ▲  │ ▲                          │                                        │
 *       │  │ └── for 10 minutes ────────┘                                        │
 *       │  └──no answer at all──▶ resting                                        │
 *       └────────────────────────────────no answer: a black hole─────────────────┘
 *
 * A size is known only when a search has ended: a lost probe makes nobody send less. While a path is measured anew the former size
 * stands, because what is too large is cut by the network, where it can.
 */
export class PathMtu {
  /** Undefined until the first search has ended. */
  size: number | undefined
  #phase: Phase = 'searching'
  /** The largest size that passed, and the smallest that did not. */
  #low = 0
  #high = DATAGRAM_BYTES_MAX + 1
  /** This host's own network has refused a size since the search began. */
  #isRefused = false
  /** Sizes that are being tried, and how often they have been. */
  #round = new Map<number, number>()
  readonly #sent = new Map<number, Sent>()
  #answerWithinMs: number = ANSWER_WITHIN_MS.max
  #dueAt: number
  #confirmedAt: number
  #raiseAt = Number.POSITIVE_INFINITY
  #restMs = REST_MS
  /** Whether what passes may have been taken for too large: nothing has been tried again since, or probes are lost. */
  #isDoubtful = true

  constructor(now: number) {
    this.#dueAt = now
    this.#confirmedAt = now
    this.#start(FIRST_BYTES, now)
  }

  get deadline(): number {
    return this.#dueAt
  }

  /** Probes to send at `now`; `next` gives each its sequence. */
  due(now: number, next: () => number): readonly SizeProbe[] {
    if (now < this.#dueAt) return []
    if (this.#phase === 'resting') this.#search(DATAGRAM_BYTES_MAX + 1, now)
    else if (this.#phase === 'settled') this.#raise(now)
    else this.#giveUp(now)
    if (this.#phase === 'settled' || this.#phase === 'resting') return []
    this.#dueAt = now + this.#answerWithinMs
    return [...this.#round].map(([datagramBytes, tries]) => {
      this.#round.set(datagramBytes, tries + 1)
      const sequence = next()
      this.#remember(sequence, { size: datagramBytes, at: now })
      return { sequence, datagramBytes }
    })
  }

  /** A probe came back. */
  answered(sequence: number, now: number): void {
    const sent = this.#sent.get(sequence)
    if (sent === undefined) return
    this.#sent.delete(sequence)
    const { size, at } = sent
    this.#answerWithinMs = Math.min(Math.max(3 * (now - at), ANSWER_WITHIN_MS.min), ANSWER_WITHIN_MS.max)
    if (this.#phase === 'confirming' && size >= this.#low) return this.#settle(now)
    if (this.#phase !== 'searching') return
    if ((this.#round.get(size) ?? 0) > 1) this.#isDoubtful = true
    if (size >= this.#high) this.#high = DATAGRAM_BYTES_MAX + 1
    this.#low = Math.max(this.#low, size)
    this.#proceed(now)
  }

  /** This host's own network does not take a datagram of that size. */
  refused(sequence: number, now: number): void {
    const size = this.#sent.get(sequence)?.size
    if (size === undefined) return
    this.#sent.delete(sequence)
    if (this.#phase === 'confirming') return this.#search(size, now)
    if (this.#phase !== 'searching') return
    this.#high = Math.min(this.#high, size)
    this.#isRefused = true
    this.#proceed(now)
  }

  /** Datagrams of about the size that is known are being sent. */
  filled(now: number): void {
    if (this.#phase !== 'settled' || this.size === undefined || now < this.#confirmedAt + CONFIRM_EVERY_MS) return
    this.#phase = 'confirming'
    this.#low = this.size
    this.#start([this.size], now)
  }

  /** What has been tried often enough does not pass. */
  #giveUp(now: number): void {
    const failed = [...this.#round].filter(([, tries]) => tries >= TRIES_MAX).map(([size]) => size)
    if (failed.length === 0) return
    if (this.#phase === 'confirming') return this.#search(this.#low, now)
    this.#high = Math.min(this.#high, ...failed.filter(size => size > this.#low))
    this.#proceed(now)
  }

  /** Goes on with the sizes that are still in question, with others when there are none, or ends the search. */
  #proceed(now: number): void {
    for (const size of this.#round.keys()) if (size <= this.#low || size >= this.#high) this.#round.delete(size)
    if (this.#round.size > 0) return
    const next = this.#between()
    if (next.length > 0) return this.#start(next, now)
    if (this.#low > 0) return this.#settle(now)
    this.#phase = 'resting'
    this.#dueAt = now + this.#restMs
    this.#restMs = Math.min(2 * this.#restMs, REST_MS_MAX)
  }

  /** Usual sizes first, then any. Where this host's own network sets the limit, what has passed is mostly all that it takes: one step tells. */
  #between(): readonly number[] {
    if (this.#isRefused && this.#low > 0 && this.#low + PRECISION_BYTES < this.#high) {
      this.#isRefused = false
      return [this.#low + PRECISION_BYTES]
    }
    const usual = USUAL_BYTES.filter(size => size > this.#low && size < this.#high)
    const width = this.#high - this.#low
    if (usual.length > 0) return spread(usual.length).map(i => usual[i] ?? 0)
    return this.#low > 0 && width > PRECISION_BYTES ? spread(width - 1).map(i => this.#low + 1 + i) : []
  }

  #settle(now: number): void {
    const isNews = this.#phase === 'searching'
    this.#phase = 'settled'
    // That nothing larger has passed says nothing of what passed before.
    if (!isNews || this.size !== this.#low) this.#confirmedAt = now
    this.size = this.#low
    this.#restMs = REST_MS
    this.#round.clear()
    if (isNews) this.#raiseAt = now + (this.#isDoubtful ? RAISE_SOON_MS : RAISE_EVERY_MS)
    this.#dueAt = this.#raiseAt
  }

  /** When the smallest step up fails nothing larger can pass. */
  #raise(now: number): void {
    this.#phase = 'searching'
    this.#isRefused = false
    this.#isDoubtful = false
    this.#low = this.size ?? 0
    this.#high = DATAGRAM_BYTES_MAX + 1
    const step = this.#low + PRECISION_BYTES
    if (step > DATAGRAM_BYTES_MAX) return this.#settle(now)
    this.#start([step], now)
  }

  /** From the start; sizes from `high` on are known not to pass. */
  #search(high: number, now: number): void {
    this.#phase = 'searching'
    this.#isRefused = false
    this.#isDoubtful = true
    this.#low = 0
    this.#high = high
    this.#start(
      FIRST_BYTES.filter(size => size < high),
      now,
    )
    if (this.#round.size === 0) this.#proceed(now)
  }

  #start(sizes: readonly number[], now: number): void {
    this.#round = new Map(sizes.map(size => [size, 0]))
    this.#dueAt = now
  }

  #remember(sequence: number, sent: Sent): void {
    const [oldest] = this.#sent.keys()
    if (this.#sent.size >= REMEMBERED_MAX && oldest !== undefined) this.#sent.delete(oldest)
    this.#sent.set(sequence, sent)
  }
}

/** Some of the numbers from 0 to `count` - 1, all when there are few: evenly spread. */
function spread(count: number): readonly number[] {
  if (count <= TOGETHER_MAX) return Array.from({ length: count }, (_, i) => i)
  return Array.from({ length: TOGETHER_MAX }, (_, i) => Math.floor(((i + 1) * count) / (TOGETHER_MAX + 1)))
}
