import type { PathStatus } from '../../src/core/router/index.ts'
import { broadcastFrame, talk } from './convergence.ts'
import { World } from './world.ts'

const NAMES = ['a', 'b', 'hub']

describe('a direct path that loses much', () => {
  it('is left for a way over a relay that does not, by both ends, and taken again when it is sound', () => {
    const world = startLossy(0.2)
    talk(world, 20_000)
    expect(pathsOf(world)).toMatchObject([{ kind: 'direct' }, { kind: 'direct' }])
    for (const { loss } of pathsOf(world)) expect(loss).toBeGreaterThan(0.1)
    talk(world, 60_000)
    for (const path of pathsOf(world)) {
      expect(path).toMatchObject({
        kind: 'relayed',
        reason: 'the way over links loses less than the direct path',
        loss: 0,
      })
      expect(path.roundTripMs).toBeCloseTo(4, 0)
    }
    const before = injected(world)
    talk(world, 10_000)
    expect(injected(world) - before).toBe(40)
    world.network.heal()
    talk(world, 180_000)
    expect(pathsOf(world)).toMatchObject([
      { kind: 'direct', loss: 0 },
      { kind: 'direct', loss: 0 },
    ])
  })

  it('is kept where the relay loses as much', () => {
    const world = startLossy(0.2)
    for (const end of ['a', 'b'] as const) world.network.lose([end, 'hub'], 0.2)
    talk(world, 120_000)
    expect(pathsOf(world)).toMatchObject([{ kind: 'direct' }, { kind: 'direct' }])
  })
})

/** `a` and `b` have a wire between them, and links with `hub` only. */
function startLossy(loss: number): World {
  const world = new World({ seed: 33, keepsWiretap: false })
  world.define(NAMES)
  for (const end of ['a', 'b'])
    world.underlay.putBehind([end], {
      kind: 'firewall',
      publicIp: `203.0.113.${end === 'a' ? 1 : 2}`,
      mappingTimeoutMs: 30_000,
    })
  world.wireAll(NAMES)
  const manifest = world.cluster.manifest()
  for (const name of NAMES) world.start(name, name === 'hub' ? [] : ['hub'], manifest)
  world.run(3_000)
  for (const name of ['a', 'b']) world.send(name, broadcastFrame(world.member(name).shortId, 'here I am'))
  talk(world, 5_000)
  world.network.lose(['a', 'b'], loss)
  return world
}

function pathsOf(world: World): readonly PathStatus[] {
  return ['a', 'b'].map(name => {
    const { peers } = world.host(name).router.status(world.now)
    return (
      peers.find(peer => peer.nickname === (name === 'a' ? 'b' : 'a'))?.path ?? {
        kind: 'relayed',
        reason: 'unreachable',
      }
    )
  })
}

function injected(world: World): number {
  return world.host('a').injected.length + world.host('b').injected.length
}
