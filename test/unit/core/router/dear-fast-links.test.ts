import { formatIpAddress } from '../../../../src/base/ip-address.ts'
import type { FastPathTable } from '../../../../src/core/mesh/fast-path-table.ts'
import { NEXT_HOP_HELD_MS } from '../../../../src/core/mesh/held-routes.ts'
import { encodeFastNeighbours } from '../../../../src/core/wire/fast-neighbours.ts'
import { addressOf, ipOf, SELF, World } from './fast-path-world.ts'

describe('the keeper of the fast path, where an operator has a way cost more than that over links', () => {
  it('tells nobody of a link to a peer that a way over links is cheaper to, and lets go of it when the other end does not either', () => {
    const world = new World({ neighbours: { 2: ipOf(2), 3: ipOf(3) }, hasTunnel: true })
    world.says(2, [SELF, 3])
    world.says(3, [SELF, 2])
    world.keeper.announce(0)
    for (const peer of [2, 3]) world.prove(peer)
    expect(hopsOf(world.route())).toEqual({ 2: ipOf(2), 3: ipOf(3) })
    world.dear.add(2)
    world.keeper.announce(2)
    expect(world.published).toEqual(encodeFastNeighbours([3]))
    expect(hopsOf(world.route())).toEqual({ 2: ipOf(3), 3: ipOf(3) })
    expect([...world.route().endpoints.values()]).toEqual([2, 3])
    world.says(2, [3])
    world.keeper.announce(3)
    expect([...world.route().endpoints.values()]).toEqual([3])
    expect(world.asked(600)).toEqual([{ peer: 3, to: ipOf(3) }])
    world.says(3, [SELF])
    world.route()
    expect(world.moves.at(-1)).toBe('2 sleeve: host-3 has no proved link onward')
    world.dear.clear()
    world.keeper.announce(601)
    expect(world.asked(602)).toEqual([{ peer: 2, to: ipOf(2) }])
  })

  it('goes by way of the relay whose links cost less, more hops if need be, and so do floods', () => {
    const world = new World({ neighbours: { 2: ipOf(2), 3: ipOf(3) } })
    world.says(2, [SELF, 4])
    world.says(3, [SELF, 5])
    world.says(4, [2, 5])
    world.says(5, [3, 4])
    world.keeper.announce(0)
    for (const peer of [2, 3]) world.prove(peer)
    expect(hopsOf(world.route())).toEqual({ 2: ipOf(2), 3: ipOf(3), 4: ipOf(2), 5: ipOf(3) })
    expect(world.route().trees.get(4)).toEqual({ parent: 2, children: [] })
    world.prices.set(4, { 2: 500 })
    expect(hopsOf(world.route())).toEqual({ 2: ipOf(2), 3: ipOf(3), 4: ipOf(3), 5: ipOf(3) })
    expect(world.route().trees.get(4)).toEqual({ parent: 3, children: [addressOf(2)] })
    expect(world.keeper.describe(2).peers).toContainEqual({ peer: 4, hops: 3, isEncrypted: false })
    expect(world.moves.at(-1)).toBe(
      '4 fastdp by way of host-2 at 10.0.0.2 → by way of host-3 at 10.0.0.3: the way before costs more, as an operator says',
    )
    world.says(5, [3])
    expect(hopsOf(world.route())).toEqual({ 2: ipOf(2), 3: ipOf(3), 4: ipOf(2), 5: ipOf(3) })
  })

  it('takes the price of either end, its own too, and the higher one of both', () => {
    const world = new World({ neighbours: { 2: ipOf(2), 3: ipOf(3) } })
    for (const relay of [2, 3]) world.says(relay, [SELF, 4])
    world.says(4, [2, 3])
    world.keeper.announce(0)
    for (const peer of [2, 3]) world.prove(peer)
    const nextHop = (turn: number) => hopsOf(world.route(turn * NEXT_HOP_HELD_MS))[4]
    expect(nextHop(0)).toBe(ipOf(2))
    world.prices.set(SELF, { 2: 9 })
    expect(nextHop(1)).toBe(ipOf(3))
    world.prices.set(3, { 4: 30 })
    expect(nextHop(2)).toBe(ipOf(2))
    world.prices.set(2, { [SELF]: 40 })
    expect(nextHop(3)).toBe(ipOf(3))
    expect(world.moves.at(-1)).toMatch(/the way before costs more, as an operator says$/)
    world.prices.clear()
    expect(nextHop(4)).toBe(ipOf(2))
    expect(world.moves.at(-1)).toMatch(/answered on the way over host-2$/)
  })

  it('asks no peer that a way over links is cheaper to, in a tunnel or not', () => {
    const world = new World({ neighbours: { 2: ipOf(2), 3: '192.0.2.3' }, hasTunnel: true })
    world.hasDevice(3, [SELF])
    for (const peer of [2, 3]) world.dear.add(peer)
    world.keeper.announce(0)
    expect(world.asked(0)).toEqual([])
  })
})

function hopsOf(table: FastPathTable): Readonly<Record<number, string>> {
  return Object.fromEntries([...table.hops].map(([peer, address]) => [peer, formatIpAddress(address)]))
}
