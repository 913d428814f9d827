import { World } from './world.ts'

const LARGE_BYTES = 1_390

describe('a chain whose wires take datagrams of different sizes', () => {
  it('measures each path as far as the peer, relays included', () => {
    const world = startChain({ bc: 1_252 })
    exchange(world)
    expect([mtuTo(world, 'a', 'b'), mtuTo(world, 'a', 'c'), mtuTo(world, 'c', 'a')]).toEqual([8_919, 1_198, 1_198])
  })

  it('carries frames that are larger than the narrowest wire', () => {
    const world = startChain({ bc: 1_252 })
    exchange(world)
    expect(arrivals(world, 'a', 'c')).toBe(10)
    expect(world.host('c').forwarder.counters.joinedFromParts).toBe(10)
  })

  it('goes on with frames within 20 s of a wire that takes less all of a sudden and says nothing', () => {
    const world = startChain({ bc: 1_472 })
    exchange(world)
    expect(mtuTo(world, 'a', 'c')).toBe(1_418)
    world.network.limitDatagrams(['b', 'c'], 1_252)
    for (let second = 0; second < 20; second++) arrivals(world, 'a', 'c')
    expect(mtuTo(world, 'a', 'c')).toBe(1_198)
    expect(arrivals(world, 'a', 'c')).toBe(10)
  })

  it('finds the sizes in spite of loss', () => {
    const world = startChain({ bc: 1_252, loss: 0.1 })
    exchange(world)
    world.run(20_000)
    exchange(world)
    expect(mtuTo(world, 'a', 'c')).toBeGreaterThanOrEqual(1_178)
    expect(mtuTo(world, 'a', 'c')).toBeLessThanOrEqual(1_198)
  })
})

function startChain({ bc, loss = 0 }: { bc: number; loss?: number }): World {
  const world = new World({ seed: 11, loss })
  world.define(['a', 'b', 'c'])
  world.wire('a', 'b')
  world.wire('b', 'c')
  world.network.limitDatagrams(['b', 'c'], bc)
  for (const [name, targets] of [
    ['a', ['b']],
    ['b', []],
    ['c', ['b']],
  ] as const)
    world.start(name, targets)
  world.run(5_000)
  return world
}

/** Some small frames, so that addresses are known and the path is wanted. */
function exchange(world: World): void {
  for (let i = 0; i < 10; i++) {
    world.send('a', frame('02:00:00:00:00:0c', '02:00:00:00:00:0a', 100))
    world.send('c', frame('02:00:00:00:00:0a', '02:00:00:00:00:0c', 100))
    world.run(1_000)
  }
}

/** Of ten large frames, in a second. */
function arrivals(world: World, from: string, to: string): number {
  const before = world.host(to).injected.length
  for (let i = 0; i < 10; i++) world.send(from, frame('02:00:00:00:00:0c', '02:00:00:00:00:0a', LARGE_BYTES))
  world.run(1_000)
  return world
    .host(to)
    .injected.slice(before)
    .filter(({ length }) => length === LARGE_BYTES).length
}

function mtuTo(world: World, from: string, to: string): number | undefined {
  const { peers } = world.host(from).router.status(world.now)
  return peers.find(({ nickname }) => nickname === to)?.path?.mtu
}

function frame(destination: string, source: string, length: number): Uint8Array {
  const addresses = [...destination.split(':'), ...source.split(':')].map(octet => Number.parseInt(octet, 16))
  return Uint8Array.from([...addresses, 0x88, 0xb5, ...new Uint8Array(length - 14)])
}
