import type { PeerStatus } from '../../src/core/router/index.ts'
import { broadcastFrame, unicastFrame } from './convergence.ts'
import { World, type WorldOptions } from './world.ts'

const NAMES = Array.from({ length: 16 }, (_, i) => `h${i + 1}`)
/** Behind a line that costs 500, but for the one with h2. */
const METERED = 'h16'
const DEAR = NAMES.filter(name => name !== METERED && name !== 'h2')

const PRICES: readonly (readonly [string, NonNullable<WorldOptions['linkCosts']>])[] = [
  ['its own operator says', { [METERED]: Object.fromEntries(DEAR.map(name => [name, 500])) }],
  ['those of all others say', Object.fromEntries(DEAR.map(name => [name, { [METERED]: 500 }]))],
]

describe.each(PRICES)('a host behind a line that costs more than the way over another, as %s', (_, linkCosts) => {
  it('is reached over that one by all, links or not, and its frames go that way too', () => {
    const world = startWith(linkCosts)
    talk(world, 10_000)
    const straight = DEAR.flatMap(name => {
      const [there, back] = [peerOf(world, name, METERED), peerOf(world, METERED, name)]
      return there.path?.kind === 'relayed' && back.path?.kind === 'relayed' ? [] : [name]
    })
    expect(straight).toEqual([])
    expect(peerOf(world, 'h2', METERED)).toMatchObject({ cost: 8, hops: 1, path: { kind: 'direct' } })
    const farOff = DEAR.filter(name => !hasLink(world, METERED, name))
    expect(farOff.length).toBeGreaterThan(0)
    for (const name of farOff) expect(peerOf(world, name, METERED).path?.reason).toMatch(/way over links is cheaper/)
    const before = relayedBy(world, 'h2')
    talk(world, 2_000)
    // Of each end to each: four frames, a probe of the way, and an answer to the other's.
    expect(relayedBy(world, 'h2') - before).toBe((4 + 1 + 1) * 2 * DEAR.length)
  })

  it('is reached straight while that other is down, and no longer', () => {
    const world = startWith(linkCosts)
    talk(world, 3_000)
    world.kill('h2')
    talk(world, 15_000)
    const kinds = () => new Set(DEAR.map(name => peerOf(world, name, METERED).path?.kind))
    expect(kinds()).toEqual(new Set(['direct']))
    world.restart('h2')
    talk(world, 25_000)
    expect(kinds()).toEqual(new Set(['relayed']))
  })
})

function startWith(linkCosts: NonNullable<WorldOptions['linkCosts']>): World {
  const world = new World({ seed: 33, keepsWiretap: false, linkCosts })
  world.define(NAMES)
  world.wireAll(NAMES)
  const manifest = world.cluster.manifest()
  for (const name of NAMES) world.start(name, [name === 'h1' ? 'h3' : 'h1'], manifest)
  world.run(10_000)
  for (const name of NAMES) world.send(name, broadcastFrame(world.member(name).shortId, 'here I am'))
  world.run(500)
  return world
}

/** All that the line is dear to, with the host behind it, and it with them. */
function talk(world: World, forMs: number): void {
  const end = world.member(METERED).shortId
  for (let passed = 0; passed < forMs; passed += 500) {
    for (const name of DEAR) {
      world.send(name, unicastFrame(world.member(name).shortId, end, 'there'))
      world.send(METERED, unicastFrame(end, world.member(name).shortId, 'back'))
    }
    world.run(500)
  }
}

function peerOf(world: World, from: string, to: string): PeerStatus {
  const found = world
    .host(from)
    .router.status(world.now)
    .peers.find(peer => peer.nickname === to)
  if (found === undefined) throw new Error(`${from} does not know ${to}`)
  return found
}

function hasLink(world: World, from: string, to: string): boolean {
  const { connections } = world.host(from).router.status(world.now)
  return connections.some(({ peer, info }) => peer?.nickname === to && !info.includes('without a link'))
}

function relayedBy(world: World, name: string): number {
  return world.host(name).forwarder.counters.relayed
}
