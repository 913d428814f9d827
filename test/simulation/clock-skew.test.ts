import { NAMED_AGAIN_MS } from '../../src/core/router/peer-clocks.ts'
import { exchangeBroadcasts } from './convergence.ts'
import { World } from './world.ts'

const NAMES = ['a', 'b']
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const YEAR_MS = 365 * 24 * HOUR_MS

/** By whom, of whom, and what. */
type Said = readonly [string, string, string]

describe('a clock that differs from that of a peer', () => {
  it('is named at both ends, and keeps nobody apart', () => {
    const { world, said } = start({ b: YEAR_MS })
    expect(said()).toEqual([
      ['a', 'b', 'the clock of a peer is ahead'],
      ['b', 'a', 'the clock of a peer is behind'],
    ])
    expect(() => exchangeBroadcasts(world, NAMES)).not.toThrow()
  })

  it.each([
    ['behind', -30 * MINUTE_MS, 'ahead'],
    ['ahead', 30 * MINUTE_MS, 'behind'],
  ])('is named where a host joins with one that is %s others that have run for long', (is, aheadMs, others) => {
    const { world, said } = start({}, ['a'])
    world.run(HOUR_MS)
    join(world, 'b', aheadMs)
    expect(said()).toEqual([
      ['a', 'b', `the clock of a peer is ${is}`],
      ['b', 'a', `the clock of a peer is ${others}`],
    ])
  })

  it('is named by a host that starts again beside one that has run with it for long, and that has said so itself', () => {
    const { world, said } = start({ b: 30 * MINUTE_MS })
    expect(said()).toHaveLength(2)
    world.run(HOUR_MS)
    world.kill('a')
    world.run(20_000)
    world.restart('a')
    world.run(5_000)
    expect(said()).toEqual([['a', 'b', 'the clock of a peer is ahead']])
  })

  it('is named by how much it differs, in the log and in the status', () => {
    const { world, logged } = start({ b: 30 * MINUTE_MS })
    expect(logged.map(({ fields }) => fields)).toEqual([
      { peer: world.member('b').shortId, nickname: 'b', bySeconds: 1800 },
      { peer: world.member('a').shortId, nickname: 'a', bySeconds: 1800 },
    ])
    expect(aheadIn(world, 'a', 'b') / MINUTE_MS).toBeCloseTo(30, 1)
    expect(aheadIn(world, 'b', 'a') / MINUTE_MS).toBeCloseTo(-30, 1)
  })

  it('is named once, however long it differs and however often the link is lost', () => {
    const { world, said } = start({ b: HOUR_MS })
    for (let i = 0; i < 4; i++) {
      world.cut('a', 'b')
      world.run(10_000)
      world.heal()
      world.run(NAMED_AGAIN_MS)
    }
    expect(said()).toHaveLength(2)
  })

  it('is named when it comes to differ while the link is up, and again when it agrees', () => {
    const { world, said } = start({})
    expect(said()).toEqual([])
    world.host('b').wallClockAheadMs = -HOUR_MS
    world.run(30_000)
    expect(said()).toEqual([
      ['a', 'b', 'the clock of a peer is behind'],
      ['b', 'a', 'the clock of a peer is ahead'],
    ])
    world.host('b').wallClockAheadMs = 0
    world.run(30_000)
    expect(said().map(([, , message]) => message)).toEqual(Array(2).fill('the clock of a peer agrees again'))
    expect(aheadIn(world, 'a', 'b')).toBeNaN()
  })

  it('is not named when it differs by seconds', () => {
    const { world, said } = start({ b: 40_000 })
    world.run(MINUTE_MS)
    expect(said()).toEqual([])
  })
})

function start(aheadMs: Readonly<Record<string, number>>, names: readonly string[] = NAMES) {
  const logged: { host: string; message: string; fields: { readonly nickname?: unknown } }[] = []
  const world = new World({
    seed: 5,
    heardLog: (host, { message, fields }) => message.includes('clock') && logged.push({ host, message, fields }),
  })
  world.define(NAMES)
  world.wireAll(NAMES)
  for (const name of names) {
    world.start(name, NAMES)
    world.host(name).wallClockAheadMs = aheadMs[name] ?? 0
  }
  world.run(5_000)
  /** Since it was asked last, in the order of names. */
  const said = (): readonly Said[] =>
    logged
      .splice(0)
      .map(({ host, message, fields }): Said => [host, String(fields.nickname), message])
      .sort(([a], [b]) => (a < b ? -1 : 1))
  return { world, logged, said }
}

function join(world: World, name: string, aheadMs: number): void {
  world.start(name, NAMES)
  world.host(name).wallClockAheadMs = aheadMs
  world.run(5_000)
}

function aheadIn(world: World, host: string, peer: string): number {
  const { router } = world.host(host)
  return router.status(world.now).peers.find(({ nickname }) => nickname === peer)?.clockAheadMs ?? Number.NaN
}
