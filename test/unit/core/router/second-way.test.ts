import { formatIpAddress } from '../../../../src/base/ip-address.ts'
import { FAST_PROBE_EVERY_MS, FAST_SILENCE_MAX_MS } from '../../../../src/core/mesh/fast-links.ts'
import { emptyFastPathTable, type FastPathTable } from '../../../../src/core/mesh/fast-path-table.ts'
import { tunnelAddressOf, tunnelEndOf } from '../../../../src/core/mesh/tunnel-address.ts'
import { encodeFastNeighbours } from '../../../../src/core/wire/fast-neighbours.ts'
import { decodeTunnelNotice } from '../../../../src/core/wire/tunnel-notice.ts'
import { addressOf, ipOf, SELF, World } from './fast-path-world.ts'

const INSIDE = '169.254.96.2'

describe('a trusted peer with WireGuard', () => {
  it('is reached in the clear while that works, and said to be reached on both ways', () => {
    const world = proved()
    expect(world.published).toEqual(encodeFastNeighbours([2]))
    expect(decodeTunnelNotice(world.notices.get(SELF)!)?.neighbours).toEqual([2])
    const table = world.route()
    expect(hopsOf(table)).toEqual({ 2: ipOf(2) })
    expect(table.trees.get(SELF)?.children).toEqual([addressOf(2)])
    expect(world.tunnels?.peers).toMatchObject([{ address: tunnelAddressOf(2) }])
  })

  it('may send on either way, and in the clear from trusted addresses only', () => {
    const addresses = { 2: ['192.0.2.2', ipOf(22)] }
    expect(proved({ addresses }).route().endpoints).toEqual(
      new Map([
        [addressOf(22), 2],
        [addressOf(2), 2],
        [tunnelEndOf(2), 2],
      ]),
    )
  })

  it('is reached through WireGuard when the clear way is silent, floods too, and in the clear once that answers again', () => {
    const world = proved()
    world.route()
    world.silent.add(ipOf(2))
    answerUntil(world, 2 + FAST_SILENCE_MAX_MS)
    const table = world.route()
    expect(hopsOf(table)).toEqual({ 2: INSIDE })
    expect(table.trees.get(SELF)?.children).toEqual([tunnelEndOf(2)])
    expect(table.trees.get(2)).toEqual({ parent: 2, children: [] })
    expect(table.flooded).toEqual(new Set([2]))
    expect(table.endpoints.get(addressOf(2))).toBe(2)
    world.keeper.announce(3_000)
    expect(world.published).toEqual(encodeFastNeighbours([]))
    world.silent.clear()
    answerUntil(world, 8_000, 3_000)
    expect(hopsOf(world.route())).toEqual({ 2: ipOf(2) })
    expect(world.moves).toEqual([
      '2 fastdp: probes are answered',
      '2 fastdp direct at 10.0.0.2 → through WireGuard: no probe was answered for 2000 ms',
      '2 fastdp through WireGuard → direct at 10.0.0.2: probes are answered',
    ])
    expect(world.keeper.describe(8_000)).toMatchObject({ changes: 1, wayChanges: 2 })
  })

  it('is reached through WireGuard within moments when only the clear way is silent, and tells the others at once', () => {
    const world = proved()
    world.route()
    world.live(3, 2_000)
    world.silent.add(ipOf(2))
    const leftAt = world.live(2_000, 4_000, () => world.keeper.describe(0).links.some(({ isOpen }) => !isOpen))
    expect(leftAt - 2_000).toBeLessThan(FAST_PROBE_EVERY_MS + 250)
    expect(world.changes.at(-1)).toBe('at once')
    world.keeper.announce(leftAt)
    expect(world.published).toEqual(encodeFastNeighbours([]))
    expect(hopsOf(world.route(leftAt))).toEqual({ 2: INSIDE })
    expect(world.moves.at(-1)).toBe(
      '2 fastdp direct at 10.0.0.2 → through WireGuard: probes in a row were not answered, while those through WireGuard were',
    )
  })

  it('takes the sleeve nearly as soon when only that works', () => {
    const world = proved()
    world.route()
    world.live(3, 2_000)
    for (const ip of [ipOf(2), INSIDE]) world.silent.add(ip)
    world.sleeved.add(2)
    const leftAt = world.live(2_000, 4_000, () => world.keeper.describe(0).links.every(({ isOpen }) => !isOpen))
    expect(leftAt - 2_000).toBeLessThan(FAST_PROBE_EVERY_MS + 500)
    expect(hopsOf(world.route(leftAt))).toEqual({})
    expect(world.moves.at(-1)).toBe('2 sleeve: probes in a row were not answered, while those by the sleeve were')
  })

  it('is reached through WireGuard when the clear way takes less than frames of full size', () => {
    const world = proved()
    world.route()
    world.refuse(ipOf(2), FAST_PROBE_EVERY_MS)
    world.keeper.tend(FAST_PROBE_EVERY_MS)
    expect(hopsOf(world.route())).toEqual({ 2: INSIDE })
    expect(world.moves.at(-1)).toBe(
      '2 fastdp direct at 10.0.0.2 → through WireGuard: the path takes less than the largest frames',
    )
    expect(world.keeper.describe(600).peers).toEqual([{ peer: 2, hops: 1, isEncrypted: true }])
  })

  it('is reached through WireGuard when the other end gets no answers in the clear', () => {
    const world = proved()
    world.route()
    world.says(2, [])
    expect(hopsOf(world.route())).toEqual({ 2: INSIDE })
    expect(world.moves.at(-1)).toMatch(/→ through WireGuard: host-2 gets no answers from here$/)
  })

  it('is reached in the clear over a relay before that', () => {
    const world = proved({ neighbours: { 2: ipOf(2), 3: ipOf(3) } })
    world.says(2, [SELF, 3])
    world.says(3, [SELF, 2])
    world.silent.add(ipOf(2))
    answerUntil(world, 2 + FAST_SILENCE_MAX_MS)
    const table = world.route()
    expect(hopsOf(table)).toEqual({ 2: ipOf(3), 3: ipOf(3) })
    expect(table.trees.get(SELF)?.children).toEqual([addressOf(3)])
  })

  it('takes the sleeve when neither works', () => {
    const world = proved()
    world.route()
    for (const ip of [ipOf(2), INSIDE]) world.silent.add(ip)
    answerUntil(world, 2 + FAST_SILENCE_MAX_MS)
    expect(hopsOf(world.route())).toEqual({})
    expect(world.moves.at(-1)).toBe('2 sleeve: no probe was answered for 2000 ms')
  })

  it('is left where it is by a router that has started, until that has heard what the others know', () => {
    const adopted = {
      ...emptyFastPathTable(SELF),
      hops: new Map([[2, addressOf(2)]]),
      endpoints: new Map([[addressOf(2), 2]]),
    }
    const world = new World({ neighbours: { 2: ipOf(2) }, hasTunnel: true, adopted })
    world.hasDevice(2, [SELF])
    world.keeper.announce(0)
    world.live(0, 5_000)
    world.silent.add(ipOf(2))
    world.live(5_000, 6_200)
    expect(hopsOf(world.route(6_200))).toEqual({ 2: ipOf(2) })
    expect(world.keeper.describe(0).links).toMatchObject([{ isOpen: true }, { isOpen: true }])
  })

  it('keeps its tunnel beside what a router that starts has taken over', () => {
    const hops = new Map([[2, addressOf(2)]])
    const endpoints = new Map([
      [addressOf(2), 2],
      [tunnelEndOf(2), 2],
    ])
    const adopted = { ...emptyFastPathTable(SELF), hops, endpoints }
    const world = new World({ neighbours: { 2: ipOf(2) }, hasTunnel: true, adopted })
    world.keeper.announce(0)
    world.route()
    expect(world.tunnels).toMatchObject({ peers: [], kept: [tunnelAddressOf(2)] })
    world.hasDevice(2, [])
    world.keeper.announce(1)
    world.route(1)
    expect(world.tunnels).toMatchObject({ peers: [{ address: tunnelAddressOf(2) }], kept: [] })
    world.answerUntil(2, 15_001)
    world.notices.delete(2)
    world.members.delete(2)
    world.keeper.announce(15_002)
    world.route(15_002)
    expect(world.tunnels).toMatchObject({ peers: [], kept: [] })
  })
})

/** Both ends have proved both ways. */
function proved(setting: Partial<ConstructorParameters<typeof World>[0]> = {}): World {
  const world = new World({ neighbours: { 2: ipOf(2) }, hasTunnel: true, ...setting })
  world.says(2, [SELF])
  world.hasDevice(2, [SELF])
  world.keeper.announce(0)
  for (const peer of [2, 3]) world.prove(peer)
  world.keeper.announce(2)
  return world
}

/** Of all peers, but for addresses that are silent. */
function answerUntil(world: World, until: number, from = 1): void {
  for (let now = from; now <= until; now++) for (const peer of [2, 3]) world.answer(peer, now)
  world.keeper.tend(until)
}

function hopsOf(table: FastPathTable): Readonly<Record<number, string>> {
  return Object.fromEntries([...table.hops].map(([peer, address]) => [peer, formatIpAddress(address)]))
}
