import { NEXT_HOP_HELD_MS } from '../../src/core/mesh/held-routes.ts'
import { converge, exchangeBroadcasts, unicastFrame } from './convergence.ts'
import { World, type WorldOptions } from './world.ts'

const NAMES = ['a', 'b', 'c', 'd']

describe('a router with two ways to a peer that cost the same', () => {
  it('leaves the lost one at once, and goes back to it 10 s later and without a loop', () => {
    const world = startSquare()
    expect(nextHopOf(world, 'a', 'd')).toBe('b')
    world.kill('b')
    world.run(500)
    expect(nextHopOf(world, 'a', 'd')).toBe('c')
    const leftAt = world.now
    world.restart('b')
    world.run(3_000)
    expect(reachedFrom(world, 'a')).toEqual(NAMES)
    expect(nextHopOf(world, 'a', 'd')).toBe('c')
    // All have the same graph by here, though not all the same next hops that they hold.
    world.invariants.isSettled = true
    for (let i = 0; i < 20; i++) {
      for (const [from, to] of [
        ['a', 'd'],
        ['d', 'a'],
        ['b', 'c'],
        ['c', 'b'],
      ] as const)
        talk(world, from, to)
      world.run(100)
    }
    world.run(leftAt + NEXT_HOP_HELD_MS - world.now)
    expect(nextHopOf(world, 'a', 'd')).toBe('b')
    expect(converge(world, NAMES)).toBe(0)
    expect(() => exchangeBroadcasts(world, NAMES)).not.toThrow()
  })

  it('changes ways once in 10 s at most while a relay comes and goes', () => {
    const world = startSquare()
    const taken: (string | undefined)[] = []
    for (let time = 0; time < 30; time++) {
      if (time % 4 === 0) world.kill('b')
      if (time % 4 === 1) world.restart('b')
      world.run(1_000)
      taken.push(nextHopOf(world, 'a', 'd'))
    }
    const changes = taken.filter((hop, i) => i > 0 && hop !== taken[i - 1])
    // It goes eight times. Each 10 s there are one change back, when the hold is over, and one away, when it goes next.
    expect(changes.length).toBeLessThanOrEqual(6)
    expect(taken).toContain('c')
    expect(taken).not.toContain(undefined)
  })
})

describe('what an operator says that a link costs', () => {
  it('moves the ways of all routers, whichever end says it', () => {
    const dear = { seed: 21, linkCosts: { b: { a: 500 } } }
    const [world, costly] = [startSquare(), startSquare(dear)]
    const waysOf = (square: World) =>
      [
        ['a', 'd'],
        ['d', 'a'],
        ['a', 'b'],
        ['b', 'a'],
      ].map(([from = '', to = '']) => nextHopOf(square, from, to))
    expect(waysOf(world)).toEqual(['b', 'b', 'b', 'a'])
    expect(waysOf(costly)).toEqual(['c', 'c', 'c', 'd'])
    expect(() => exchangeBroadcasts(costly, NAMES)).not.toThrow()
  })
})

function startSquare(options: WorldOptions = { seed: 21 }): World {
  const world = new World(options)
  world.define(NAMES)
  for (const end of ['a', 'd']) for (const relay of ['b', 'c']) world.wire(end, relay)
  const manifest = world.cluster.manifest()
  for (const name of NAMES) {
    const others = NAMES.filter(other => other !== name)
    world.start(name, others, manifest)
  }
  world.run(15_000)
  return world
}

function talk(world: World, from: string, to: string): void {
  world.send(from, unicastFrame(world.member(from).shortId, world.member(to).shortId, 'on the way'))
}

function nextHopOf(world: World, from: string, to: string): string | undefined {
  const { peers } = world.host(from).router.status(world.now)
  const nextHop = peers.find(peer => peer.nickname === to)?.nextHop
  return peers.find(peer => peer.name === nextHop)?.nickname
}

function reachedFrom(world: World, name: string): readonly string[] {
  const { peers } = world.host(name).router.status(world.now)
  return peers.flatMap(peer => (peer.isReachable ? [peer.nickname] : []))
}
