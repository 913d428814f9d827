import type { SeededRandom } from './random.ts'

/** What all wires do to what crosses them. */
export interface NetworkFaults {
  /** One way. */
  readonly latencyMs: number
  /** At most so much more, drawn for each datagram. */
  readonly jitterMs: number
  /** Shares of the datagrams, 0 to 1. Control links retransmit: there a loss is only slow. */
  readonly loss: number
  readonly duplication: number
  /** Datagrams that are held until some of those behind them have passed. */
  readonly reordering: number
}

export const NO_FAULTS: NetworkFaults = { latencyMs: 1, jitterMs: 0, loss: 0, duplication: 0, reordering: 0 }

const HELD_BACK_MS = 20
const RETRANSMIT_MS = 200

/** How much a wire takes in each direction. */
export interface Bandwidth {
  readonly bytesPerSecond: number
  /** Datagrams that would wait behind more than this are dropped; streams wait. */
  readonly queueBytesMax: number
}

interface Crossing {
  readonly now: number
  readonly bytes: number
}

interface Clog {
  readonly extraMs: number
  readonly until: number
}

/** Wires between hosts, by name, and what is wrong with them. Draws a random number only where a fault is on. */
export class SimulatedNetwork {
  faults: NetworkFaults
  readonly #random: SeededRandom
  readonly #wires = new Set<string>()
  /** Directed: from, then to. */
  readonly #cuts = new Set<string>()
  readonly #clogs = new Map<string, Clog>()
  readonly #bandwidths = new Map<string, Bandwidth>()
  /** When what was sent before is through; directed. */
  readonly #busyUntil = new Map<string, number>()
  readonly #mtus = new Map<string, number>()
  readonly #losses = new Map<string, number>()

  constructor(random: SeededRandom, faults: NetworkFaults) {
    this.#random = random
    this.faults = faults
  }

  get wires(): readonly (readonly [string, string])[] {
    return [...this.#wires].map(wire => wire.split(' ') as [string, string])
  }

  wire(a: string, b: string): void {
    this.#wires.add(undirected(a, b))
  }

  cutOneWay(from: string, to: string): void {
    this.#cuts.add(`${from} ${to}`)
  }

  /** Delays all that crosses the wire, both ways, until the virtual time `until`. */
  clog(wire: readonly [string, string], extraMs: number, until: number): void {
    this.#clogs.set(undirected(...wire), { extraMs, until })
  }

  narrow(wire: readonly [string, string], bandwidth: Bandwidth): void {
    this.#bandwidths.set(undirected(...wire), bandwidth)
  }

  /** Datagrams (UDP payloads) that are larger vanish on the wire, both ways; streams are cut by TCP and pass. */
  limitDatagrams(wire: readonly [string, string], bytesMax: number): void {
    this.#mtus.set(undirected(...wire), bytesMax)
  }

  /** Datagrams vanish on the wire, that share of them, both ways. */
  lose(wire: readonly [string, string], share: number): void {
    this.#losses.set(undirected(...wire), share)
  }

  heal(): void {
    this.#losses.clear()
    this.#cuts.clear()
    this.#clogs.clear()
    this.#bandwidths.clear()
    this.#busyUntil.clear()
    this.#mtus.clear()
  }

  passes(from: string, to: string): boolean {
    return this.#wires.has(undirected(from, to)) && !this.#cuts.has(`${from} ${to}`)
  }

  passesBothWays(a: string, b: string): boolean {
    return this.passes(a, b) && this.passes(b, a)
  }

  /** The delay of each copy of a datagram that gets through. */
  datagramDelays(from: string, to: string, { now, bytes }: Crossing): readonly number[] {
    const { loss, duplication, reordering } = this.faults
    const wire = undirected(from, to)
    if (!this.passes(from, to) || this.#happens(this.#losses.get(wire) ?? loss)) return []
    if (bytes > (this.#mtus.get(wire) ?? Number.POSITIVE_INFINITY)) return []
    const waitMs = this.#queue(from, to, { now, bytes })
    if (waitMs > this.#waitMsMax(wire)) return []
    return this.#copies(from, to, { now, duplication, reordering }).map(delay => delay + waitMs)
  }

  /** The delay of a piece of a stream, retransmissions included. */
  streamDelay(from: string, to: string, { now, bytes }: Crossing): number {
    const retransmission = this.#happens(this.faults.loss) ? RETRANSMIT_MS : 0
    return this.#delay(from, to, now) + retransmission + this.#queue(from, to, { now, bytes })
  }

  #copies(
    from: string,
    to: string,
    {
      now,
      duplication,
      reordering,
    }: { readonly now: number; readonly duplication: number; readonly reordering: number },
  ): readonly number[] {
    const delays = [this.#delay(from, to, now)]
    if (this.#happens(duplication)) delays.push(this.#delay(from, to, now) + this.#random.next() * HELD_BACK_MS)
    return this.#happens(reordering) ? delays.map(delay => delay + this.#random.next() * HELD_BACK_MS) : delays
  }

  /** Milliseconds until what sets out at `now` is through, behind what set out before. A datagram that is dropped takes no time. */
  #queue(from: string, to: string, { now, bytes }: Crossing): number {
    const wire = undirected(from, to)
    const bandwidth = this.#bandwidths.get(wire)
    if (bandwidth === undefined) return 0
    const way = `${from} ${to}`
    const free = Math.max(now, this.#busyUntil.get(way) ?? 0)
    const waitMs = free - now + (bytes / bandwidth.bytesPerSecond) * 1_000
    if (waitMs <= this.#waitMsMax(wire)) this.#busyUntil.set(way, now + waitMs)
    return waitMs
  }

  #waitMsMax(wire: string): number {
    const bandwidth = this.#bandwidths.get(wire)
    if (bandwidth === undefined) return Number.POSITIVE_INFINITY
    return (bandwidth.queueBytesMax / bandwidth.bytesPerSecond) * 1_000
  }

  #delay(from: string, to: string, now: number): number {
    const { latencyMs, jitterMs } = this.faults
    const clog = this.#clogs.get(undirected(from, to))
    const extraMs = clog !== undefined && now < clog.until ? clog.extraMs : 0
    return latencyMs + extraMs + (jitterMs > 0 ? this.#random.next() * jitterMs : 0)
  }

  #happens(share: number): boolean {
    return share > 0 && this.#random.chance(share)
  }
}

function undirected(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
