import type { PeerName } from '../../../../src/base/peer-name.ts'
import type { IpamMember } from '../../../../src/core/ipam/api.ts'
import type { AddressBody } from '../../../../src/core/ipam/body.ts'
import { OwnerlessHome } from '../../../../src/core/ipam/ownerless-home.ts'
import { type Range, rangeOf } from '../../../../src/core/ipam/range.ts'
import { Territory } from '../../../../src/core/ipam/territory.ts'
import { nameOf, network } from '../../../simulation/address-world.ts'

const MINUTE = 60_000
const LOOK_MS = 5 * MINUTE
const [self, b, c, d, e] = [1, 2, 3, 4, 5].map(nameOf) as [PeerName, PeerName, PeerName, PeerName, PeerName]
const OTHERS = [b, c, d, e]
const MEMBERS = [self, ...OTHERS]
const [HOME, HOME_OF_B] = [rangeOf(network('10.0.1.0/28')), rangeOf(network('10.0.2.0/28'))]
const HALF = { ...HOME, to: HOME.from + 7n }
const REST = { ...HOME, from: HOME.from + 8n }

describe('the own range of a router', () => {
  it('has no owner where nobody has spoken for it for an hour', () => {
    const world = start()
    expect(world.pass(59)).toEqual([])
    expect(world.pass(5)).toEqual([HOME])
  })

  it('is looked at each five minutes', () => {
    const world = start()
    expect(world.home.deadline).toBe(Number.POSITIVE_INFINITY)
    world.pass(1)
    expect(world.home.deadline).toBe(LOOK_MS)
  })

  it('has an owner where the router has it, or gives it away', () => {
    const world = start()
    world.territory.space.add({ ...HALF, epoch: 1, isSettling: false })
    const grant = { ...REST, to: HOME.to - 1n, epoch: 2, receiver: b, sequence: 1 }
    world.territory.grants = [grant]
    expect(world.pass(90)).toEqual([{ from: HOME.to, to: HOME.to }])
  })

  it.each<{ what: string; body: Partial<AddressBody>; peer?: PeerName }>([
    { what: 'claims', body: { claims: [claimOf(HALF)] } },
    { what: 'claims, though it is no member,', body: { claims: [claimOf(HALF)] }, peer: nameOf(9) },
    { what: 'gives to another', body: { grants: [grantOf(HALF, c)] } },
    { what: 'gives to this router', body: { grants: [grantOf(HALF, self)] } },
  ])('has an owner where another $what', ({ body, peer = b }) => {
    const world = start()
    world.hear(peer, body)
    expect(world.pass(90)).toEqual([REST])
  })

  it('has an owner where one claims whose claims do not count', () => {
    const world = start()
    world.pass(5)
    const denial = { peer: b, wish: 0, reason: 'not lawful' } as const
    for (const peer of [c, d, e]) world.hear(peer, { denials: [denial] })
    world.hear(b, { claims: [claimOf(HALF)] })
    expect(world.territory.views.get(b)?.claims).toEqual([])
    expect(world.pass(90)).toEqual([REST])
  })

  it('counts anew where somebody has spoken for it', () => {
    const world = start()
    world.pass(50)
    world.hear(b, { claims: [claimOf(HALF)] })
    world.pass(5)
    world.hear(b, {})
    expect(world.pass(59)).toEqual([REST])
    expect(world.pass(10)).toEqual([HALF, REST])
  })

  it('counts anew when the router has been out of contact with most', () => {
    const world = start()
    world.pass(50)
    world.pass(1, [b])
    expect(world.pass(59)).toEqual([])
    expect(world.pass(15)).toEqual([HOME])
  })

  it('counts anew after a time in which nobody looked', () => {
    const world = start()
    world.pass(50)
    world.sleep(30)
    expect(world.pass(30)).toEqual([])
    expect(world.pass(35)).toEqual([HOME])
  })

  it('waits for a member that is not back for long, and may have containers with addresses of it', () => {
    const world = start()
    world.pass(50)
    world.pass(2, [c, d, e])
    expect(world.pass(14)).toEqual([])
    expect(world.pass(10)).toEqual([HOME])
  })

  it('waits for a member that is out of reach until that uses nothing any more', () => {
    const world = start()
    world.hear(b, { claims: [claimOf(HOME_OF_B)] })
    world.pass(30)
    expect(world.pass(59, [c, d, e])).toEqual([])
    expect(world.pass(10, [c, d, e])).toEqual([HOME])
  })

  it('waits for a member out of reach of which nothing has come, and for no other than members', () => {
    const world = start()
    expect(world.pass(180, [c, d, e])).toEqual([])
    world.members = [self, c, d, e]
    expect(world.pass(10, [c, d, e])).toEqual([HOME])
  })

  it('has an owner where a member out of reach said so last, though it is forgotten', () => {
    const world = start()
    world.hear(b, { claims: [claimOf(HALF)] })
    world.pass(30)
    world.pass(70, [c, d, e])
    world.territory.forget(b)
    expect(world.pass(90, [c, d, e])).toEqual([REST])
    world.hear(b, {})
    world.pass(59)
    expect(world.pass(10)).toEqual([HALF, REST])
  })
})

describe('an address that a container has', () => {
  it('is taken again at the second look of those at which nobody speaks for it, before the rest of the range', () => {
    const world = start()
    world.territory.leases.add({ id: 'a', address: HOME.from, prefix: 24 })
    world.territory.leases.add({ id: 'b', address: HOME_OF_B.from, prefix: 24 })
    const leased = [HOME.from, HOME_OF_B.from].map(address => ({ from: address, to: address }))
    expect(world.pass(1)).toEqual([])
    expect(world.pass(5)).toEqual(leased)
  })

  it('is not where another has it, or where the router has it, or outside of the range of all', () => {
    const world = start()
    world.hear(b, { claims: [claimOf(HOME_OF_B)] })
    world.territory.space.add({ ...HALF, epoch: 1, isSettling: false })
    const outside = rangeOf(network('192.0.2.1/32')).from
    for (const address of [HOME_OF_B.from, HOME.from, outside]) {
      world.territory.leases.add({ id: `${address}`, address, prefix: 24 })
    }
    expect(world.pass(50)).toEqual([])
  })
})

/** The first of five members, in contact with all unless told otherwise. */
class OneRouter {
  readonly territory = new Territory({
    self,
    universe: [network('10.0.0.0/16')],
    commons: [],
    initial: { kind: 'manifest' },
    reserved: [],
    order: 'lowest',
    stored: undefined,
    now: 0,
  })
  readonly home = new OwnerlessHome(this.territory)
  members: readonly PeerName[] = MEMBERS
  #now = 0

  hear(peer: PeerName, body: Partial<AddressBody>): void {
    const empty = { serial: 1, claims: [], grants: [], taken: new Map(), wishes: [], denials: [], ranges: [] }
    this.territory.views.hear(peer, { ...empty, ...body })
  }

  /** Gives what was found without an owner last. */
  pass(minutes: number, reachable: readonly PeerName[] = OTHERS): readonly Range[] {
    let found: readonly Range[] = []
    for (let minute = 0; minute < minutes; minute++) {
      this.#look(reachable)
      const before = this.home.deadline
      const looked = this.home.look(this.#now)
      if (this.home.deadline !== before) found = looked
      this.#now += MINUTE
    }
    return found
  }

  sleep(minutes: number): void {
    this.#now += minutes * MINUTE
  }

  #look(reachable: readonly PeerName[]): void {
    const members = new Set(this.members)
    this.territory.contacts.update({ members, reachable: new Set(reachable), known: new Set() }, this.#now)
    const homes = new Map<PeerName, IpamMember>(this.members.map(name => [name, { name, home: homeOf(name) }]))
    this.territory.homes.look(homes, this.#now)
  }
}

function start(): OneRouter {
  return new OneRouter()
}

function homeOf(name: PeerName): readonly Range[] {
  if (name === self) return [HOME]
  return name === b ? [HOME_OF_B] : []
}

function claimOf(range: Range) {
  return { ...range, epoch: 20, isSettling: false, free: 1n }
}

function grantOf(range: Range, receiver: PeerName) {
  return { ...range, epoch: 20, receiver, sequence: 1 }
}
