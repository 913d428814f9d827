import { NEXT_HOP_HELD_MS } from '../../../../src/core/mesh/held-routes.ts'
import { decodeLinkCosts, encodeLinkCosts } from '../../../../src/core/wire/link-costs.ts'
import { addressOf, ipOf, SELF, World } from './fast-path-world.ts'

const FAR_MS = 30

describe('the keeper of the fast path, of links that take long or lose probes', () => {
  it('tells all what they cost, once they do, and tells nobody of links that cost a hop', () => {
    const world = new World({ neighbours: { 2: ipOf(2) } })
    world.keeper.announce(0)
    world.prove(2)
    world.keeper.announce(2)
    expect(world.measured.size).toBe(0)
    world.changes.length = 0
    world.answerUntil(2, 10_000, FAR_MS)
    expect(world.changes).toEqual(['soon'])
    world.keeper.announce(10_000)
    const told = decodeLinkCosts(world.measured.get(SELF)!)
    expect([...told!.keys()]).toEqual([2])
    expect(told!.get(2)).toBeGreaterThan(16)
    expect(world.keeper.describe(10_000).links).toMatchObject([{ peer: 2, cost: told!.get(2), loss: 0 }])
  })

  it('goes by way of the relay whose links cost less, as either end has measured, but for what an operator says', () => {
    const world = square()
    world.keeper.announce(0)
    for (const peer of [2, 3]) world.prove(peer)
    const nextHop = (turn: number) => world.route(turn * NEXT_HOP_HELD_MS).hops.get(4)
    expect(nextHop(0)).toBe(addressOf(2))
    world.measured.set(4, encodeLinkCosts(new Map([[2, 40]])))
    expect(nextHop(1)).toBe(addressOf(3))
    expect(world.route(NEXT_HOP_HELD_MS).trees.get(4)?.parent).toBe(3)
    expect(world.moves.at(-1)).toMatch(/the way before takes longer, or loses more$/)
    world.prices.set(4, { 2: 8 })
    expect(nextHop(2)).toBe(addressOf(2))
    world.measured.set(2, Uint8Array.of(1))
    expect(nextHop(3)).toBe(addressOf(2))
  })

  it('keeps its way for ten seconds, when that costs nearly the same', () => {
    const world = square()
    world.keeper.announce(0)
    for (const peer of [2, 3]) world.prove(peer)
    const cost = (relay: number, cost: number) => world.measured.set(relay, encodeLinkCosts(new Map([[4, cost]])))
    world.route(0)
    cost(2, 12)
    expect(world.route(1).hops.get(4)).toBe(addressOf(3))
    cost(3, 16)
    expect(world.route(2).hops.get(4)).toBe(addressOf(3))
    expect(world.keeper.routesAt).toBe(1 + NEXT_HOP_HELD_MS)
    expect(world.route(1 + NEXT_HOP_HELD_MS).hops.get(4)).toBe(addressOf(2))
  })
})

/** Two relays, one as good as the other, to a peer without a link. */
function square(): World {
  const world = new World({ neighbours: { 2: ipOf(2), 3: ipOf(3) } })
  for (const relay of [2, 3]) world.says(relay, [SELF, 4])
  world.says(4, [2, 3])
  return world
}
