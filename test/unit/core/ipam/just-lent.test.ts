import { EPOCH_MAX } from '../../../../src/core/ipam/body.ts'
import { GRACE_MS } from '../../../../src/core/ipam/contacts.ts'
import { parseMemory } from '../../../../src/core/ipam/memory.ts'
import { type Range, rangeOf } from '../../../../src/core/ipam/range.ts'
import { CONVICT_MS } from '../../../../src/core/ipam/verdicts.ts'
import { type AddressHost, AddressWorld, network } from '../../../simulation/address-world.ts'
import { claimOf, falseBodyOf, rangesOf } from '../../../simulation/false-bodies.ts'

const MINUTE = 60_000
const LENDER = '10.0.2.0/28'

describe('a member that lies about addresses which have just been lent', () => {
  it('takes none of what the borrower has for moments only, and is refused by all', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { world, borrower, lender, others, liar } = start(seed)
      const lent = borrow(world, borrower)
      world.publishAs(liar, falseBodyOf({ claims: [claimOf(lent, EPOCH_MAX)] }))
      world.run(2 * CONVICT_MS)
      const honest = [borrower, lender, ...others]
      for (const host of honest) {
        expect({ seed, isTaken: host.ipam.isAnothers(borrower.name, lent.from) }).toEqual({ seed, isTaken: false })
        expect(host.ipam.isAnothers(liar.name, lent.from)).toBe(true)
      }
      expect(new Set(world.refusals.map(text => text.slice(0, nameLength)))).toEqual(
        new Set(honest.map(({ name }) => name)),
      )
      expect({ seed, errors: world.errors, violations: world.violations }).toEqual({ seed, errors: [], violations: [] })
    }
  })

  it('takes none of it while it is on its way', () => {
    const { world, borrower, lender, liar } = start(3)
    const ticket = world.allocate(borrower, 'borrowed', LENDER)
    const lent = waitForGrant(world, lender)
    world.publishAs(liar, falseBodyOf({ claims: [claimOf(lent, EPOCH_MAX)] }))
    world.run(2 * CONVICT_MS)
    expect(world.answers.get(ticket)).toMatchObject({ kind: 'address' })
    expect(rangesOf(world, borrower)).toContainEqual(lent)
    for (const host of [borrower, lender]) expect(host.ipam.isAnothers(liar.name, lent.from)).toBe(true)
  })

  it('gives nobody any of it', () => {
    const { world, borrower, others, liar } = start(3)
    const lent = borrow(world, borrower)
    const [other] = others as [AddressHost]
    const had = rangesOf(world, other)
    world.publishAs(liar, falseBodyOf({ grants: [{ ...lent, receiver: other.name, sequence: 900, epoch: EPOCH_MAX }] }))
    world.run(2 * CONVICT_MS)
    expect(rangesOf(world, other)).toEqual(had)
    expect(rangesOf(world, borrower)).toContainEqual(lent)
  })

  it('takes none of it in the eyes of one that was away when it was lent', () => {
    const { world, borrower, others, liar } = start(3)
    const [away] = others as [AddressHost]
    world.crash(away)
    world.run(10_000)
    const lent = borrow(world, borrower)
    world.restart(away)
    world.run(10_000)
    world.publishAs(liar, falseBodyOf({ claims: [claimOf(lent, EPOCH_MAX)] }))
    world.run(2 * CONVICT_MS)
    expect(away.ipam.isAnothers(borrower.name, lent.from)).toBe(false)
  })
})

describe('space that is lent on at once', () => {
  it('is nobody’s reason to call a host a liar', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { world, borrower, lender, others } = start(seed)
      const hosts = [borrower, ...others, lender]
      for (let round = 0; round < 12; round++) {
        const host = world.random.pick(hosts)!
        world.allocate(host, `c${round}`, LENDER, MINUTE)
        world.run(world.random.between(500, 8_000))
        const former = world.random.pick(hosts)!
        for (const { id } of former.ipam.leases)
          if (world.random.chance(0.6)) world.tell(former, { kind: 'release', id })
      }
      world.run(3 * MINUTE)
      expect({ seed, refusals: world.refusals, errors: world.errors }).toEqual({ seed, refusals: [], errors: [] })
      expect(world.survey()).toEqual({ owned: 96n, doubled: 0n })
    }
  })
})

describe('space whose lender dies moments after', () => {
  it('is inherited when the borrower dies too', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { world, borrower, lender } = start(seed)
      world.allocate(borrower, 'borrowed', LENDER)
      while (borrower.ipam.leases.length === 0) world.run(50)
      world.run(500 * (seed - 1))
      world.crash(lender)
      world.run(2 * GRACE_MS)
      world.crash(borrower)
      world.run(2 * GRACE_MS)
      expect({ seed, ...world.survey() }).toEqual({ seed, owned: 96n, doubled: 0n })
    }
  })
})

const nameLength = '02:00:00:00:00:01'.length

function start(seed: number) {
  const world = new AddressWorld({ seed, universe: '10.0.0.0/16', initial: { kind: 'manifest' } })
  const [borrower, lender, liar, ...others] = Array.from({ length: 6 }, (_, i) =>
    world.add(i + 1, `10.0.${i + 1}.0/28`),
  ) as [AddressHost, AddressHost, AddressHost, ...AddressHost[]]
  world.publishManifest(world.hosts.keys())
  world.run(4 * MINUTE)
  return { world, borrower, lender, others, liar }
}

/** A part of the lender's range, had for a few seconds. */
function borrow(world: AddressWorld, borrower: AddressHost): Range {
  const ticket = world.allocate(borrower, 'borrowed', LENDER)
  world.run(7_000)
  expect(world.answers.get(ticket)).toMatchObject({ kind: 'address' })
  return rangesOf(world, borrower).find(({ from }) => from >= rangeOf(network(LENDER)).from)!
}

function waitForGrant(world: AddressWorld, giver: AddressHost): Range {
  for (let waited = 0; waited < 10_000; waited += 5) {
    world.run(5)
    const memory = parseMemory(giver.stored ?? '')
    const grant = memory.ok ? memory.value.grants[0] : undefined
    if (grant !== undefined) return { from: grant.from, to: grant.to }
  }
  throw new Error(`${giver.name} has given nothing`)
}
