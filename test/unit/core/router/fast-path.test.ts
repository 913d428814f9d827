import { formatIpAddress, ipAddressOfIpv4 } from '../../../../src/base/ip-address.ts'
import { FAST_PROBE_EVERY_MS, FAST_SILENCE_MAX_MS } from '../../../../src/core/mesh/fast-links.ts'
import { emptyFastPathTable, type FastPathTable } from '../../../../src/core/mesh/fast-path-table.ts'
import { tunnelAddressOf } from '../../../../src/core/mesh/tunnel-address.ts'
import { encodeFastNeighbours } from '../../../../src/core/wire/fast-neighbours.ts'
import { addressOf, ipAddress, ipOf, SELF, World } from './fast-path-world.ts'

describe('the keeper of the fast path', () => {
  it('asks neighbours at the addresses that are trusted', () => {
    const world = new World({ neighbours: { 2: ipOf(2), 3: '192.0.2.3', 4: 'fe80::1' } })
    world.keeper.announce(0)
    expect(world.asked(0)).toEqual([{ peer: 2, to: ipOf(2) }])
  })

  it('asks a neighbour that is linked with over IPv6 at its IPv4 address, where that is trusted', () => {
    const world = new World({ neighbours: { 2: '2001:db8::2', 3: '2001:db8::3' }, addresses: { 2: [ipOf(2)] } })
    world.keeper.announce(0)
    expect(world.asked(0)).toEqual([{ peer: 2, to: ipOf(2) }])
  })

  it('asks at IPv6 addresses where they are trusted, and takes frames from there', () => {
    const neighbours = { 2: 'fd00::2', 3: 'fd01::3', 4: 'fe80::4' }
    const world = new World({ neighbours, trusted: ['fd00::/64', 'fe80::/10'], addresses: { 2: ['fd00::22'] } })
    world.says(2, [SELF])
    world.keeper.announce(0)
    expect(world.asked(0)).toEqual([{ peer: 2, to: 'fd00::2' }])
    world.prove(2)
    const table = world.route()
    expect(hopsOf(table)).toEqual({ 2: 'fd00::2' })
    expect([...table.endpoints]).toEqual([
      [ipAddress('fd00::22'), 2],
      [ipAddress('fd00::2'), 2],
    ])
    expect(world.keeper.describe(2)).toMatchObject({
      trusted: ['fd00::/64', 'fe80::/10'],
      links: [{ address: 'fd00::2' }],
    })
  })

  it('asks a neighbour at its addresses of the other family when that of the link does not answer', () => {
    const addresses = { 2: ['fd00::2', '192.0.2.2', ipOf(2)] }
    const world = new World({ neighbours: { 2: 'fd00::2' }, trusted: ['fd00::/64', '10.0.0.0/24'], addresses })
    world.says(2, [SELF])
    world.keeper.announce(0)
    const asked = Array.from({ length: 8 }, (_, i) => world.asked(i * 500).map(({ to }) => to)).flat()
    expect(new Set(asked.slice(0, 6))).toEqual(new Set(['fd00::2']))
    expect(new Set(asked.slice(6))).toEqual(new Set([ipOf(2)]))
    world.prove(2)
    expect(hopsOf(world.route())).toEqual({ 2: ipOf(2) })
  })

  it.each(['0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255', '::', '::1', 'ff02::1', 'fe80::2'])(
    'takes no frames from %s, which is no one host’s, though all networks are trusted',
    ip => {
      const neighbours = { 2: ipOf(2) }
      const world = new World({ neighbours, trusted: ['0.0.0.0/0', '::/0'], addresses: { 2: [ip] } })
      world.keeper.announce(0)
      expect([...world.route().endpoints]).toEqual([[addressOf(2), 2]])
    },
  )

  it('asks peers that have no link, where frames go to them directly', () => {
    const world = new World({ direct: { 3: ipOf(3), 4: '192.0.2.4', 5: undefined } })
    world.keeper.announce(0)
    expect(world.asked(0)).toEqual([{ peer: 3, to: ipOf(3) }])
    world.prove(3)
    world.says(3, [SELF])
    world.direct = {}
    world.keeper.announce(2)
    expect(hopsOf(world.route())).toEqual({ 3: ipOf(3) })
  })

  it('asks inside the tunnel, alone where the address is not trusted, and goes there when both ends have proved it', () => {
    const world = new World({ neighbours: { 2: '192.0.2.2', 3: ipOf(3) }, hasTunnel: true })
    for (const peer of [2, 3]) world.hasDevice(peer, [SELF])
    world.says(3, [SELF])
    world.keeper.announce(0)
    expect(world.asked(0)).toEqual([
      { peer: 3, to: ipOf(3) },
      { peer: 2, to: '169.254.96.2' },
      { peer: 3, to: '169.254.96.3' },
    ])
    for (const peer of [2, 3]) world.prove(peer)
    world.keeper.announce(2)
    expect(world.published).toEqual(encodeFastNeighbours([3]))
    expect(hopsOf(world.route())).toEqual({ 2: '169.254.96.2', 3: ipOf(3) })
    expect(world.keeper.describe(2).links).toMatchObject([
      { peer: 3, isEncrypted: false },
      { peer: 2, isEncrypted: true },
      { peer: 3, isEncrypted: true },
    ])
    world.hasDevice(2, [])
    expect(hopsOf(world.route())).toEqual({ 3: ipOf(3) })
    expect(world.moves.at(-1)).toBe('2 sleeve: host-2 gets no answers from here')
  })

  it('asks no peer inside a tunnel when this router has none', () => {
    const world = new World({ neighbours: { 2: '192.0.2.2' } })
    world.hasDevice(2, [SELF])
    world.keeper.announce(0)
    expect(world.asked(0)).toEqual([])
  })

  it('asks a neighbour at the address of its link though there is a direct path elsewhere', () => {
    const world = new World({ neighbours: { 2: ipOf(2) }, direct: { 2: ipOf(22) } })
    world.keeper.announce(0)
    expect(world.asked(0)).toEqual([{ peer: 2, to: ipOf(2) }])
  })

  it('uses a link that both ends have proved, and no other', () => {
    const world = new World({ neighbours: { 2: ipOf(2), 3: ipOf(3) } })
    world.says(2, [SELF])
    world.keeper.announce(0)
    expect(hopsOf(world.route())).toEqual({})
    for (const peer of [2, 3]) world.prove(peer)
    world.keeper.announce(2)
    expect(world.published).toEqual(encodeFastNeighbours([2, 3]))
    expect(hopsOf(world.route())).toEqual({ 2: ipOf(2) })
    expect(world.moves).toEqual(['2 fastdp: probes are answered'])
  })

  it('goes the way with the fewest hops, over relays where there is no link', () => {
    const world = new World({ neighbours: { 2: ipOf(2), 3: ipOf(3) } })
    world.says(2, [SELF, 3, 4])
    world.says(3, [SELF, 2])
    world.says(4, [2, 5])
    world.says(5, [4])
    world.keeper.announce(0)
    for (const peer of [2, 3]) world.prove(peer)
    expect(hopsOf(world.route())).toEqual({ 2: ipOf(2), 3: ipOf(3), 4: ipOf(2), 5: ipOf(2) })
    expect(world.keeper.describe(2).peers).toContainEqual({ peer: 5, hops: 3, isEncrypted: false })
  })

  it('hands floods to the sleeve while it alone reaches somebody', () => {
    const world = new World({ neighbours: { 2: ipOf(2) }, members: [2, 3] })
    world.says(2, [SELF])
    world.keeper.announce(0)
    world.prove(2)
    expect(world.route()).toMatchObject({ puntsFloods: true, flooded: new Set([2]) })
    world.reachable.delete(3)
    expect(world.route()).toMatchObject({ puntsFloods: false })
    expect(world.route().trees.get(SELF)?.children).toEqual([addressOf(2)])
  })

  it('goes back to the sleeve when a link is silent, and says why', () => {
    const world = new World({ neighbours: { 2: ipOf(2) } })
    world.says(2, [SELF])
    world.keeper.announce(0)
    world.prove(2)
    world.route()
    world.keeper.tend(1 + FAST_SILENCE_MAX_MS)
    expect(world.changes).toContain('at once')
    expect(hopsOf(world.route())).toEqual({})
    expect(world.moves[1]).toBe('2 sleeve: no probe was answered for 2000 ms')
    expect(world.keeper.describe(3000)).toMatchObject({ changes: 2, links: [{ peer: 2, isOpen: false, losses: 1 }] })
  })

  it('says that the other end has lost the link first, when it has', () => {
    const world = new World({ neighbours: { 2: ipOf(2) } })
    world.says(2, [SELF, 3])
    world.says(3, [2])
    world.keeper.announce(0)
    world.prove(2)
    world.route()
    world.says(2, [3])
    expect(hopsOf(world.route())).toEqual({})
    expect(world.moves).toEqual([
      '2 fastdp: probes are answered',
      '3 fastdp: probes are answered on the way over host-2',
      '2 sleeve: host-2 gets no answers from here',
      '3 sleeve: host-2 gets no answers from here',
    ])
  })

  it('says where the way of a relay has ended', () => {
    const world = new World({ neighbours: { 2: ipOf(2) } })
    world.says(2, [SELF, 3])
    world.says(3, [2])
    world.keeper.announce(0)
    world.prove(2)
    world.route()
    world.says(2, [SELF])
    world.route()
    expect(world.moves.at(-1)).toBe('3 sleeve: host-2 has no proved link onward')
    world.says(2, [SELF, 3])
    world.route()
    world.keeper.tend(1 + FAST_SILENCE_MAX_MS)
    world.route()
    expect(world.moves.slice(-2)).toEqual([
      '2 sleeve: no probe was answered for 2000 ms',
      '3 sleeve: no probe was answered for 2000 ms on the way over host-2',
    ])
  })

  it('takes frames from every trusted address of a peer that it asks', () => {
    const world = new World({ neighbours: { 2: ipOf(2) }, addresses: { 2: [ipOf(22), '192.0.2.2'], 3: [ipOf(3)] } })
    world.keeper.announce(0)
    expect([...world.route().endpoints]).toEqual([
      [addressOf(22), 2],
      [addressOf(2), 2],
    ])
  })

  it('takes frames from where the link of a peer leads also while the peer is asked elsewhere', () => {
    const [linked, announced] = ['fd00::2', ipOf(2)]
    const trusted = ['10.0.0.0/24', 'fd00::/64']
    const world = new World({ neighbours: { 2: linked }, addresses: { 2: [announced] }, trusted })
    world.keeper.announce(0)
    const asked = Array.from({ length: 12 }, (_, i) => world.asked(i * FAST_PROBE_EVERY_MS).map(({ to }) => to)).flat()
    expect([asked[0], asked.at(-1)]).toEqual([linked, announced])
    expect(new Map(world.route().endpoints)).toEqual(
      new Map([
        [addressOf(2), 2],
        [ipAddress(linked), 2],
      ]),
    )
  })

  it('leaves what the kernel has as it is until gossip has told all', () => {
    const adopted = { ...emptyFastPathTable(SELF), ...adoptedHop(2) }
    const world = new World({ neighbours: { 2: ipOf(2) }, adopted })
    world.keeper.announce(0)
    expect(hopsOf(world.route())).toEqual({ 2: ipOf(2) })
    expect(world.keeper.deadline).toBeLessThanOrEqual(15_000)
    world.prove(2)
    world.answerUntil(2, 15_001)
    expect(hopsOf(world.route())).toEqual({})
  })

  it('lets go of what the kernel has when it does not lead there any more', () => {
    const world = new World({ adopted: { ...emptyFastPathTable(SELF), ...adoptedHop(2) } })
    world.keeper.tend(FAST_SILENCE_MAX_MS)
    expect(hopsOf(world.route())).toEqual({})
  })

  it('takes over nothing that another router has left', () => {
    const world = new World({ adopted: { ...emptyFastPathTable(9), ...adoptedHop(2) } })
    expect(hopsOf(world.route())).toEqual({})
  })

  it('takes over no way through tunnels when this router has them no more', () => {
    const inside = { ...emptyFastPathTable(SELF), hops: new Map([[2, ipAddressOfIpv4(tunnelAddressOf(2))]]) }
    expect(hopsOf(new World({ adopted: inside }).route())).toEqual({})
    expect(hopsOf(new World({ adopted: inside, hasTunnel: true }).route())).toEqual({ 2: '169.254.96.2' })
  })

  it('forgets who is a member no more', () => {
    const world = new World({ neighbours: { 2: ipOf(2) } })
    world.says(2, [SELF])
    world.keeper.announce(0)
    world.prove(2)
    expect(hopsOf(world.route())).toEqual({ 2: ipOf(2) })
    world.members.delete(2)
    world.keeper.announce(2)
    expect(world.keeper.describe(2).links).toEqual([])
    expect(hopsOf(world.route())).toEqual({})
  })

  it('bears neighbours that are none', () => {
    const world = new World({ neighbours: { 2: ipOf(2) } })
    world.bodies.set(2, Uint8Array.of(1, 2, 3))
    world.keeper.announce(0)
    world.prove(2)
    expect(hopsOf(world.route())).toEqual({})
  })
})

function hopsOf(table: FastPathTable): Readonly<Record<number, string>> {
  return Object.fromEntries([...table.hops].map(([peer, address]) => [peer, formatIpAddress(address)]))
}

function adoptedHop(peer: number) {
  return { hops: new Map([[peer, addressOf(peer)]]), endpoints: new Map([[addressOf(peer), peer]]) }
}
