import { readKeyIds, readSource } from '../../src/core/wire/datagram.ts'
import { World } from './world.ts'
import type { WorldOptions } from './world-options.ts'

const MARKER = 'the quick brown fox'

describe('an overlay of simulated routers', () => {
  it('finds all peers from one address and links with each directly', () => {
    const world = startWorld(['a', 'b', 'c', 'd'], () => ['a'])
    world.run(3000)
    for (const host of world.hosts.values()) {
      const status = host.router.status(world.now)
      expect(status.peers.filter(peer => peer.isReachable)).toHaveLength(4)
      expect(status.connections.filter(connection => connection.state === 'established')).toHaveLength(3)
    }
  })

  it('carries frames end to end through relays that cannot read them', () => {
    const world = startChain(['a', 'b', 'c', 'd'])
    world.run(5000)
    world.send('a', frame('ff:ff:ff:ff:ff:ff', '02:00:00:00:00:0a', MARKER))
    world.run(100)
    expect(textsAt(world, 'd')).toEqual([MARKER])
    expect(textsAt(world, 'b')).toEqual([MARKER])
    expect(world.wiretap.some(datagram => Buffer.from(datagram).includes(MARKER))).toBe(false)
    expect(world.host('b').forwarder.counters.relayed).toBeGreaterThan(0)
  })

  it('sends to the one peer behind which an address was seen', () => {
    const world = startChain(['a', 'b', 'c'])
    world.run(5000)
    world.send('c', frame('ff:ff:ff:ff:ff:ff', '02:00:00:00:00:0c', 'here I am'))
    world.run(100)
    world.send('a', frame('02:00:00:00:00:0c', '02:00:00:00:00:0a', MARKER))
    world.run(100)
    expect(textsAt(world, 'c')).toEqual([MARKER])
    expect(textsAt(world, 'b')).toEqual(['here I am'])
  })

  it('shows peers behind a cut as unreachable within 10 s, and carries frames again within 10 s of the heal', () => {
    const world = startChain(['a', 'b', 'c'])
    world.run(5000)
    world.cut('b', 'c')
    world.run(10_000)
    expect(reachableFrom(world, 'a')).toEqual(['a', 'b'])
    expect(reachableFrom(world, 'c')).toEqual(['c'])
    world.run(120_000)
    world.heal()
    world.run(10_000)
    expect(reachableFrom(world, 'a')).toEqual(['a', 'b', 'c'])
    world.send('a', frame('ff:ff:ff:ff:ff:ff', '02:00:00:00:00:0a', MARKER))
    world.run(100)
    expect(textsAt(world, 'c')).toEqual([MARKER])
  })

  it('takes another way when a link of a ring goes', () => {
    const names = ['a', 'b', 'c', 'd']
    const world = startWorld(names, name => names.filter(other => other !== name), [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'd'],
      ['d', 'a'],
    ])
    world.run(5000)
    world.cut('a', 'b')
    world.run(10_000)
    expect(reachableFrom(world, 'a')).toEqual(names)
    world.send('a', frame('ff:ff:ff:ff:ff:ff', '02:00:00:00:00:0a', MARKER))
    world.run(100)
    expect(textsAt(world, 'b')).toEqual([MARKER])
  })

  it('takes a router back that was killed and started again, with fresh keys', () => {
    const world = startChain(['a', 'b', 'c'])
    world.run(5000)
    world.kill('b')
    world.run(1000)
    world.start('b', [])
    world.run(8000)
    world.send('a', frame('ff:ff:ff:ff:ff:ff', '02:00:00:00:00:0a', MARKER))
    world.run(100)
    expect(textsAt(world, 'c')).toEqual([MARKER])
  })

  it('cuts a host off everywhere when a newer manifest no longer names it', () => {
    const world = startWorld(['a', 'b', 'c'], () => ['a'])
    world.run(3000)
    const kept = world.cluster.members.filter(member => member.name !== 'c')
    world.tell('a', { kind: 'manifest', signed: world.cluster.manifest(kept) })
    world.run(5000)
    expect(reachableFrom(world, 'b')).toEqual(['a', 'b'])
    world.send('c', frame('ff:ff:ff:ff:ff:ff', '02:00:00:00:00:0c', MARKER))
    world.run(1000)
    expect(textsAt(world, 'a')).toEqual([])
  })

  it('tells a host that joins with a newer manifest to those that never saw it', () => {
    const world = new World({ seed: 7 })
    world.define(['a', 'b'])
    const before = world.cluster.manifest()
    world.define(['c'])
    world.wireAll(['a', 'b', 'c'])
    world.start('a', ['b'], before)
    world.start('b', ['a'], before)
    world.run(3000)
    world.start('c', ['a'])
    world.run(5000)
    expect(reachableFrom(world, 'b')).toEqual(['a', 'b', 'c'])
  })

  it('keeps frames flowing while keys are replaced', () => {
    const world = startChain(['a', 'b', 'c'])
    world.run(5000)
    for (let minute = 0; minute < 45; minute++) {
      world.run(60_000)
      world.send('a', frame('ff:ff:ff:ff:ff:ff', '02:00:00:00:00:0a', `minute ${minute}`))
    }
    world.run(100)
    expect(textsAt(world, 'c')).toHaveLength(45)
  })

  it('keeps frames flowing while keys are replaced because they have sealed enough', () => {
    const names = ['a', 'b']
    const world = startWorld(names, () => ['a'], undefined, { sealedMax: 700 })
    world.run(5000)
    for (let i = 0; i < 3000; i++) {
      world.send('a', frame('ff:ff:ff:ff:ff:ff', '02:00:00:00:00:0a', `frame ${i}`))
      world.run(20)
    }
    expect(textsAt(world, 'b')).toHaveLength(3000)
    expect(sealingKeysOf(world, 'a')).toBeGreaterThanOrEqual(3)
  })

  it('holds with one datagram in ten lost', () => {
    const world = startWorld(['a', 'b', 'c', 'd', 'e'], () => ['a'], undefined, { loss: 0.1 })
    world.run(60_000)
    for (const name of world.hosts.keys()) expect(reachableFrom(world, name)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('has little to say while nothing happens', () => {
    const world = startWorld(['a', 'b', 'c', 'd'], () => ['a'])
    world.run(5000)
    const before = world.controlBytes
    world.run(60_000)
    const perRouterAndSecond = (world.controlBytes - before) / 4 / 60
    expect(perRouterAndSecond).toBeLessThan(150)
  })

  it('is the same run for the same seed', () => {
    const runs = [1, 2].map(() => {
      const world = startChain(['a', 'b', 'c'])
      world.run(20_000)
      return world.wiretap.map(datagram => Buffer.from(datagram).toString('hex')).join()
    })
    expect(runs[0]).toBe(runs[1])
  })
})

function startWorld(
  names: readonly string[],
  targetsOf: (name: string) => readonly string[],
  wires?: readonly (readonly [string, string])[],
  options: Omit<WorldOptions, 'seed'> = {},
): World {
  const world = new World({ seed: 42, ...options })
  world.define(names)
  if (wires === undefined) world.wireAll(names)
  else for (const [a, b] of wires) world.wire(a, b)
  const manifest = world.cluster.manifest()
  for (const name of names)
    world.start(
      name,
      targetsOf(name).filter(target => target !== name),
      manifest,
    )
  return world
}

function startChain(names: readonly string[]): World {
  const wires = names.slice(1).map((name, i) => [names[i] ?? '', name] as const)
  return startWorld(names, () => [names[0] ?? ''], wires)
}

/** How many keys the host has sealed with, by what could be seen of it on the wire. */
function sealingKeysOf(world: World, name: string): number {
  const own = world.wiretap.filter(datagram => readSource(datagram, 0) === world.member(name).shortId)
  return new Set(own.map(datagram => Math.floor(readKeyIds(datagram, 0) / 0x1_0000))).size
}

function frame(destination: string, source: string, text: string): Uint8Array {
  const octets = [...destination.split(':'), ...source.split(':')].map(pair => Number.parseInt(pair, 16))
  return Uint8Array.from([...octets, 0x88, 0xb5, ...Buffer.from(text)])
}

function textsAt(world: World, name: string): readonly string[] {
  return world.host(name).injected.map(bytes => Buffer.from(bytes.subarray(14)).toString())
}

function reachableFrom(world: World, name: string): readonly string[] {
  const peers = world.host(name).router.status(world.now).peers
  return peers.filter(peer => peer.isReachable).map(peer => peer.nickname)
}
