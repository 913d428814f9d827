import type { Output } from '../../../../src/core/router/index.ts'
import { RELAYED_PROBE_EVERY_MS, type RelayedWay, RelayedWays } from '../../../../src/core/router/relayed-ways.ts'

const PEER = 2
const OVER_3: RelayedWay = { peer: PEER, way: 'over 3', to: { ip: '10.0.0.3', port: 6783 } }
const OVER_4: RelayedWay = { peer: PEER, way: 'over 4', to: { ip: '10.0.0.4', port: 6783 } }

describe('a way over relays that is in use', () => {
  it('is measured by probes that go all of it, and answers of others are left to these', () => {
    const station = new Station()
    const [probe] = station.tend([OVER_3], 0)
    expect(probe).toMatchObject({ peer: PEER, to: OVER_3.to, probe: { isReply: false, datagramBytes: 64 } })
    expect(station.ways.answered(PEER, 7, { now: 3 })).toBe(false)
    expect(station.ways.qualityTo(PEER)?.roundTripMs).toBeUndefined()
    expect(station.answer(probe, 30)).toBe(true)
    expect(station.ways.qualityTo(PEER)).toMatchObject({ roundTripMs: 30, loss: 0 })
    expect(station.ways.deadline).toBe(30 + RELAYED_PROBE_EVERY_MS)
    expect(station.tend([OVER_3], 1_000)).toEqual([])
  })

  it('has the loss of the probes that were not answered', () => {
    const station = new Station()
    for (let i = 0; i < 40; i++) {
      const now = Math.max(0, station.ways.deadline === Number.POSITIVE_INFINITY ? 0 : station.ways.deadline)
      const [probe] = station.tend([OVER_3], now)
      if (i % 4 > 0) station.answer(probe, now + 10)
    }
    expect(station.ways.qualityTo(PEER)?.loss).toBe(0.25)
  })

  it('is measured anew when it is another, and no more when it is not in use', () => {
    const station = new Station()
    const [probe] = station.tend([OVER_3], 0)
    station.answer(probe, 30)
    const [other] = station.tend([OVER_4], 40)
    expect(other).toMatchObject({ to: OVER_4.to })
    expect(station.answer(probe, 50)).toBe(true)
    expect(station.ways.qualityTo(PEER)?.roundTripMs).toBeUndefined()
    expect(station.tend([], 60)).toEqual([])
    expect(station.ways.qualityTo(PEER)).toBeUndefined()
    expect(station.ways.deadline).toBe(Number.POSITIVE_INFINITY)
  })
})

type ProbeOutput = Extract<Output, { kind: 'probe' }>

class Station {
  readonly ways = new RelayedWays(output => void this.#outputs.push(output))
  readonly #outputs: Output[] = []

  tend(ways: readonly RelayedWay[], now: number): readonly ProbeOutput[] {
    this.ways.tend(ways, now)
    return this.#outputs.splice(0).flatMap(output => (output.kind === 'probe' ? [output] : []))
  }

  answer(probe: ProbeOutput | undefined, now: number): boolean {
    return this.ways.answered(PEER, probe?.probe.sequence ?? 0, { now })
  }
}
