import { formatIpAddress } from '../../../../src/base/ip-address.ts'
import type { FastPathTable } from '../../../../src/core/mesh/fast-path-table.ts'
import { encodeFastNeighbours } from '../../../../src/core/wire/fast-neighbours.ts'
import { ipOf, SELF, World } from './fast-path-world.ts'

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
