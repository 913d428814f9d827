import { RecordStore } from '../../../../src/core/gossip/record-store.ts'
import { Routes } from '../../../../src/core/mesh/routes.ts'
import { HOLD_MAX_MS, TIMES_FREE } from '../../../../src/core/router/restarts.ts'
import { ABSENCE_MIN_MS, Returns } from '../../../../src/core/router/returns.ts'
import { Topic } from '../../../../src/core/wire/topic.ts'

const PEER = 7
const NONE = new Routes()
const ALL = routesTo(PEER, 8)

describe('the returns of a peer', () => {
  it('have links with it last longer each time before they count, once there were more than are free', () => {
    const { returns } = start()
    const told = Array.from({ length: TIMES_FREE + 3 }, () => goAndCome(returns, 1_000))
    expect(told.map(peers => peers.length)).toEqual([...new Array<number>(TIMES_FREE).fill(0), 1, 0, 0])
    expect(returns.of(PEER, now)?.provesAfterMs).toBeGreaterThan(1_000)
    for (let i = 0; i < 20; i++) goAndCome(returns, 1_000)
    expect(returns.of(PEER, now)?.provesAfterMs).toBe(HOLD_MAX_MS)
    expect(returns.provesAt(PEER, now)).toBe(now + HOLD_MAX_MS)
    expect(returns.provesAt(PEER + 1, now)).toBeUndefined()
  })

  it('are free when they are twenty seconds apart', () => {
    const { returns } = start()
    for (let i = 0; i < 100; i++) expect(goAndCome(returns, 20_000)).toEqual([])
    expect(returns.of(PEER, now)).toBeUndefined()
  })

  it('are as many as its links that ended before they counted, too', () => {
    const { returns } = start()
    for (let i = 0; i <= TIMES_FREE; i++) returns.endedEarly(PEER, now)
    expect(returns.of(PEER, now)).toEqual({ returns: TIMES_FREE + 1, provesAfterMs: 1_000 })
  })

  it('are none when it was out of sight for a moment only', () => {
    const { returns } = start()
    for (let i = 0; i < 3 * TIMES_FREE; i++) goAndCome(returns, ABSENCE_MIN_MS - 1)
    expect(returns.of(PEER, now)).toBeUndefined()
  })

  it('are none when it comes back as another process: that is a start', () => {
    const { returns, record } = start()
    for (let i = 0; i < 3 * TIMES_FREE; i++) {
      returns.routed(ALL, NONE, now)
      record(BigInt(i + 2))
      returns.routed(NONE, ALL, now + 1_000)
    }
    expect(returns.of(PEER, now)).toBeUndefined()
  })

  it('are forgotten with it', () => {
    const { returns } = start()
    for (let i = 0; i <= TIMES_FREE; i++) goAndCome(returns, 1_000)
    returns.forget(PEER)
    expect(returns.of(PEER, now)).toBeUndefined()
  })
})

let now = 0

/** The peer's first return is that of its first process. */
function start() {
  const store = new RecordStore()
  const record = (bootId: bigint) =>
    store.merge({ shortId: PEER, topic: Topic.peer, bootId, version: bootId, bytes: new Uint8Array(0) })
  record(1n)
  return { returns: new Returns(store), record }
}

function goAndCome(returns: Returns, awayMs: number): readonly number[] {
  returns.routed(ALL, NONE, now)
  now += awayMs
  return returns.routed(NONE, ALL, now)
}

function routesTo(...peers: readonly number[]): Routes {
  const routes = new Routes(Math.max(...peers))
  for (const peer of peers) routes.set(peer, { nextHop: peer, hops: 1, cost: 8 })
  return routes
}
