import { decodeAddressBody } from '../../../../src/core/ipam/body.ts'
import { formatMemory, parseMemory } from '../../../../src/core/ipam/memory.ts'
import type { Range } from '../../../../src/core/ipam/range.ts'
import { TOPIC_BODY_BYTES_MAX } from '../../../../src/core/wire/topic-record.ts'
import { type AddressHost, AddressWorld, network } from '../../../simulation/address-world.ts'
import { falseBodyOf, rangesOf } from '../../../simulation/false-bodies.ts'

const MINUTE = 60_000
const MANY = 890

describe('a host that has nearly as many pieces of space as it can tell of', () => {
  it('inherits no more than that, and who has room inherits the rest', () => {
    const { world, hosts } = worldOf(3)
    const [gone, full, other] = hosts as [AddressHost, AddressHost, AddressHost]
    for (const host of [gone, full]) fill(world, host)
    const owned = world.survey().owned
    world.remove(gone)
    world.publishManifest(world.hosts.keys())
    world.run(2 * MINUTE)
    expectReadable(world)
    expect(rangesOf(world, full).length).toBeGreaterThan(MANY + 100)
    expect(rangesOf(world, other).length).toBeGreaterThan(700)
    expect(world.survey()).toEqual({ owned, doubled: 0n })
  })

  it('inherits the rest as soon as there is room, though all have started again meanwhile', () => {
    const { world, hosts } = worldOf(3)
    for (const host of hosts) fill(world, host)
    const owned = world.survey().owned
    world.remove(hosts[0]!)
    world.publishManifest(world.hosts.keys())
    world.run(MINUTE)
    expectReadable(world)
    expect(world.survey().owned).toBeLessThan(owned)
    for (const host of hosts.slice(1)) {
      world.crash(host)
      world.run(5_000)
      world.restart(host)
      world.run(20_000)
    }
    const left = owned - world.survey().owned
    const late = world.add(9, '10.0.9.0/28')
    world.publishManifest(world.hosts.keys())
    world.run(10_000)
    for (let i = 0; i < 4; i++) world.allocate(late, `c${i}`, '10.102.0.0/16', MINUTE)
    world.run(25_000)
    expectReadable(world)
    expect(late.ipam.leases).toHaveLength(4)
    expect(owned + 16n - world.survey().owned).toBe(left - 4n)
    expect(world.survey().doubled).toBe(0n)
    expect(world.violations).toEqual([])
  })

  it('takes nothing of one that leaves that it could not tell of', () => {
    const { world, hosts } = worldOf(3)
    for (const host of hosts.slice(0, 2)) fill(world, host)
    const owned = world.survey().owned
    world.tell(hosts[0]!, { kind: 'leave' })
    world.run(MINUTE)
    expectReadable(world)
    world.remove(hosts[0]!)
    world.publishManifest(world.hosts.keys())
    world.run(MINUTE)
    expectReadable(world)
    expect(world.survey()).toEqual({ owned, doubled: 0n })
  })
})

describe('a member that wants to make another say more than others hear', () => {
  it('gives it pieces that it did not ask for, and it can be heard all the same', () => {
    const { world, hosts } = worldOf(3)
    const [liar, victim] = hosts as [AddressHost, AddressHost]
    const pieces = piecesOf(7, 1_300)
    const grants = pieces.map((range, i) => ({ ...range, receiver: victim.name, sequence: 900 + i, epoch: 1 }))
    world.publishAs(liar, falseBodyOf({ grants }))
    world.run(MINUTE)
    expectReadable(world)
    const ticket = world.allocate(victim, 'c', '10.0.3.0/28')
    world.run(MINUTE)
    expect(world.answers.get(ticket)).toMatchObject({ kind: 'address' })
  })

  it('asks it again and again, and it can be heard all the same', () => {
    const { world, hosts } = worldOf(4)
    const [liar, victim] = hosts as [AddressHost, AddressHost]
    fill(world, victim)
    const wishes = piecesOf(7, 1_400).map((range, i) => ({ ...range, id: 100 + i, donor: victim.name }))
    world.publishAs(liar, falseBodyOf({ wishes }))
    world.run(MINUTE)
    expectReadable(world)
  })
})

describe('a host that had more pieces of space than it can tell of', () => {
  it('gives up the smallest without containers, and says so', () => {
    const { world, hosts } = worldOf(3)
    const [host] = hosts as [AddressHost]
    world.allocate(host, 'c', '10.0.1.0/28')
    world.run(10_000)
    fill(world, host, 1_300)
    expectReadable(world)
    expect(rangesOf(world, host)).toEqual(expect.arrayContaining([...host.home]))
    expect(world.errors).toEqual([
      `${host.name} more pieces of address space than the others can be told of: the smallest are given up`,
    ])
  })
})

function worldOf(count: number): { readonly world: AddressWorld; readonly hosts: readonly AddressHost[] } {
  const world = new AddressWorld({ seed: 5, universe: '10.0.0.0/8', initial: { kind: 'manifest' } })
  const hosts = Array.from({ length: count }, (_, i) => world.add(i + 1, `10.0.${i + 1}.0/28`))
  world.publishManifest(world.hosts.keys())
  world.run(3 * MINUTE)
  return { world, hosts }
}

/** Gives the host pieces that lie apart from each other, as after years of lending. */
function fill(world: AddressWorld, host: AddressHost, count = MANY): void {
  const number = Number((host.home[0]!.from >> 8n) & 255n)
  world.crash(host)
  const memory = parseMemory(host.stored ?? '')
  if (!memory.ok) throw new Error(memory.error)
  const claims = piecesOf(number, count).map(range => ({ ...range, epoch: 1, isSettling: false }))
  host.stored = formatMemory({ ...memory.value, claims: [...memory.value.claims, ...claims] })
  world.restart(host)
  world.run(20_000)
}

/** Every other address of a network of its own. */
function piecesOf(number: number, count: number): readonly Range[] {
  const { network: first } = network(`10.${100 + number}.0.0/16`)
  return Array.from({ length: count }, (_, i) => first + BigInt(2 * i)).map(from => ({ from, to: from }))
}

function expectReadable({ hosts }: AddressWorld): void {
  for (const { name, heard } of hosts.values()) {
    const body = heard.get(name)?.body ?? new Uint8Array(0)
    expect(body.length).toBeLessThanOrEqual(TOPIC_BODY_BYTES_MAX)
    expect(decodeAddressBody(body)).toMatchObject({ ok: true })
  }
}
