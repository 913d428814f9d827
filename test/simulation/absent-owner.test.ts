import { DEAD_BY_WORD_MS, GRACE_MS } from '../../src/core/ipam/contacts.ts'
import { CONVICT_MS } from '../../src/core/ipam/verdicts.ts'
import type { AddressHost, AddressWorld } from './address-world.ts'
import { claimOf, falseBodyOf, rangesOf } from './false-bodies.ts'
import { startWithLiar } from './hosts-in-contact.ts'

const MINUTE = 60_000
const REFUSED = 'a claim to addresses that another host holds'

describe('a member that claims the space of a host which is down', () => {
  it.each([3, 4, 5, 7])('takes none of it before the host is dead, among %i hosts', count => {
    const { world, owner, liar, others } = startWithLiar(count)
    const lent = borrow(world, owner, others[0] as AddressHost)
    const had = rangesOf(world, owner)
    world.crash(owner)
    world.run(20_000)
    world.publishAs(liar, falseBodyOf({ claims: [...owner.home, lent].map(range => claimOf(range, 17)) }))
    world.run(8 * MINUTE)
    for (const other of others) expect(other.ipam.isAnothers(liar.name, owner.home[0]?.from ?? 0n)).toBe(true)
    world.restart(owner)
    const home = world.allocate(owner, 'first of its own', '10.0.1.0/28')
    world.run(3 * MINUTE)
    expect(world.answers.get(home)).toMatchObject({ kind: 'address' })
    expect(rangesOf(world, owner)).toEqual(expect.arrayContaining([...owner.home]))
    if (count > 4) expect(rangesOf(world, owner)).toEqual(had)
    expect(world.violations).toEqual([])
    expect(world.refusals).toEqual(
      expect.arrayContaining(others.map(other => `${other.name} refused ${liar.name}: ${REFUSED}`)),
    )
  })

  it('gives none of it away either', () => {
    const { world, owner, liar, others } = startWithLiar(5)
    world.crash(owner)
    world.run(20_000)
    const [receiver] = others as [AddressHost]
    const had = rangesOf(world, receiver)
    const grant = { ...owner.home[0]!, receiver: receiver.name, sequence: 900, epoch: 17 }
    world.publishAs(liar, falseBodyOf({ grants: [grant] }))
    world.run(5 * MINUTE)
    expect(rangesOf(world, receiver)).toEqual(had)
  })

  it('takes none of it when it waits until the host comes back', () => {
    const { world, owner, liar } = startWithLiar(5)
    world.crash(owner)
    world.run(2 * MINUTE)
    world.restart(owner)
    world.run(1_000)
    world.publishAs(liar, falseBodyOf({ claims: owner.home.map(range => claimOf(range, 17)) }))
    world.run(3 * CONVICT_MS)
    expect(rangesOf(world, owner)).toEqual(owner.home)
    const ticket = world.allocate(owner, 'c', '10.0.1.0/28')
    world.run(10_000)
    expect(world.answers.get(ticket)).toMatchObject({ kind: 'address' })
  })
})

describe('what an operator says of a host that is down', () => {
  it('is refused while the host may be starting again, with what to do', () => {
    const { world, owner, others } = startWithLiar(3)
    world.crash(owner)
    world.run(30_000)
    expect(takeOver(world, others[0]!, owner)).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(
        /may be starting again: the word of one host counts after 10 minutes out of reach, which is in 5\d\d s; 'npx weave-provision remove HOST --dead'/,
      ),
    })
  })

  it('is refused where too few hosts are in contact', () => {
    const { world, owner, others } = startWithLiar(4)
    world.split(host => (host === others[0] ? 1 : 0))
    world.run(2 * DEAD_BY_WORD_MS)
    expect(takeOver(world, others[0]!, owner)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('3 hosts have to be in contact, of which 1 are'),
    })
  })

  it('is believed by all once it is time, whatever befell them before, and the host yields when it comes back (IPM-10)', () => {
    for (let seed = 1; seed <= 25; seed++) {
      const { world, owner, others } = startWithLiar(5 + (seed % 4), seed)
      const heir = world.random.pick(others)!
      world.crash(owner)
      const saidAt = sufferUntilBelieved(world, { owner, heir })
      expect(saidAt).toBeGreaterThanOrEqual(DEAD_BY_WORD_MS)
      world.run(MINUTE)
      const ticket = world.allocate(heir, 'heir', '10.0.1.0/28')
      world.run(MINUTE)
      expect({ seed, answer: world.answers.get(ticket) }).toMatchObject({ seed, answer: { kind: 'address' } })
      world.restart(owner)
      world.run(5 * MINUTE)
      const { violations, refusals } = world
      expect({ seed, violations, refusals }).toEqual({ seed, violations: [], refusals: [] })
      expect({ seed, ranges: rangesOf(world, owner) }).toEqual({ seed, ranges: [] })
      expect(world.survey().doubled).toBe(0n)
    }
  })
})

describe('a cluster of two hosts of which one is down', () => {
  it('goes by the word of the control machine: either may be the one that is cut off, and each could say it of the other', () => {
    const { world, owner, liar: other } = startWithLiar(2)
    world.crash(owner)
    world.run(2 * GRACE_MS)
    expect(takeOver(world, other, owner)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining(
        "2 hosts have to be in contact, of which 1 are; 'npx weave-provision remove HOST",
      ),
    })
    const own = world.allocate(other, 'own', '10.0.2.0/28')
    world.run(1_000)
    expect(world.answers.get(own)).toMatchObject({ kind: 'address' })
    world.publishManifest([other.name])
    world.run(MINUTE)
    expect(rangesOf(world, other)).toEqual(expect.arrayContaining([...owner.home, ...other.home]))
    const taken = world.allocate(other, 'taken', '10.0.1.0/28')
    world.run(1_000)
    expect(world.answers.get(taken)).toMatchObject({ kind: 'address' })
  })

  it('has each address once when that one is taken back', () => {
    const { world, owner, liar: other } = startWithLiar(2)
    world.crash(owner)
    world.publishManifest([other.name])
    world.run(MINUTE)
    const taken = world.allocate(other, 'taken', '10.0.1.0/28')
    world.publishManifest(world.hosts.keys())
    world.restart(owner)
    world.run(3 * MINUTE)
    const again = world.allocate(owner, 'again', '10.0.1.0/28')
    world.run(MINUTE)
    for (const ticket of [taken, again]) expect(world.answers.get(ticket)).toMatchObject({ kind: 'address' })
    expect(world.survey()).toEqual({ owned: 32n, doubled: 0n })
    expect({ violations: world.violations, errors: world.errors }).toEqual({ violations: [], errors: [] })
  })
})

/** Others start again and are cut off meanwhile. Gives for how long the owner had been down when the heir was believed. */
function sufferUntilBelieved(
  world: AddressWorld,
  { owner, heir }: { readonly owner: AddressHost; readonly heir: AddressHost },
): number {
  const downAt = world.time.now
  for (let round = 0; round < 200; round++) {
    world.run(world.random.between(1_000, MINUTE / 2))
    const other = world.random.pick(world.up)!
    const lot = world.random.next()
    if (lot < 0.05) {
      world.crash(other)
      world.run(world.random.between(0, 20_000))
      world.restart(other)
    } else if (lot < 0.1) {
      world.split(host => (host === other ? 1 : 0))
      world.run(world.random.between(0, MINUTE))
      world.split(() => 0)
    }
    world.run(5_000)
    if (takeOver(world, heir, owner)?.kind === 'taken-over') return world.time.now - downAt
  }
  throw new Error('the heir was never believed')
}

let tickets = 1_000_000

function takeOver(world: AddressWorld, heir: AddressHost, owner: AddressHost) {
  const ticket = ++tickets
  world.tell(heir, { kind: 'take-over', ticket, peer: owner.name })
  return world.answers.get(ticket)
}

/** A part of another's range, had for so long that all know. */
function borrow(world: AddressWorld, host: AddressHost, lender: AddressHost) {
  const [range] = lender.home
  const number = (range!.from >> 8n) & 255n
  world.allocate(host, 'borrowed', `10.0.${number}.0/28`)
  world.run(3 * MINUTE)
  return rangesOf(world, host).find(({ from }) => from >= range!.from)!
}
