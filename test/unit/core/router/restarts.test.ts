import { HALF_LIFE_MS, HOLD_MAX_MS, Restarts, TIMES_FREE } from '../../../../src/core/router/restarts.ts'

const PEER = 7

describe('the starts of a peer', () => {
  it('hold it down for longer each time, once there were more in a row than are free', () => {
    const restarts = new Restarts()
    const holds = Array.from({ length: TIMES_FREE + 6 }, () => {
      restarts.started(PEER, 0)
      return restarts.of(PEER, 0)?.heldUntil
    })
    const free = new Array<undefined>(TIMES_FREE).fill(undefined)
    expect(holds).toEqual([...free, 1_000, 2_000, 4_000, 8_000, HOLD_MAX_MS, HOLD_MAX_MS])
  })

  it('are told when a hold begins, and not again while it lasts', () => {
    const restarts = new Restarts()
    const told = Array.from({ length: TIMES_FREE + 2 }, () => restarts.started(PEER, 0))
    expect(told.filter(Boolean)).toHaveLength(1)
    expect(restarts.of(PEER, HOLD_MAX_MS)).toBeUndefined()
    expect(restarts.started(PEER, HOLD_MAX_MS)).toBe(true)
  })

  it('do not hold it down when they are half a minute apart', () => {
    const restarts = new Restarts()
    for (let i = 0; i < 100; i++) {
      restarts.started(PEER, i * HALF_LIFE_MS)
      expect(restarts.of(PEER, i * HALF_LIFE_MS)).toBeUndefined()
    }
  })

  it('say nothing of other peers, nor of who took over its number', () => {
    const restarts = new Restarts()
    for (let i = 0; i <= TIMES_FREE; i++) restarts.started(PEER, 0)
    expect(restarts.of(PEER + 1, 0)).toBeUndefined()
    restarts.forget(PEER)
    expect(restarts.started(PEER, 0)).toBe(false)
  })
})
