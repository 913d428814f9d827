import { EPOCH_MAX } from '../../src/core/ipam/body.ts'
import { intersect, type Range, rangeOf } from '../../src/core/ipam/range.ts'
import { type AddressHost, type AddressWorld, network, onNetwork } from './address-world.ts'
import { claimOf, falseBodyOf, rangesOf, sayOnlyWhatItLies } from './false-bodies.ts'
import { startWithLiar } from './hosts-in-contact.ts'

const MINUTE = 60_000
const ADDED = '10.9.0.0/16'
/** Of the owner, as homes are of /28 in a /16. */
const SHARE = '10.9.0.16/28'
/** Usable ones among 16. */
const ADDRESSES = 14

describe('a share of an added range, of a host that was down when the manifest came', () => {
  it.each(
    [
      { what: 'claims it', lie: claimAll },
      { what: 'gives it to another', lie: giveAway },
    ].flatMap(({ what, lie }) => [
      { what, lie, how: 'started again, one after the other', shake: restartEach },
      { what, lie, how: 'started again, all at once', shake: restartAll },
      { what, lie, how: 'been cut off from each other', shake: splitAll },
    ]),
  )('stays its own though a member $what once all have $how', ({ lie, shake }) => {
    const { world, owner, liar, others } = startAway()
    shake(world, others)
    world.run(3 * MINUTE)
    lie(world, { owner, liar, others })
    world.run(10 * MINUTE)
    expectItsOwn(world, { owner, others })
  })

  it('stays its own though a member gives it to one that has only just started again', () => {
    const { world, owner, liar, others } = startAway()
    const [receiver] = others as [AddressHost]
    world.crash(receiver)
    giveAway(world, { owner, liar, others })
    world.restart(receiver)
    world.run(10 * MINUTE)
    expectItsOwn(world, { owner, others })
  })

  it('is what it has made of it, for a host that was down meanwhile too', () => {
    const { world, owner, others } = startAway()
    const [borrower, sleeper, ...rest] = others as [AddressHost, AddressHost, ...AddressHost[]]
    world.crash(sleeper)
    world.run(MINUTE)
    world.restart(owner)
    world.run(10_000)
    const address = onNetwork('10.9.0.17/16')
    world.tell(borrower, { kind: 'claim', ticket: 9_000, id: 'c', address, timeoutMs: MINUTE })
    world.run(20_000)
    expect(world.answers.get(9_000)).toMatchObject({ kind: 'address' })
    world.crash(owner)
    world.restart(sleeper)
    world.run(5 * MINUTE)
    for (const host of [sleeper, ...rest]) expect(host.ipam.isAnothers(host.name, address.address)).toBe(true)
    const { refusals, violations, errors } = world
    expect({ refusals, violations, errors }).toEqual({ refusals: [], violations: [], errors: [] })
  })

  it('is that of others once it has given all of it away, for a host that was down meanwhile too', () => {
    const { world, owner, others } = startAway()
    const [sleeper, ...rest] = others as [AddressHost, ...AddressHost[]]
    world.crash(sleeper)
    world.restart(owner)
    world.run(10_000)
    world.tell(owner, { kind: 'leave' })
    world.run(MINUTE)
    expect(inShare(world, owner)).toEqual([])
    world.crash(owner)
    world.restart(sleeper)
    world.run(5 * MINUTE)
    for (const host of [sleeper, ...rest]) expect(host.ipam.isAnothers(owner.name, share().from)).toBe(true)
    expect(world.refusals).toEqual([])
  })

  it('is left to its heirs once it has claimed it, by a host that was down meanwhile too', () => {
    const { world, owner, others } = startAway()
    const [sleeper] = others as [AddressHost]
    world.crash(sleeper)
    world.restart(owner)
    world.run(3 * MINUTE)
    world.crash(owner)
    world.run(30 * MINUTE)
    world.restart(sleeper)
    world.run(120 * MINUTE)
    for (const host of others) expect(inShare(world, host)).toEqual([])
    expect(world.refusals).toEqual([])
  })
})

interface Cast {
  readonly owner: AddressHost
  readonly liar: AddressHost
  readonly others: readonly AddressHost[]
}

function startAway(): Cast & { readonly world: AddressWorld } {
  const { world, ...cast } = startWithLiar(6)
  world.crash(cast.owner)
  world.run(20 * MINUTE)
  world.addedRanges = [ADDED]
  world.reconnect()
  world.run(5 * MINUTE)
  return { world, ...cast }
}

function restartEach(world: AddressWorld, hosts: readonly AddressHost[]): void {
  for (const host of hosts) {
    world.crash(host)
    world.run(5_000)
    world.restart(host)
    world.run(2 * MINUTE)
  }
}

function restartAll(world: AddressWorld, hosts: readonly AddressHost[]): void {
  for (const host of hosts) world.crash(host)
  world.run(5_000)
  for (const host of hosts) world.restart(host)
}

function splitAll(world: AddressWorld): void {
  world.split((_, index) => index)
  world.run(MINUTE)
  world.split(() => 0)
}

function claimAll(world: AddressWorld, { liar }: Cast): void {
  sayOnlyWhatItLies(world, liar)
  const claims = [...liar.home, rangeOf(network(ADDED))].map(range => claimOf(range, EPOCH_MAX))
  world.publishAs(liar, falseBodyOf({ claims }))
}

function giveAway(world: AddressWorld, { liar, others }: Cast): void {
  const [receiver] = others as [AddressHost]
  sayOnlyWhatItLies(world, liar)
  const grants = [{ ...share(), receiver: receiver.name, sequence: 900, epoch: 17 }]
  world.publishAs(liar, falseBodyOf({ claims: liar.home.map(range => claimOf(range, 1)), grants }))
}

function share(): Range {
  return rangeOf(network(SHARE))
}

/** Nobody has taken it, and it hands out all of it when it starts. */
function expectItsOwn(world: AddressWorld, { owner, others }: Pick<Cast, 'owner' | 'others'>): void {
  for (const host of others) {
    expect(inShare(world, host)).toEqual([])
    expect(host.ipam.isAnothers(host.name, share().from)).toBe(false)
  }
  world.restart(owner)
  world.run(MINUTE)
  expect(inShare(world, owner)).toEqual([share()])
  const tickets = Array.from({ length: ADDRESSES }, (_, i) => world.allocate(owner, `c${i}`, SHARE))
  world.run(100)
  expect(tickets.map(ticket => world.answers.get(ticket)?.kind)).toEqual(tickets.map(() => 'address'))
  expect(world.violations).toEqual([])
}

function inShare(world: AddressWorld, host: AddressHost): readonly Range[] {
  return rangesOf(world, host).flatMap(range => intersect(range, share()) ?? [])
}
