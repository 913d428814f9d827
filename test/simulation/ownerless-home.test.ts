import { EPOCH_MAX } from '../../src/core/ipam/body.ts'
import { countOf } from '../../src/core/ipam/reserve.ts'
import { type AddressHost, type AddressWorld, nameOf } from './address-world.ts'
import { claimOf, falseBodyOf, rangesOf, sayOnlyWhatItLies } from './false-bodies.ts'
import { startWithLiar } from './hosts-in-contact.ts'

const MINUTE = 60_000
const HOME = '10.0.1.0/28'
const HOME_SIZE = 16

describe('a part of a range that a member claimed while its host was down, and then claims no more', () => {
  it.each([3, 4, 5, 8])('is the host’s again an hour later, among %i hosts', count => {
    const { world, owner, liar } = startWithLiar(count)
    const half = { ...owner.home[0]!, to: owner.home[0]!.from + 7n }
    world.crash(owner)
    world.run(11 * MINUTE)
    world.publishAs(liar, falseBodyOf({ claims: [claimOf(half, 17)] }))
    world.run(10_000)
    world.restart(owner)
    world.run(5 * MINUTE)
    expect(sizeOf(world, owner)).toBe(HOME_SIZE / 2)
    dropAll(world, liar)
    world.run(58 * MINUTE)
    expect(sizeOf(world, owner)).toBe(HOME_SIZE / 2)
    world.run(10 * MINUTE)
    expect(rangesOf(world, owner)).toEqual(expect.arrayContaining([half]))
    expect(sizeOf(world, owner)).toBe(HOME_SIZE)
    expect(allocateAll(world, owner)).toBe(HOME_SIZE - 2)
    const { violations, errors } = world
    expect({ violations, errors, doubled: world.survey().doubled }).toEqual({ violations: [], errors: [], doubled: 0n })
  })

  it('waits for another hour when the host is cut off just then', () => {
    const { world, owner, liar } = startWithLiar(5)
    world.crash(owner)
    world.run(11 * MINUTE)
    world.publishAs(liar, falseBodyOf({ claims: [claimOf(owner.home[0]!, 17)] }))
    world.run(10_000)
    world.restart(owner)
    world.run(5 * MINUTE)
    dropAll(world, liar)
    for (let second = 0; second < 70 * 60 && sizeOf(world, owner) === 0; second++) world.run(1_000)
    expect(sizeOf(world, owner)).toBe(HOME_SIZE)
    world.split(host => (host === owner ? 1 : 0))
    world.run(20_000)
    expect(sizeOf(world, owner)).toBe(0)
    world.split(() => 0)
    world.run(55 * MINUTE)
    expect(sizeOf(world, owner)).toBe(0)
    world.run(15 * MINUTE)
    expect(sizeOf(world, owner)).toBe(HOME_SIZE)
  })

  it('is so but for the addresses that containers of a host have which had borrowed them, and was down too', () => {
    const { world, owner, liar, others } = startWithLiar(6)
    const [borrower] = others as [AddressHost]
    const used = borrow(world, borrower, 3)
    world.crash(owner)
    world.crash(borrower)
    world.run(11 * MINUTE)
    world.publishAs(liar, falseBodyOf({ claims: [claimOf(owner.home[0]!, 17)] }))
    world.run(10_000)
    for (const host of [owner, borrower]) world.restart(host)
    world.run(5 * MINUTE)
    expect(sizeOf(world, owner)).toBe(0)
    dropAll(world, liar)
    world.run(80 * MINUTE)
    expect(sizeOf(world, owner)).toBe(HOME_SIZE - used.length)
    expect(borrower.ipam.leases.map(({ address }) => address)).toEqual(used)
    for (const address of used) expect(owner.ipam.isAnothers(owner.name, address)).toBe(true)
    allocateAll(world, owner)
    expect({ violations: world.violations, doubled: world.survey().doubled }).toEqual({ violations: [], doubled: 0n })
  })
})

describe('a member that was never started', () => {
  it('keeps the part waiting, which the status says with its name, until it is removed', () => {
    const { world, owner, liar } = startWithLiar(5)
    const unstarted = nameOf(9)
    world.publishManifest([...world.hosts.keys(), unstarted])
    world.crash(owner)
    world.run(11 * MINUTE)
    world.publishAs(liar, falseBodyOf({ claims: [claimOf(owner.home[0]!, 17)] }))
    world.run(10_000)
    world.restart(owner)
    world.run(5 * MINUTE)
    dropAll(world, liar)
    world.run(50 * MINUTE)
    expect(owner.ipam.status(world.time.now).ownerless).toBeUndefined()
    world.run(60 * MINUTE)
    expect(sizeOf(world, owner)).toBe(0)
    const held = { addresses: BigInt(HOME_SIZE), waitsFor: [unstarted] }
    expect(owner.ipam.status(world.time.now).ownerless).toEqual(held)
    world.publishManifest(world.hosts.keys())
    world.run(10 * MINUTE)
    expect(sizeOf(world, owner)).toBe(HOME_SIZE)
    expect(owner.ipam.status(world.time.now).ownerless).toBeUndefined()
  })
})

describe('a member that is cut off for longer than that, and has borrowed of the range', () => {
  it.each([1, 2, 3, 4])('keeps what it has, though nobody else knows of it any more (seed %i)', seed => {
    const { world, owner, liar, others } = startWithLiar(6, seed)
    const [borrower] = others as [AddressHost]
    borrow(world, borrower, 3)
    const had = rangesOf(world, borrower)
    const lent = had.filter(({ from }) => from <= owner.home[0]!.to && from >= owner.home[0]!.from)
    world.split(host => (host === borrower ? 1 : 0))
    world.crash(owner)
    world.run(11 * MINUTE)
    sayOnlyWhatItLies(world, liar)
    world.publishAs(liar, falseBodyOf({ claims: [claimOf(owner.home[0]!, EPOCH_MAX)] }))
    world.run(10_000)
    world.restart(owner)
    world.run(150 * MINUTE)
    expect(sizeOf(world, owner)).toBe(0)
    dropAll(world, liar)
    world.run(80 * MINUTE)
    expect(sizeOf(world, owner)).toBe(HOME_SIZE - Number(countOf(lent)))
    allocateAll(world, owner)
    world.split(() => 0)
    for (let second = 0; second < 200; second++) {
      for (const host of [owner, borrower]) world.allocate(host, `again${second}`, HOME)
      world.run(1_000)
    }
    expect(rangesOf(world, borrower)).toEqual(expect.arrayContaining([...lent]))
    expect({ violations: world.violations, doubled: world.survey().doubled }).toEqual({ violations: [], doubled: 0n })
  })
})

/** Addresses of the owner's range for containers, had for so long that all know. */
function borrow(world: AddressWorld, host: AddressHost, count: number): readonly bigint[] {
  for (let i = 0; i < count; i++) world.allocate(host, `borrowed${i}`, HOME)
  world.run(3 * MINUTE)
  return host.ipam.leases.map(({ address }) => address)
}

function dropAll(world: AddressWorld, liar: AddressHost): void {
  world.publishAs(liar, falseBodyOf({ serial: 2_000, claims: liar.home.map(range => claimOf(range, 1)) }))
}

/** How many addresses the host gives out of the range. */
function allocateAll(world: AddressWorld, host: AddressHost): number {
  const tickets = Array.from({ length: HOME_SIZE }, (_, i) => world.allocate(host, `all${i}`, HOME))
  world.run(MINUTE)
  return tickets.filter(ticket => world.answers.get(ticket)?.kind === 'address').length
}

/** How much of the owner's range the host has. */
function sizeOf(world: AddressWorld, host: AddressHost): number {
  const [home] = host.home
  const own = rangesOf(world, host).filter(({ from }) => home!.from <= from && from <= home!.to)
  return Number(countOf(own))
}
