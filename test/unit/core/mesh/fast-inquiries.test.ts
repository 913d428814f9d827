import type { IpAddress } from '../../../../src/base/ip-address.ts'
import { FastInquiries, INQUIRIES_MAX } from '../../../../src/core/mesh/fast-inquiries.ts'
import type { FastLink, FastProbeOrder } from '../../../../src/core/mesh/fast-link.ts'
import { FAST_PROBE_EVERY_MS, FAST_SILENCE_MAX_MS } from '../../../../src/core/mesh/fast-links.ts'
import { type FastWayLoss, FastWays } from '../../../../src/core/mesh/fast-ways.ts'
import { tunnelEndOf } from '../../../../src/core/mesh/tunnel-address.ts'
import { addressOf } from '../router/fast-path-world.ts'

const PEER = 2
const CLEAR = addressOf(PEER)
const SEALED = tunnelEndOf(PEER)
/** Until the next question, and some answers that are overdue. */
const LEFT_WITHIN_MS = FAST_PROBE_EVERY_MS + 250
const LEFT_FOR_SLEEVE_WITHIN_MS = FAST_PROBE_EVERY_MS + 500

describe('a fast link that falls silent', () => {
  it('is left within moments while another fast link to the peer answers, whichever it is', () => {
    for (const [silent, reason] of [
      [CLEAR, 'probes in a row were not answered, while those through WireGuard were'],
      [SEALED, 'probes in a row were not answered, while those in the clear were'],
    ] as const) {
      const station = new Station().opened()
      station.silent.add(silent)
      expect(station.lives(LEFT_WITHIN_MS)).toMatchObject([{ peer: PEER, isSealed: silent === SEALED, reason }])
      expect(station.ways.lossOf(PEER, silent === SEALED)).toBe(reason)
    }
  })

  it('is left, after more questions, while the sleeve alone works', () => {
    const station = new Station({ sealed: [] }).opened()
    station.silent.add(CLEAR)
    station.sleeves = true
    expect(station.lives(LEFT_FOR_SLEEVE_WITHIN_MS)).toMatchObject([
      { isSealed: false, reason: 'probes in a row were not answered, while those by the sleeve were' },
    ])
  })

  it('is waited for as ever while nothing else answers', () => {
    const station = new Station().opened()
    for (const address of [CLEAR, SEALED]) station.silent.add(address)
    expect(station.lives(FAST_SILENCE_MAX_MS - FAST_PROBE_EVERY_MS)).toEqual([])
    const reason = 'no probe was answered for 2000 ms'
    expect(station.lives(2 * FAST_PROBE_EVERY_MS)).toMatchObject([
      { isSealed: false, reason },
      { isSealed: true, reason },
    ])
  })

  it('stays when all ways were silent together, for as long as that takes a link to be lost', () => {
    for (const brokenMs of [100, 300, 700, 1_200]) {
      const station = new Station().opened()
      station.sleeves = true
      station.cut = true
      station.lives(brokenMs)
      station.cut = false
      expect(station.lives(5_000)).toEqual([])
    }
  })

  it('stays while the other end has not proved the other way, which frames cannot take', () => {
    const station = new Station().opened()
    station.isMutual = false
    station.silent.add(CLEAR)
    expect(station.lives(FAST_SILENCE_MAX_MS - FAST_PROBE_EVERY_MS)).toEqual([])
  })

  it('stays when its answers come, but later than they should', () => {
    const station = new Station().opened()
    station.lateMs = 80
    expect(station.lives(20_000)).toEqual([])
  })

  it('stays when it loses a question now and then', () => {
    const station = new Station().opened()
    station.losesEvery = 3
    expect(station.lives(20_000)).toEqual([])
    expect(station.ways.all).toMatchObject([{ losses: 0 }, { losses: 0 }])
  })

  it('is not left for what nobody has looked for', () => {
    const station = new Station().opened()
    station.isBusy = true
    station.silent.add(CLEAR)
    expect(station.lives(FAST_SILENCE_MAX_MS - FAST_PROBE_EVERY_MS)).toEqual([])
  })

  it('is taken again when it has answered at the usual pace for a while, which is longer each time', () => {
    const station = new Station().opened()
    const away = [1, 2, 3].map(() => {
      station.silent.add(CLEAR)
      expect(station.lives(LEFT_WITHIN_MS)).toHaveLength(1)
      station.silent.clear()
      return station.livesUntil(() => station.ways.open.length === 2)
    })
    expect(away[0]).toBeGreaterThanOrEqual(3 * FAST_PROBE_EVERY_MS)
    expect(away[1]).toBeGreaterThanOrEqual(7 * FAST_PROBE_EVERY_MS)
    expect(away[2]).toBeGreaterThanOrEqual(15 * FAST_PROBE_EVERY_MS)
  })

  it('is taken again as late when all are left for the sleeve', () => {
    const station = new Station().opened()
    for (const address of [CLEAR, SEALED]) station.silent.add(address)
    station.sleeves = true
    expect(station.lives(LEFT_FOR_SLEEVE_WITHIN_MS)).toHaveLength(2)
    station.silent.clear()
    expect(station.livesUntil(() => station.ways.open.length > 0)).toBeGreaterThanOrEqual(3 * FAST_PROBE_EVERY_MS)
  })

  it('is taken again without delay when the way is lost that it was left for', () => {
    const station = new Station().opened()
    station.silent.add(CLEAR)
    station.lives(LEFT_WITHIN_MS)
    station.silent.add(SEALED)
    station.livesUntil(() => station.ways.open.length === 0)
    station.silent.delete(CLEAR)
    expect(station.livesUntil(() => station.ways.open.length === 1)).toBeLessThan(2 * FAST_PROBE_EVERY_MS)
  })
})

describe('a fast link that answers', () => {
  it('is asked no more often than ever, and neither is the sleeve', () => {
    const station = new Station().opened()
    const before = station.asked
    station.lives(30_000)
    expect(station.asked - before).toBeLessThanOrEqual((2 * 30_000) / FAST_PROBE_EVERY_MS)
    expect(station.sleeveAsked).toBe(0)
  })

  it('is not asked more than ever when there are many inquiries already', () => {
    const peers = Array.from({ length: 2 * INQUIRIES_MAX }, (_, i) => i + 1)
    const sleeve = { ask: () => undefined, provedAt: () => 0, forget: () => undefined }
    const inquiries = new FastInquiries({
      openTo: peer => [{ peer, address: CLEAR, answerWithinMs: 30 } as FastLink],
      isMutual: () => true,
      sleeve,
      nonceOf: () => 1,
    })
    for (const peer of peers) inquiries.begin(peer, false, 0)
    expect(inquiries.due(0).map(({ peer }) => peer)).toEqual(peers.slice(0, INQUIRIES_MAX))
  })

  it('is asked at the usual pace once the inquiry about it is over', () => {
    const station = new Station().opened()
    station.cut = true
    station.lives(1_000)
    station.cut = false
    station.lives(100)
    const before = station.asked
    station.lives(30_000)
    expect(station.asked - before).toBeLessThanOrEqual((2 * 30_000) / FAST_PROBE_EVERY_MS)
  })
})

interface Pending {
  readonly at: number
  readonly tell: () => void
}

/** A router with two ways to a peer, and its shell, in virtual milliseconds. */
class Station {
  readonly ways: FastWays
  /** Where no question is answered. */
  readonly silent = new Set<IpAddress>()
  /** Whether the peer answers by the sleeve. */
  sleeves = false
  /** Nothing passes, by no way. */
  cut = false
  isMutual = true
  /** The shell does not look. */
  isBusy = false
  /** Later than the link's answers should come. */
  lateMs = 0
  /** Every so many questions one is lost. */
  losesEvery = Number.POSITIVE_INFINITY
  asked = 0
  sleeveAsked = 0
  #now = 0
  #nonces = 0
  #pending: readonly Pending[] = []
  #sleeveProvedAt = Number.NEGATIVE_INFINITY

  constructor({ sealed = [SEALED] }: { readonly sealed?: readonly IpAddress[] } = {}) {
    this.ways = new FastWays({
      nonceOf: () => ++this.#nonces,
      isMutual: () => this.isMutual,
      sleeve: {
        ask: (_, now) => {
          this.sleeveAsked++
          if (this.sleeves && !this.cut) this.#sleeveProvedAt = now
        },
        provedAt: () => this.#sleeveProvedAt,
        forget: () => undefined,
      },
    })
    const inside: readonly (readonly [number, readonly IpAddress[]])[] = sealed.length === 0 ? [] : [[PEER, sealed]]
    this.ways.watch({ clear: new Map([[PEER, [CLEAR]]]), sealed: new Map(inside) }, 0)
  }

  /** All links are, and have been for a moment. */
  opened(): this {
    this.livesUntil(() => this.ways.all.every(({ isOpen }) => isOpen))
    this.lives(5 * FAST_PROBE_EVERY_MS + 100)
    return this
  }

  /** Gives what was lost. */
  lives(forMs: number): readonly FastWayLoss[] {
    const losses: FastWayLoss[] = []
    for (const until = this.#now + forMs; this.#now < until; this.#now++) losses.push(...this.#step())
    return losses
  }

  /** Gives for how long. */
  livesUntil(isDone: () => boolean): number {
    const from = this.#now
    for (; !isDone(); this.#now++) {
      if (this.#now > from + 100_000) throw new Error('not so within 100 s')
      this.#step()
    }
    return this.#now - from
  }

  #step(): readonly FastWayLoss[] {
    const now = this.#now
    const due = this.#pending.filter(({ at }) => at === now)
    this.#pending = this.#pending.filter(({ at }) => at !== now)
    for (const { tell } of due) tell()
    const losses = this.ways.lost(now)
    for (const order of this.ways.due(now)) this.#ask(order)
    return losses
  }

  /** Answers take half a millisecond, and are looked for in the order that they come in. */
  #ask({ peer, to, nonce, answerWithinMs }: FastProbeOrder): void {
    const isLost = this.cut || this.silent.has(to) || ++this.asked % this.losesEvery === 0
    if (!isLost) this.#later(1 + this.lateMs, now => this.ways.answered(peer, nonce, 0.5, now))
    if (answerWithinMs === undefined || this.isBusy || (!isLost && this.lateMs < answerWithinMs)) return
    this.#later(Math.ceil(answerWithinMs), now => this.ways.unanswered(peer, nonce, now))
  }

  #later(ms: number, tell: (now: number) => unknown): void {
    const at = this.#now + ms
    this.#pending = [...this.#pending, { at, tell: () => tell(at) }]
  }
}
