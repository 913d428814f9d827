import type { IpAddress } from '../../../../src/base/ip-address.ts'
import { FAST_LINKS_MAX, FAST_SILENCE_MAX_MS } from '../../../../src/core/mesh/fast-links.ts'
import { FastWays, type WantedWays } from '../../../../src/core/mesh/fast-ways.ts'
import { tunnelEndOf } from '../../../../src/core/mesh/tunnel-address.ts'
import { addressOf } from '../router/fast-path-world.ts'

const PEER = 2
const CLEAR = addressOf(PEER)
const SEALED = tunnelEndOf(PEER)

describe('the ways to a peer', () => {
  it('are asked each by itself, and open each by itself', () => {
    const ways = watching({ clear: [PEER], sealed: [PEER] })
    expect(ways.due(0)).toMatchObject([
      { peer: PEER, to: CLEAR, nonce: 1 },
      { peer: PEER, to: SEALED, nonce: 2 },
    ])
    expect(ways.answered(PEER, 2, 1, 1)).toBeUndefined()
    expect(ways.due(1)).toMatchObject([{ to: SEALED, nonce: 3 }])
    expect(ways.answered(PEER, 3, 1, 2)).toMatchObject({ peer: PEER, address: SEALED, isOpen: true })
    expect(ways.open).toMatchObject([{ address: SEALED }])
    expect(ways.all).toMatchObject([
      { address: CLEAR, isOpen: false },
      { address: SEALED, isOpen: true },
    ])
    expect(ways.clearAddressOf(PEER)).toBe(CLEAR)
  })

  it('are lost each by itself, for a reason that lasts until that way is open again', () => {
    const ways = watching({ clear: [PEER], sealed: [PEER] })
    const openedAt = openIn(ways, 0, [CLEAR, SEALED])
    answerUntil(ways, { from: openedAt, until: openedAt + FAST_SILENCE_MAX_MS }, [SEALED])
    expect(ways.lost(openedAt + FAST_SILENCE_MAX_MS)).toEqual([
      { peer: PEER, isSealed: false, reason: 'no probe was answered for 2000 ms' },
    ])
    expect(ways.lossOf(PEER, false)).toBe('no probe was answered for 2000 ms')
    expect(ways.lossOf(PEER, true)).toBeUndefined()
    openIn(ways, openedAt + FAST_SILENCE_MAX_MS, [CLEAR, SEALED])
    expect(ways.lossOf(PEER, false)).toBeUndefined()
  })

  it('are left each by itself when the kernel refuses a question there', () => {
    const ways = watching({ clear: [PEER], sealed: [PEER] })
    const now = openIn(ways, 0, [CLEAR, SEALED]) + 1_000
    const [clear] = ways.due(now)
    ways.refused(PEER, clear!.nonce)
    expect(ways.deadline).toBe(Number.NEGATIVE_INFINITY)
    expect(ways.lost(now)).toMatchObject([{ isSealed: false }])
    expect(ways.open).toMatchObject([{ address: SEALED }])
  })

  it('are forgotten each by itself', () => {
    const ways = watching({ clear: [PEER], sealed: [PEER] })
    ways.forget({ peer: PEER, address: SEALED }, 'gone')
    expect(ways.all).toMatchObject([{ address: CLEAR }])
    expect(ways.lossOf(PEER, true)).toBe('gone')
    ways.forget({ peer: PEER, address: CLEAR }, 'gone too')
    expect(ways.all).toEqual([])
    expect(ways.clearAddressOf(PEER)).toBeUndefined()
  })

  it('that were taken over are open at once, on the way that they are', () => {
    const ways = createWays()
    ways.adopt(PEER, SEALED, 0)
    expect(ways.open).toMatchObject([{ address: SEALED }])
    expect(ways.clearAddressOf(PEER)).toBeUndefined()
    expect(ways.lost(FAST_SILENCE_MAX_MS)).toMatchObject([{ isSealed: true }])
  })

  it('lead to no more peers than a flood may have children, by whatever way', () => {
    const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i)
    const ways = watching({ clear: numbers(1, 200), sealed: numbers(101, FAST_LINKS_MAX) })
    const peers = (isSealed: boolean) =>
      ways.all.filter(({ address, peer }) => (address === tunnelEndOf(peer)) === isSealed)
    expect(new Set(ways.all.map(({ peer }) => peer)).size).toBe(FAST_LINKS_MAX)
    expect(peers(false)).toHaveLength(200)
    expect(peers(true).map(({ peer }) => peer)).toEqual(numbers(101, FAST_LINKS_MAX - 100))
    ways.watch(wanted({ clear: numbers(1, 100), sealed: numbers(201, FAST_LINKS_MAX) }), 0)
    expect(new Set(ways.all.map(({ peer }) => peer)).size).toBe(FAST_LINKS_MAX)
  })

  it('tell a change of cost in the clear only', () => {
    const changed = (silent: IpAddress) => {
      const ways = watching({ clear: [PEER], sealed: [PEER] })
      let now = openIn(ways, 0, [CLEAR, SEALED])
      for (let i = 0; i < 40; i++) {
        now = ways.deadline
        for (const { nonce, to } of ways.due(now)) if (i % 4 > 0 || to !== silent) ways.answered(PEER, nonce, 1, now)
      }
      return ways.takeCostChange()
    }
    expect([changed(CLEAR), changed(SEALED)]).toEqual([true, false])
  })
})

function wanted({ clear, sealed }: Readonly<Record<'clear' | 'sealed', readonly number[]>>): WantedWays {
  return {
    clear: new Map(clear.map(peer => [peer, [addressOf(peer % 250)]])),
    sealed: new Map(sealed.map(peer => [peer, [tunnelEndOf(peer)]])),
  }
}

function watching(peers: Parameters<typeof wanted>[0]): FastWays {
  const ways = createWays()
  ways.watch(wanted(peers), 0)
  return ways
}

/** Answers each question at once from these addresses; returns when all of them are open. */
function openIn(ways: FastWays, start: number, addresses: readonly IpAddress[]): number {
  for (let now = start; now < start + 100_000; now++) {
    answerAt(ways, now, addresses)
    if (addresses.every(address => ways.open.some(link => link.address === address))) return now
  }
  throw new Error('the links did not open')
}

function answerUntil(
  ways: FastWays,
  { from, until }: { readonly from: number; readonly until: number },
  addresses: readonly IpAddress[],
): void {
  for (let now = from; now < until; now++) answerAt(ways, now, addresses)
}

function answerAt(ways: FastWays, now: number, addresses: readonly IpAddress[]): void {
  for (const { peer, nonce, to } of ways.due(now)) if (addresses.includes(to)) ways.answered(peer, nonce, 1, now)
}

function createWays(): FastWays {
  const sleeve = { ask: () => undefined, provedAt: () => Number.NEGATIVE_INFINITY, forget: () => undefined }
  return new FastWays({ nonceOf: counter(), isMutual: () => true, sleeve })
}

function counter(): () => number {
  let last = 0
  return () => ++last
}
