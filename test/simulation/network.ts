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

  heal(): void {
    this.#cuts.clear()
    this.#clogs.clear()
  }

  passes(from: string, to: string): boolean {
    return this.#wires.has(undirected(from, to)) && !this.#cuts.has(`${from} ${to}`)
  }

  passesBothWays(a: string, b: string): boolean {
    return this.passes(a, b) && this.passes(b, a)
  }

  /** The delay of each copy of a datagram that gets through. */
  datagramDelays(from: string, to: string, now: number): readonly number[] {
    const { loss, duplication, reordering } = this.faults
    if (!this.passes(from, to) || this.#happens(loss)) return []
    const delays = [this.#delay(from, to, now)]
    if (this.#happens(duplication)) delays.push(this.#delay(from, to, now) + this.#random.next() * HELD_BACK_MS)
    return this.#happens(reordering) ? delays.map(delay => delay + this.#random.next() * HELD_BACK_MS) : delays
  }

  /** The delay of a piece of a stream, retransmissions included. */
  streamDelay(from: string, to: string, now: number): number {
    const retransmission = this.#happens(this.faults.loss) ? RETRANSMIT_MS : 0
    return this.#delay(from, to, now) + retransmission
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
