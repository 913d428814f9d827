import { peerNameOf, shortIdOf } from '../../src/core/router/index.ts'
import { GIVE_UP_AFTER_MS } from '../../src/core/router/open-membership.ts'
import { World } from './world.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e']

describe('routers without a manifest', () => {
  it('know each other from one target, and carry frames', () => {
    const world = startChain(NAMES)
    world.run(8000)
    for (const name of NAMES) expect(reachableFrom(world, name)).toEqual(NAMES)
    world.send('a', frame('from a to all'))
    world.run(500)
    for (const name of NAMES.slice(1)) expect(world.host(name).injected).toHaveLength(1)
  })

  it('that begin with the same short id come to different ones, the lowest name keeping it', () => {
    const world = startChain(NAMES, () => 77)
    world.run(20_000)
    const status = NAMES.map(name => world.host(name).router.status(world.now))
    expect(new Set(status.map(({ shortId }) => shortId)).size).toBe(NAMES.length)
    const lowest = [...status].sort((a, b) => (a.name < b.name ? -1 : 1))[0]
    expect(lowest?.shortId).toBe(77)
    for (const name of NAMES) expect(reachableFrom(world, name)).toEqual(NAMES)
    for (const { name, shortId } of status) {
      if (shortId !== 77) expect(Array.from({ length: 9 }, (_, attempt) => shortIdOf(name, attempt))).toContain(shortId)
    }
    world.send('e', frame('after all that'))
    world.run(500)
    for (const name of NAMES.slice(0, -1)) expect(world.host(name).injected.length).toBeGreaterThan(0)
  })

  it('keep the short id that they came to over a restart', () => {
    const world = startChain(['a', 'b'], () => 5)
    world.run(8000)
    const before = ['a', 'b'].map(name => world.host(name).router.status(world.now).shortId)
    for (const name of ['a', 'b']) world.kill(name)
    for (const name of ['a', 'b']) world.restart(name)
    world.run(1000)
    expect(['a', 'b'].map(name => world.host(name).router.status(world.now).shortId)).toEqual(before)
  })

  it('heal a partition in which both sides gave out the same short ids', () => {
    const world = new World({ seed: 5 })
    world.cluster.open(name => (name === 'a' || name === 'c' ? 10 : 20))
    world.define(['a', 'b', 'c', 'd'])
    world.wireAll(['a', 'b', 'c', 'd'])
    for (const x of ['a', 'b']) for (const y of ['c', 'd']) world.cut(x, y)
    for (const name of ['a', 'b', 'c', 'd']) {
      world.start(
        name,
        ['a', 'c'].filter(target => target !== name),
      )
    }
    world.run(8000)
    world.heal()
    world.run(15_000)
    for (const name of ['a', 'b', 'c', 'd']) expect(reachableFrom(world, name)).toEqual(['a', 'b', 'c', 'd'])
  })

  it.each([4, 11, 15, 30])(
    'heal a partition of a minute and %d s, though of some there is nothing but what they said before',
    seconds => {
      const names = ['a', 'b', 'c', 'd', 'e', 'f']
      const world = new World({ seed: 7 })
      world.cluster.open()
      world.define(names)
      for (const [i, name] of names.slice(1).entries()) world.wire(names[i] ?? '', name)
      for (const [i, name] of names.entries()) world.start(name, names.slice(Math.max(0, i - 1), i))
      world.run(8000)
      world.cut('c', 'd')
      world.run(GIVE_UP_AFTER_MS + seconds * 1_000)
      if (seconds === 30)
        expect(['a', 'f'].map(name => [...knownTo(world, name)].sort())).toEqual([names.slice(0, 3), names.slice(3)])
      world.heal()
      world.run(10_000)
      for (const name of names) expect(reachableFrom(world, name)).toEqual(names)
    },
  )

  it('meet though each has heard of another router with the short id of the other', () => {
    const names = ['a', 'b', 'c', 'd']
    const numbers = new Map<string, number>()
    const world = new World({ seed: 4 })
    world.cluster.open(name => numbers.get(name))
    world.define(names)
    // Lower names keep their numbers: those at the ends, which the two in the middle have to yield to.
    const [low = '', second = '', third = '', high = ''] = names.toSorted((a, b) =>
      peerNameOf(world.member(a).publicKey) < peerNameOf(world.member(b).publicKey) ? -1 : 1,
    )
    const chain = [low, third, high, second]
    for (const [i, number] of [1, 3, 1, 3].entries()) numbers.set(chain[i] ?? '', number)
    for (let i = 1; i < chain.length; i++) world.wire(chain[i - 1] ?? '', chain[i] ?? '')
    world.cut(third, high)
    for (const [i, name] of chain.entries()) world.start(name, chain.slice(Math.max(0, i - 1), i))
    world.run(5000)
    expect([third, high].map(name => reachableFrom(world, name))).toEqual([[low, third].sort(), [high, second].sort()])
    world.heal()
    world.run(12_000)
    for (const name of names) expect(reachableFrom(world, name)).toEqual(names)
  })

  it('stay one mesh without the only host that all were told of, whatever the order they came in', () => {
    const names = Array.from({ length: 15 }, (_, i) => `h${i}`)
    const world = new World({ seed: 6 })
    world.cluster.open()
    world.define([...names, 'late'])
    world.wireAll([...names, 'late'])
    // 7 and 15 have no divisor in common: each comes once, the one that all know third.
    const order = names.map((_, i) => names[((i + 13) * 7) % names.length] ?? '')
    for (const name of order) {
      world.start(name, name === 'h0' ? [] : ['h0'])
      world.run(400)
    }
    world.run(8000)
    for (const name of names) expect(reachableFrom(world, name)).toHaveLength(names.length)
    world.kill('h0')
    world.run(10_000)
    const others = names.filter(name => name !== 'h0').sort()
    for (const name of others) expect(reachableFrom(world, name)).toEqual(others)
    world.start('late', ['h5'])
    world.run(3000)
    for (const name of others) expect(reachableFrom(world, name)).toContain('late')
  })

  it('forget a peer that nobody has reached for a minute, and take it back when it returns', () => {
    const world = startChain(NAMES)
    world.run(8000)
    world.kill('e')
    world.run(20_000)
    expect(knownTo(world, 'a')).toContain('e')
    world.run(GIVE_UP_AFTER_MS + 20_000)
    for (const name of NAMES.slice(0, -1)) expect(knownTo(world, name)).not.toContain('e')
    world.run(60_000)
    for (const name of NAMES.slice(0, -1)) expect(knownTo(world, name)).not.toContain('e')
    world.restart('e')
    world.run(10_000)
    for (const name of NAMES) expect(reachableFrom(world, name)).toEqual(NAMES)
  })
})

/** Each dials the one before it. */
function startChain(names: readonly string[], numberOf: (name: string) => number | undefined = () => undefined): World {
  const world = new World({ seed: 9 })
  world.cluster.open(numberOf)
  world.define(names)
  world.wireAll(names)
  for (const [i, name] of names.entries()) world.start(name, names.slice(Math.max(0, i - 1), i))
  return world
}

function reachableFrom(world: World, name: string): readonly string[] {
  const { peers } = world.host(name).router.status(world.now)
  return peers.flatMap(peer => (peer.isReachable ? [peer.nickname] : [])).sort()
}

function knownTo(world: World, name: string): readonly string[] {
  return world
    .host(name)
    .router.status(world.now)
    .peers.map(peer => peer.nickname)
}

function frame(text: string): Uint8Array {
  return Uint8Array.from([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5, ...Buffer.from(text)])
}
