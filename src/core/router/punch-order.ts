import type { PeerName } from '../../base/peer-name.ts'
import type { Punch } from '../wire/punch.ts'

type Ordered = Pick<Punch, 'source' | 'bootId' | 'sequence'>

interface Heard {
  /** Whose they are: a short id may come to be another's. */
  readonly name: PeerName
  readonly bootId: bigint
  readonly newest: number
  /** Bit n: the n-th before the newest was heard. */
  readonly before: bigint
}

/**
 * Tells punches that were heard before. Those of one source to several destinations may overtake each other on their way by as many as
 * the window says. Bounded by the number of short ids.
 */
export class PunchOrder {
  readonly #window: number
  readonly #heard = new Map<number, Heard>()

  constructor(window: number) {
    this.#window = window
  }

  isNew({ source, bootId, sequence }: Ordered, name: PeerName): boolean {
    const heard = this.#heard.get(source)
    if (heard?.name !== name || bootId > heard.bootId) return true
    if (bootId < heard.bootId) return false
    if (sequence > heard.newest) return true
    const back = heard.newest - sequence
    return back < this.#window && ((heard.before >> BigInt(back)) & 1n) === 0n
  }

  /** Call with what is new and signed by its source. */
  note({ source, bootId, sequence }: Ordered, name: PeerName): void {
    const heard = this.#heard.get(source)
    const isSameBoot = heard?.name === name && heard.bootId === bootId
    const newest = isSameBoot ? Math.max(heard.newest, sequence) : sequence
    const moved = isSameBoot ? this.#moved(heard.before, newest - heard.newest) : 0n
    this.#heard.set(source, { name, bootId, newest, before: moved | (1n << BigInt(newest - sequence)) })
  }

  #moved(before: bigint, by: number): bigint {
    return by >= this.#window ? 0n : BigInt.asUintN(this.#window, before << BigInt(by))
  }
}
