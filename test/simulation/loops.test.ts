import type { ForwardingTable, Output, RouterMachine } from '../../src/core/router/index.ts'
import { changed, violationOf } from './broken-parts.ts'
import { broadcastFrame } from './convergence.ts'
import { World } from './world.ts'

const CIRCLE = ['a', 'b', 'c']
const NAMES = [...CIRCLE, 'source', 'far']
const FAR = NAMES.indexOf('far') + 1

describe('routers that give frames for a host to each other in a circle', () => {
  it('have each datagram go round once, from wherever it comes', () => {
    const world = startCircle()
    for (const name of ['source', 'a']) world.send(name, broadcastFrame(world.member(name).shortId, 'to all'))
    expect(violationOf(() => world.run(1_000))).toBeUndefined()
    for (const name of ['source', 'b', 'c']) expect(world.host(name).injected.length).toBeGreaterThan(0)
    expect(world.host('far').injected).toEqual([])
    expect(repeatedAt(world)).toEqual([2, 0, 0])
  })

  it('are noticed where all routers should agree', () => {
    const world = startCircle()
    world.invariants.isSettled = true
    world.send('source', broadcastFrame(world.member('source').shortId, 'to all'))
    expect(violationOf(() => world.run(1_000))).toBe('no datagram comes back once all agree')
  })
})

describe('a relay that the network gives each datagram twice', () => {
  it('passes it on once', () => {
    const world = new World({ seed: 3, faults: { duplication: 1 } })
    world.define(['a', 'b', 'c'])
    for (const [one, other] of [
      ['a', 'b'],
      ['b', 'c'],
    ] as const)
      world.wire(one, other)
    startAll(world, ['a', 'b', 'c'])
    world.send('a', broadcastFrame(1, 'to all'))
    world.run(1_000)
    expect(world.host('c').injected).toHaveLength(1)
    expect(world.host('b').forwarder.counters.droppedRepeated).toBeGreaterThan(0)
  })
})

function startCircle(): World {
  const world = new World({ seed: 3, broken: { router: (router, name) => inCircle(router, name) } })
  world.define(NAMES)
  world.wireAll(CIRCLE)
  world.wire('source', 'a')
  world.wire('c', 'far')
  startAll(world, NAMES)
  return world
}

function startAll(world: World, names: readonly string[]): void {
  const manifest = world.cluster.manifest()
  for (const name of names) {
    world.start(
      name,
      names.filter(other => other !== name),
      manifest,
    )
  }
  world.run(8_000)
}

/** Leads to the far host by way of the next in the circle. */
function inCircle(router: RouterMachine, name: string): RouterMachine {
  const at = CIRCLE.indexOf(name)
  if (at < 0) return router
  const nextHop = ((at + 1) % CIRCLE.length) + 1
  const drawn = ({ peers, ...table }: ForwardingTable) => ({
    ...table,
    peers: peers.map(peer => (peer.shortId === FAR ? { ...peer, nextHop } : peer)),
  })
  const drain = (): Output[] =>
    router.drain().map(output => (output.kind === 'forwarding' ? { ...output, table: drawn(output.table) } : output))
  return changed(router, { drain })
}

function repeatedAt(world: World): readonly number[] {
  return CIRCLE.map(name => world.host(name).forwarder.counters.droppedRepeated)
}
