import type { IpamInput } from '../../../../src/core/ipam/api.ts'
import { type AddressHost, AddressWorld, nameOf, network, onNetwork } from '../../../simulation/address-world.ts'

const UNIVERSE = '10.0.0.0/16'
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

let tickets = 0

describe('the addresses of a cluster that has seen many hosts', () => {
  it('move on after one of its routers has lost its disk', () => {
    const { world, hosts } = worldOf(3)
    const [a, b] = [hosts[0]!, hosts[1]!]
    expect(allocate(world, b, '10.0.0.16/28', 4)).toBe(4)
    world.crash(a)
    a.stored = undefined
    world.restart(a)
    world.run(MINUTE)
    expect(allocate(world, b, '10.0.0.16/28', 6)).toBe(6)
    expect(world.survey()).toEqual({ owned: 48n, doubled: 0n })
  })

  it('carry nothing of a host that was removed, whoever has dealt with it', () => {
    const { world, hosts } = worldOf(4)
    const [a, b, c] = [hosts[0]!, hosts[1]!, hosts[2]!]
    expect(claim(world, a, '10.0.0.37/24')).toMatchObject({ kind: 'address' })
    expect(claim(world, b, '10.0.0.21/24')).toMatchObject({ kind: 'address' })
    world.run(MINUTE)
    expect(a.stored).toContain(b.name)
    world.remove(b)
    world.publishManifest(world.hosts.keys())
    world.crash(c)
    world.run(DAY)
    world.restart(c)
    world.run(DAY)
    for (const host of world.up) expect(host.stored).not.toContain(b.name)
    expect(world.survey()).toEqual({ owned: 64n, doubled: 0n })
  })

  it('come back when whom they were given to dies before it has them, and the giver starts again', () => {
    const peers = [nameOf(1), nameOf(2), nameOf(3)]
    const world = new AddressWorld({ seed: 3, universe: UNIVERSE, initial: { kind: 'seed', peers } })
    const [a] = [1, 2, 3].map(number => world.add(number, undefined))
    world.reconnect()
    world.run(MINUTE)
    for (const host of world.up) world.allocate(host, host.name, UNIVERSE)
    world.run(MINUTE)
    const young = world.add(4, undefined)
    world.reconnect()
    world.run(MINUTE)
    world.allocate(young, 'first', '10.0.0.0/24')
    while (!(a!.stored ?? '').includes('"receiver"')) world.run(10)
    world.remove(young)
    world.crash(a!)
    world.run(MINUTE)
    world.restart(a!)
    world.run(DAY)
    expect(world.survey()).toEqual({ owned: 65_536n, doubled: 0n })
  })

  it('are nobody else’s while they move within the range of a host that was replaced', () => {
    const { world, hosts } = worldOf(4)
    const others = hosts.slice(0, 3)
    world.remove(hosts[3]!)
    world.add(0, '10.0.0.64/28')
    world.publishManifest(world.hosts.keys())
    world.run(30_000)
    for (let round = 0; round < 8; round++) {
      for (const host of others) {
        world.allocate(host, `c${round}`, '10.0.0.64/28')
        world.run(7_000)
      }
      for (const host of others) world.tell(host, { kind: 'release', id: `c${round}` })
    }
    expect(world.errors).toEqual([])
    expect(world.violations).toEqual([])
    expect(world.survey()).toEqual({ owned: 64n, doubled: 0n })
  })

  it('are of all ranges that were added, wherever and by whomever', () => {
    const { world, hosts } = worldOf(3)
    const added = network('10.64.0.0/24')
    world.tell(hosts[0]!, { kind: 'add-range', ticket: ++tickets, range: added })
    world.run(5_000)
    world.remove(hosts[0]!)
    world.add(4, '10.0.4.0/28')
    world.publishManifest(world.hosts.keys())
    world.run(30_000)
    for (const host of world.up) expect(allocate(world, host, '10.64.0.0/24', 1)).toBe(1)
    world.restart(hosts[1]!)
    expect(hosts[1]!.ipam.status(world.time.now).universe).toEqual([network(UNIVERSE), added])
    expect(world.violations).toEqual([])
  })

  it('lie side by side as one range, whoever had them', () => {
    const { world, hosts } = worldOf(24)
    for (let first = 0; first < 21; first += 3) {
      for (const host of hosts.slice(first, first + 3)) world.remove(host)
      world.publishManifest(world.hosts.keys())
      world.run(10 * MINUTE)
    }
    expect(world.survey()).toEqual({ owned: 384n, doubled: 0n })
    const claims = world.up.map(({ ipam }) => ipam.status(world.time.now).peers.find(({ isSelf }) => isSelf)!.ranges)
    expect(claims.flat().length).toBeLessThan(7)
  })
})

function worldOf(count: number): { readonly world: AddressWorld; readonly hosts: readonly AddressHost[] } {
  const world = new AddressWorld({ seed: 3, universe: UNIVERSE, initial: { kind: 'manifest' } })
  const hosts = Array.from({ length: count }, (_, i) =>
    world.add(i + 1, `10.0.${(i + 1) >> 4}.${((i + 1) & 15) * 16}/28`),
  )
  world.publishManifest(world.hosts.keys())
  world.run(20_000)
  return { world, hosts }
}

function claim(world: AddressWorld, host: AddressHost, address: string) {
  const input = claimOf(address)
  world.tell(host, input)
  world.run(30_000)
  return world.answers.get(input.ticket)
}

function claimOf(address: string): Extract<IpamInput, { kind: 'claim' }> {
  return { kind: 'claim', ticket: ++tickets, id: `c${tickets}`, address: onNetwork(address), timeoutMs: 20_000 }
}

/** How many of `count` containers get an address of the subnet. */
function allocate(world: AddressWorld, host: AddressHost, subnet: string, count: number): number {
  const given = Array.from({ length: count }, () => world.allocate(host, `c${++tickets}`, subnet))
  world.run(30_000)
  return given.filter(ticket => world.answers.get(ticket)?.kind === 'address').length
}
