import { type AddressBody, EPOCH_MAX } from '../../../../src/core/ipam/body.ts'
import { GRACE_MS, HOLD_MS } from '../../../../src/core/ipam/contacts.ts'
import { formatMemory, parseMemory } from '../../../../src/core/ipam/memory.ts'
import { type Range, rangeOf } from '../../../../src/core/ipam/range.ts'
import { CONVICT_MS } from '../../../../src/core/ipam/verdicts.ts'
import { type AddressHost, AddressWorld, network } from '../../../simulation/address-world.ts'
import { falseBodyOf, rangesOf } from '../../../simulation/false-bodies.ts'

const SETTLED = 3 * HOLD_MS
const ALL = rangeOf(network('10.0.0.0/16'))
/** No host has it for its range. */
const NOBODYS = rangeOf(network('10.0.200.0/28'))
const HOME_OF_FIRST = rangeOf(network('10.0.1.0/28'))

describe('a member that lies about addresses', () => {
  it('takes none of the ranges of those in contact, however high it counts', () => {
    const { world, honest, liar } = start()
    world.publishAs(liar, falseBodyOf({ claims: [claim(EPOCH_MAX)] }))
    world.run(10_000)
    expect(honest.map(host => rangesOf(world, host))).toEqual(honest.map(host => host.home))
    expect([...world.refusals].sort()).toEqual(
      honest.map(host => `${host.name} refused ${liar.name}: a claim to addresses that this host holds`),
    )
    const tickets = honest.map((host, i) => world.allocate(host, `c${i}`, `10.0.${i + 1}.0/28`))
    world.run(30_000)
    expect(tickets.map(ticket => world.answers.get(ticket)?.kind)).toEqual(['address', 'address', 'address'])
    expect(world.errors).toEqual([])
  })

  it('takes nothing of one that starts again while it lies', () => {
    const { world, honest, liar } = start()
    world.publishAs(liar, falseBodyOf({ claims: [claim(EPOCH_MAX)] }))
    world.run(10_000)
    for (const host of honest) {
      world.crash(host)
      world.run(5_000)
      world.restart(host)
      world.run(10_000)
    }
    expect(honest.map(host => rangesOf(world, host))).toEqual(honest.map(host => host.home))
  })

  it('leaves nothing but its own range behind when it is removed, though one of the others is down', () => {
    const { world, honest, liar } = start()
    world.publishAs(liar, falseBodyOf({ claims: [claim(EPOCH_MAX)] }))
    world.run(10_000)
    const [first] = honest as [AddressHost]
    world.crash(first)
    world.run(10_000)
    world.remove(liar)
    world.publishManifest(world.hosts.keys())
    world.run(60_000)
    world.restart(first)
    world.run(60_000)
    expect(rangesOf(world, first)).toEqual(first.home)
    expect(world.survey()).toEqual({ owned: ALL.to - ALL.from + 1n, doubled: 0n })
    expect(world.errors).toEqual([])
  })

  it('gives nobody what another holds', () => {
    const { world, honest, liar } = start()
    const [first, second] = honest as [AddressHost, AddressHost]
    const grant = { ...HOME_OF_FIRST, receiver: second.name, sequence: 900, epoch: EPOCH_MAX }
    world.publishAs(liar, falseBodyOf({ grants: [grant] }))
    world.run(10_000)
    expect(rangesOf(world, first)).toEqual(first.home)
    expect(rangesOf(world, second)).toEqual(second.home)
  })

  it('does not keep the others from lending each other space', () => {
    const { world, honest, liar } = start()
    world.publishAs(liar, falseBodyOf({ claims: [claim(EPOCH_MAX)] }))
    world.run(10_000)
    const ticket = world.allocate(honest[1] as AddressHost, 'c', '10.0.1.0/28')
    world.run(30_000)
    expect(world.answers.get(ticket)).toMatchObject({ kind: 'address' })
    expect(world.violations).toEqual([])
  })

  it('is not heard when it counts beyond what any claim comes to', () => {
    const { world, honest, liar } = start()
    world.publishAs(liar, falseBodyOf({ claims: [claim(2 ** 32 - 1)] }))
    world.run(10_000)
    expect(world.refusals).toHaveLength(honest.length)
    expect(world.refusals[0]).toMatch(/addresses that cannot be read: addresses: an epoch that no claim comes to$/)
  })
})

describe('a member that lies about addresses that another has borrowed', () => {
  it('takes nothing that one has borrowed for a while, and is refused by all', () => {
    const { world, honest, liar } = start()
    const [first, second, third] = honest as [AddressHost, AddressHost, AddressHost]
    const lent = borrow(world, first, '10.0.2.0/28')
    const all = honest.map(host => rangesOf(world, host))
    world.publishAs(liar, falseBodyOf({ claims: [{ ...lent, epoch: EPOCH_MAX, isSettling: false, free: 1n }] }))
    world.run(2 * CONVICT_MS)
    expect(honest.map(host => rangesOf(world, host))).toEqual(all)
    expect([...world.refusals].sort()).toEqual([
      `${first.name} refused ${liar.name}: a claim to addresses that this host holds`,
      ...[second, third].map(host => `${host.name} refused ${liar.name}: a claim to addresses that another host holds`),
    ])
    for (const host of honest) {
      expect(host.ipam.isAnothers(first.name, lent.from)).toBe(false)
      expect(host.ipam.isAnothers(liar.name, lent.from)).toBe(true)
    }
  })

  it('takes it neither of one that starts again nor in the eyes of one that does', () => {
    const { world, honest, liar } = start()
    const [first, second] = honest as [AddressHost, AddressHost]
    const lent = borrow(world, first, '10.0.2.0/28')
    const had = rangesOf(world, first)
    world.publishAs(liar, falseBodyOf({ claims: [{ ...lent, epoch: EPOCH_MAX, isSettling: false, free: 1n }] }))
    world.run(10_000)
    for (const host of [first, second]) {
      world.crash(host)
      world.run(10_000)
      world.restart(host)
      world.run(SETTLED)
    }
    expect(rangesOf(world, first)).toEqual(had)
    expect(second.ipam.isAnothers(first.name, lent.from)).toBe(false)
  })

  it('takes it not in the eyes of one that had started again before', () => {
    const { world, honest, liar } = start()
    const [first, second] = honest as [AddressHost, AddressHost]
    const lent = borrow(world, first, '10.0.2.0/28')
    world.crash(second)
    world.run(10_000)
    world.restart(second)
    world.run(SETTLED)
    world.publishAs(liar, falseBodyOf({ claims: [{ ...lent, epoch: EPOCH_MAX, isSettling: false, free: 1n }] }))
    world.run(2 * CONVICT_MS)
    expect(second.ipam.isAnothers(first.name, lent.from)).toBe(false)
    expect(world.refusals).toContain(
      `${second.name} refused ${liar.name}: a claim to addresses that another host holds`,
    )
  })

  it('gives nobody what another has borrowed', () => {
    const { world, honest, liar } = start()
    const [first, , third] = honest as [AddressHost, AddressHost, AddressHost]
    const lent = borrow(world, first, '10.0.2.0/28')
    const had = rangesOf(world, third)
    const grant = { ...lent, receiver: third.name, sequence: 900, epoch: EPOCH_MAX }
    world.publishAs(liar, falseBodyOf({ grants: [grant] }))
    world.run(SETTLED)
    expect(rangesOf(world, third)).toEqual(had)
    expect(world.refusals).toContain(`${third.name} refused ${liar.name}: a claim to addresses that another host holds`)
  })

  it('counts again once it has stopped', () => {
    const { world, honest, liar } = start()
    const [first, second] = honest as [AddressHost, AddressHost]
    const lent = borrow(world, first, '10.0.2.0/28')
    world.publishAs(liar, falseBodyOf({ claims: [{ ...lent, epoch: EPOCH_MAX, isSettling: false, free: 1n }] }))
    world.run(2 * CONVICT_MS)
    expect(second.ipam.isAnothers(first.name, lent.from)).toBe(false)
    world.publishAs(liar, falseBodyOf({ claims: [{ ...NOBODYS, epoch: 1, isSettling: false, free: 1n }] }))
    world.run(10_000)
    for (const host of honest) expect(host.ipam.isAnothers(first.name, NOBODYS.from)).toBe(true)
  })
})

describe('who has an address besides another', () => {
  it('is the member in whose range it is, unless the other may have it', () => {
    const { world, honest, liar } = start()
    const [first, second] = honest as [AddressHost, AddressHost]
    const lent = borrow(world, first, '10.0.2.0/28')
    for (const { ipam } of [first, liar]) {
      expect(ipam.holderBesides(liar.name, HOME_OF_FIRST.from)).toBe(first.name)
      expect(ipam.holderBesides(first.name, HOME_OF_FIRST.from)).toBeUndefined()
      expect(ipam.holderBesides(liar.name, lent.from)).toBe(second.name)
      expect(ipam.holderBesides(first.name, lent.from)).toBeUndefined()
      expect(ipam.holderBesides(second.name, lent.from)).toBeUndefined()
      expect(ipam.holderBesides(liar.name, NOBODYS.from)).toBeUndefined()
      expect(ipam.holderBesides(liar.name, rangeOf(network('192.0.2.7/32')).from)).toBeUndefined()
    }
  })

  it('is not changed by what the other claims', () => {
    const { world, honest, liar } = start()
    const [first] = honest as [AddressHost]
    world.publishAs(liar, falseBodyOf({ claims: [claim(EPOCH_MAX)] }))
    world.run(10_000)
    expect(first.ipam.holderBesides(liar.name, HOME_OF_FIRST.from)).toBe(first.name)
  })

  it('is who has held it for long where it is in the range of none', () => {
    const { world, honest, liar } = start()
    const [first, second] = honest as [AddressHost, AddressHost]
    world.tell(first, { kind: 'add-range', ticket: 99, range: network('10.9.0.0/28') })
    world.run(10_000)
    const { from } = borrow(world, first, '10.9.0.0/28')
    second.ipam.keepTime(world.time.now)
    expect(second.ipam.holderBesides(liar.name, from)).toBe(first.name)
    expect(second.ipam.holderBesides(first.name, from)).toBeUndefined()
  })
})

describe('a member whose claims more than half refuse', () => {
  it('keeps none from its range that joins or comes back meanwhile', () => {
    const { world, honest, liar } = start(5)
    const [first] = honest as [AddressHost]
    world.crash(first)
    world.run(10_000)
    world.publishAs(liar, falseBodyOf({ claims: [claim(EPOCH_MAX)] }))
    world.run(2 * CONVICT_MS)
    const late = world.add(9, '10.0.9.0/28')
    world.publishManifest(world.hosts.keys())
    world.restart(first)
    world.run(SETTLED)
    expect(rangesOf(world, first)).toEqual(first.home)
    expect(rangesOf(world, late)).toEqual(late.home)
    const ticket = world.allocate(late, 'c', '10.0.9.0/28')
    world.run(10_000)
    expect(world.answers.get(ticket)).toMatchObject({ kind: 'address' })
    expect(world.errors).toEqual([])
  })

  it('gives nothing to one that joins', () => {
    const { world, honest, liar } = start(5)
    const [first] = honest as [AddressHost]
    const lent = borrow(world, first, '10.0.2.0/28')
    const late = world.add(9, '10.0.9.0/28')
    const grant = { ...lent, receiver: late.name, sequence: 900, epoch: EPOCH_MAX }
    world.publishAs(liar, falseBodyOf({ grants: [grant] }))
    world.run(2 * CONVICT_MS)
    world.publishManifest(world.hosts.keys())
    world.run(SETTLED)
    expect(rangesOf(world, late)).toEqual(late.home)
  })
})

describe('a host that took over another while it was cut off', () => {
  it('gives it back to who was in contact with the others all the time', () => {
    const { world, honest, liar: cutOff } = start()
    const [first] = honest as [AddressHost]
    world.split(host => (host === cutOff ? 1 : 0))
    world.run(30_000)
    world.crash(cutOff)
    cutOff.stored = withClaimTo(first.home, cutOff.stored ?? '')
    world.restart(cutOff)
    world.run(10_000)
    world.split(() => 0)
    world.run(SETTLED)
    expect(rangesOf(world, first)).toEqual(first.home)
    expect(rangesOf(world, cutOff)).toEqual(cutOff.home)
  })
})

describe('a host that was away for longer than the grace time', () => {
  it('yields to its heir, and does not take its range back by being there again', () => {
    const { world, honest } = start()
    const [first] = honest as [AddressHost]
    world.crash(first)
    world.run(GRACE_MS * 1.5)
    world.restart(first)
    world.run(SETTLED)
    expect(rangesOf(world, first)).toEqual([])
    expect(world.survey()).toEqual({ owned: 64n, doubled: 0n })
  })
})

/** Honest hosts and a liar, in contact for long. */
function start(honestCount = 3): {
  readonly world: AddressWorld
  readonly honest: readonly AddressHost[]
  readonly liar: AddressHost
} {
  const world = new AddressWorld({ seed: 3, universe: '10.0.0.0/16', initial: { kind: 'manifest' } })
  const [liar, ...honest] = [honestCount + 1, ...Array.from({ length: honestCount }, (_, i) => i + 1)].map(i =>
    world.add(i, `10.0.${i}.0/28`),
  ) as [AddressHost, ...AddressHost[]]
  world.publishManifest(world.hosts.keys())
  world.run(SETTLED)
  return { world, honest, liar }
}

/** A part of another's range, had for so long that all know. */
function borrow(world: AddressWorld, host: AddressHost, of: string): Range {
  world.allocate(host, 'borrowed', of)
  world.run(SETTLED)
  const lent = rangesOf(world, host).find(({ from }) => from >= rangeOf(network(of)).from)
  if (lent === undefined) throw new Error(`${host.name} was given nothing of ${of}`)
  return lent
}

/** As a release has it that took over whatever its operator said. */
function withClaimTo(ranges: readonly Range[], stored: string): string {
  const memory = parseMemory(stored)
  if (!memory.ok) throw new Error(memory.error)
  const claims = ranges.map(({ from, to }) => ({ from, to, epoch: 17, isSettling: false }))
  return formatMemory({ ...memory.value, claims: [...memory.value.claims, ...claims] })
}

function claim(epoch: number): AddressBody['claims'][number] {
  return { ...ALL, epoch, isSettling: false, free: 1n }
}
