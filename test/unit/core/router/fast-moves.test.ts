import { NEXT_HOP_HELD_MS } from '../../../../src/core/mesh/held-routes.ts'
import { addressOf, ipAddress, ipOf, SELF, World } from './fast-path-world.ts'

describe('peers on the fast path', () => {
  it('says each change of way on the fast path, and why, and counts it', () => {
    const world = new World({ neighbours: { 2: ipOf(2), 3: ipOf(3), 4: ipOf(4) } })
    world.says(2, [SELF, 4])
    world.says(3, [SELF, 4])
    world.says(4, [SELF, 2, 3])
    world.keeper.announce(0)
    for (const peer of [3, 2]) world.prove(peer)
    world.route()
    world.moves.length = 0
    world.says(2, [SELF])
    expect(world.route().hops.get(4)).toBe(addressOf(3))
    world.says(2, [SELF, 4])
    expect(world.route(NEXT_HOP_HELD_MS - 1).hops.get(4)).toBe(addressOf(3))
    expect(world.keeper.routesAt).toBe(NEXT_HOP_HELD_MS)
    expect(world.route(NEXT_HOP_HELD_MS).hops.get(4)).toBe(addressOf(2))
    world.prove(4)
    expect(world.route(2 * NEXT_HOP_HELD_MS).hops.get(4)).toBe(addressOf(4))
    world.says(4, [2, 3])
    world.route(2 * NEXT_HOP_HELD_MS)
    world.route(2 * NEXT_HOP_HELD_MS)
    const [direct, over2, over3] = [
      'direct at 10.0.0.4',
      'by way of host-2 at 10.0.0.2',
      'by way of host-3 at 10.0.0.3',
    ]
    expect(world.moves).toEqual([
      `4 fastdp ${over2} → ${over3}: host-2 has no proved link onward`,
      `4 fastdp ${over3} → ${over2}: this way is as short`,
      `4 fastdp ${over2} → ${direct}: probes are answered`,
      `4 fastdp ${direct} → ${over2}: host-4 gets no answers from here`,
    ])
    expect(world.keeper.describe(2)).toMatchObject({ changes: 3, wayChanges: 4 })
  })

  it('says a change from the tunnel to a relay of trusted networks', () => {
    const world = new World({ neighbours: { 2: ipOf(2), 3: '192.0.2.3' }, hasTunnel: true })
    for (const peer of [2, 3]) world.hasDevice(peer, [SELF])
    world.says(2, [SELF])
    world.keeper.announce(0)
    for (const peer of [2, 3]) world.prove(peer)
    expect(world.route().hops.get(3)).toBe(ipAddress('169.254.96.3'))
    world.says(2, [SELF, 3])
    world.says(3, [2])
    expect(world.route().hops.get(3)).toBe(addressOf(2))
    world.says(3, [])
    world.route()
    expect(world.moves.slice(2)).toEqual([
      '3 fastdp through WireGuard → by way of host-2 at 10.0.0.2: probes are answered on the way over host-2',
      '3 fastdp by way of host-2 at 10.0.0.2 → through WireGuard: host-2 has no proved link onward',
    ])
  })
})
