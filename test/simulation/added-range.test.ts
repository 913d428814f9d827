import { EPOCH_MAX } from '../../src/core/ipam/body.ts'
import { intersect, type Range, rangeOf } from '../../src/core/ipam/range.ts'
import { countOf } from '../../src/core/ipam/reserve.ts'
import { type AddressHost, type AddressWorld, network, onNetwork } from './address-world.ts'
import { claimOf, falseBodyOf, rangesOf, sayOnlyWhatItLies } from './false-bodies.ts'
import { startWithLiar } from './hosts-in-contact.ts'
import { World } from './world.ts'

const MINUTE = 60_000
const ADDED = '10.9.0.0/16'
/** The homes are of /28 in a /16, and so are the shares. */
const SHARE_SIZE = 16
const REFUSED = 'a claim to addresses that another host holds'

describe('a range that the manifest adds', () => {
  it('is shared by the numbers of the hosts, and each uses its share at once', () => {
    const { world, owner, liar, others } = startWithLiar(5)
    add(world)
    world.run(10_000)
    for (const host of [owner, liar, ...others]) {
      expect(inAdded(world, host)).toEqual([shareOf(host)])
      const ticket = world.allocate(host, 'c', ADDED)
      world.run(100)
      expect(world.answers.get(ticket)).toMatchObject({ kind: 'address' })
    }
    expectNoHarm(world)
  })

  it('is lent between them when one needs more, and stays with who borrowed it', () => {
    const { world, owner } = startWithLiar(5)
    add(world)
    world.run(10_000)
    const tickets = Array.from({ length: 3 * SHARE_SIZE }, (_, i) => world.allocate(owner, `c${i}`, ADDED, MINUTE))
    world.run(5 * MINUTE)
    expect(tickets.map(ticket => world.answers.get(ticket)?.kind)).toEqual(new Array(tickets.length).fill('address'))
    expectNoHarm(world)
    expect(world.refusals).toEqual([])
  })

  it('is taken by nobody where no host has the number', () => {
    const { world, owner } = startWithLiar(5)
    add(world)
    world.run(MINUTE)
    const address = onNetwork('10.9.200.1/16')
    world.tell(owner, { kind: 'claim', ticket: 9_000, id: 'c', address, timeoutMs: MINUTE })
    world.run(MINUTE)
    expect(world.answers.get(9_000)).toMatchObject({ reason: 'address 10.9.200.1 is in the share of no host' })
  })

  it('comes to a host that joins later, or was away then', () => {
    const { world, owner, others } = startWithLiar(5)
    world.crash(owner)
    world.run(20 * MINUTE)
    add(world)
    world.run(2 * 60 * MINUTE)
    const newcomer = world.add(9, '10.0.9.0/28')
    world.publishManifest(world.hosts.keys())
    world.restart(owner)
    world.run(MINUTE)
    for (const host of [owner, newcomer, ...others]) expect(inAdded(world, host)).toEqual([shareOf(host)])
    expectNoHarm(world)
    expect(world.refusals).toEqual([])
  })

  it.each([1, 2, 3, 4])('comes to a host that was taken for dead, and nobody is refused for it (seed %i)', seed => {
    const { world, owner } = startWithLiar(6, seed)
    world.crash(owner)
    world.run(20 * MINUTE)
    add(world)
    world.run(65 * MINUTE)
    world.restart(owner)
    world.run(2 * MINUTE)
    expect(inAdded(world, owner)).toEqual([shareOf(owner)])
    expectNoHarm(world)
    expect(world.refusals).toEqual([])
  })

  it('takes nothing of what hosts have in their former ranges, given away or not', () => {
    const { world, owner, others } = startWithLiar(5)
    const [borrower] = others as [AddressHost]
    for (let i = 0; i < 3; i++) world.allocate(borrower, `b${i}`, '10.0.1.0/28')
    world.run(3 * MINUTE)
    const had = rangesOf(world, owner)
    add(world)
    world.run(MINUTE)
    expect(rangesOf(world, owner)).toEqual([...had, shareOf(owner)])
    expectNoHarm(world)
  })
})

describe('a member that claims all of a range that the manifest adds', () => {
  it.each([3, 4, 5, 8].flatMap(count => [1, 2, 3].map(seed => ({ count, seed }))))(
    'has its own share of it and no more, among $count hosts (seed $seed)',
    ({ count, seed }) => {
      const { world, owner, liar, others } = startWithLiar(count, seed)
      if (seed === 1) claimAll(world, liar)
      if (seed === 2) world.run(1_000)
      add(world)
      if (seed !== 1) world.run(seed === 2 ? 0 : 1_500)
      claimAll(world, liar)
      world.run(MINUTE)
      for (const host of [owner, ...others]) {
        expect(inAdded(world, host)).toEqual([shareOf(host)])
        const ticket = world.allocate(host, 'c', ADDED)
        world.run(100)
        expect(world.answers.get(ticket)).toMatchObject({ kind: 'address' })
      }
      expect(world.refusals).toEqual(
        expect.arrayContaining(others.map(other => `${other.name} refused ${liar.name}: ${REFUSED}`)),
      )
      expect(world.violations).toEqual([])
    },
  )

  it('takes nothing of a host either that is down meanwhile, for however long', () => {
    const { world, owner, liar, others } = startWithLiar(6)
    world.crash(owner)
    world.run(20 * MINUTE)
    add(world)
    claimAll(world, liar)
    world.run(3 * 60 * MINUTE)
    for (const host of others) expect(host.ipam.isAnothers(liar.name, shareOf(owner).from)).toBe(false)
    world.restart(owner)
    world.run(MINUTE)
    expect(inAdded(world, owner)).toEqual([shareOf(owner)])
    const ticket = world.allocate(owner, 'c', ADDED)
    world.run(100)
    expect(world.answers.get(ticket)).toMatchObject({ kind: 'address' })
    expect(world.violations).toEqual([])
  })

  it('has no more of it by adding the range itself just before', () => {
    const { world, owner, liar, others } = startWithLiar(5)
    sayOnlyWhatItLies(world, liar)
    world.publishAs(liar, falseBodyOf({ claims: [claimOf(all(), EPOCH_MAX)], ranges: [network(ADDED)] }))
    world.run(1_000)
    add(world)
    world.run(MINUTE)
    for (const host of [owner, ...others]) expect(inAdded(world, host)).toEqual([shareOf(host)])
  })

  it('gives none of it away', () => {
    const { world, owner, liar, others } = startWithLiar(5)
    const [receiver] = others as [AddressHost]
    add(world)
    sayOnlyWhatItLies(world, liar)
    const grant = { ...shareOf(owner), receiver: receiver.name, sequence: 900, epoch: 17 }
    world.publishAs(liar, falseBodyOf({ grants: [grant] }))
    world.run(MINUTE)
    expect(inAdded(world, receiver)).toEqual([shareOf(receiver)])
    expect(inAdded(world, owner)).toEqual([shareOf(owner)])
  })
})

describe('a range that was added by a host before the manifest adds it', () => {
  it('stays with those who have held it for long, and goes on being lent', () => {
    const { world, owner, liar, others } = startWithLiar(5)
    world.tell(owner, { kind: 'add-range', ticket: 9_000, range: network(ADDED) })
    world.allocate(owner, 'early', ADDED)
    world.run(5 * MINUTE)
    const had = inAdded(world, owner)
    expect(countOf(had)).toBe(65_536n)
    add(world)
    world.run(5 * MINUTE)
    expect(inAdded(world, owner)).toEqual(had)
    for (const host of [liar, ...others]) {
      const ticket = world.allocate(host, 'c', ADDED)
      world.run(10_000)
      expect(world.answers.get(ticket)).toMatchObject({ kind: 'address' })
    }
    expectNoHarm(world)
    expect(world.refusals).toEqual([])
  })
})

describe('routers that hear of a manifest with an added range', () => {
  it('hand out addresses of their shares, without a restart', () => {
    const answers = new Map<string, unknown>()
    const world = new World({
      seed: 41,
      hasTopics: true,
      answered: (host, { answer }) => answers.set(host.name, answer),
    })
    const names = ['a', 'b', 'c']
    world.define(names)
    world.wireAll(names)
    const signed = world.cluster.manifest()
    for (const name of names)
      world.start(
        name,
        names.filter(other => other !== name),
        signed,
      )
    world.run(5_000)
    world.cluster.addedRanges = [ADDED]
    world.tell('a', { kind: 'manifest', signed: world.cluster.manifest() })
    world.run(10_000)
    for (const [i, name] of names.entries()) {
      const subnet = network(`10.9.${i + 1}.0/24`)
      world.tell(name, { kind: 'addresses', input: { kind: 'allocate', ticket: i, id: 'c', subnet, timeoutMs: 5_000 } })
      world.run(100)
      expect(answers.get(name)).toMatchObject({ lease: { address: subnet.network + 1n } })
    }
  })
})

function add(world: AddressWorld): void {
  world.addedRanges = [ADDED]
  world.reconnect()
}

function claimAll(world: AddressWorld, liar: AddressHost): void {
  sayOnlyWhatItLies(world, liar)
  world.publishAs(liar, falseBodyOf({ claims: [...liar.home, all()].map(range => claimOf(range, EPOCH_MAX)) }))
}

function all(): Range {
  return rangeOf(network(ADDED))
}

/** Homes are 10.0.N.0/28, so N cuts of 16 addresses lie before the share of host N. */
function shareOf(host: AddressHost): Range {
  const number = BigInt(Number.parseInt(host.name.slice(-2), 16))
  const from = all().from + number * BigInt(SHARE_SIZE)
  return { from, to: from + BigInt(SHARE_SIZE) - 1n }
}

function inAdded(world: AddressWorld, host: AddressHost): readonly Range[] {
  return rangesOf(world, host).flatMap(range => intersect(range, all()) ?? [])
}

function expectNoHarm(world: AddressWorld): void {
  const { violations, errors } = world
  expect({ violations, errors, doubled: world.survey().doubled }).toEqual({ violations: [], errors: [], doubled: 0n })
}
