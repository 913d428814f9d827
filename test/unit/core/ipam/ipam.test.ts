import { formatIpAddress } from '../../../../src/base/ip-address.ts'
import type { InitialSpace, IpamAnswer, IpamInput } from '../../../../src/core/ipam/api.ts'
import { Ipam } from '../../../../src/core/ipam/ipam.ts'
import { AddressWorld, nameOf, network, onNetwork } from '../../../simulation/address-world.ts'

const SUBNET = '10.32.0.0/24'
const self = nameOf(1)

describe('the address allocator', () => {
  it('gives the lowest free address, and the same one again to the same container (IPM-04)', () => {
    const one = alone()
    expect(one.allocate('a')).toBe('10.32.0.1')
    expect(one.allocate('b')).toBe('10.32.0.2')
    expect(one.allocate('a')).toBe('10.32.0.1')
    one.tell({ kind: 'release', id: 'a' })
    expect(one.allocate('c')).toBe('10.32.0.1')
  })

  it('gives a container one address for each subnet', () => {
    const one = alone()
    expect(one.allocate('a', '10.32.0.16/28')).toBe('10.32.0.17')
    expect(one.allocate('a', '10.32.0.32/28')).toBe('10.32.0.33')
    expect(one.ipam.lookUp('a').length).toBe(2)
    expect(one.ipam.lookUp('a', network('10.32.0.16/28')).length).toBe(1)
  })

  it('gives neither the name of a subnet nor its broadcast address, and says when all are used up', () => {
    const one = alone()
    const given = ['a', 'b'].map(id => one.allocate(id, '10.32.0.8/30'))
    expect(given).toEqual(['10.32.0.9', '10.32.0.10'])
    one.ask({ kind: 'allocate', ticket: 99, id: 'c', subnet: network('10.32.0.8/30'), timeoutMs: 60_000 })
    expect(one.answers.get(99)).toBeUndefined()
    one.advance(4_000)
    expect(one.answers.get(99)).toBeUndefined()
    one.advance(5_000)
    expect(one.answers.get(99)).toEqual({
      kind: 'refused',
      reason: 'no address is free in 10.32.0.8/30: all are in use',
    })
  })

  it('says soon that nobody hands out what the manifest gives to no host', () => {
    const world = manifestWorld()
    const ticket = world.allocate([...world.hosts.values()][0]!, 'x', '10.0.99.0/24')
    world.run(6_000)
    expect(world.answers.get(ticket)).toMatchObject({
      reason: expect.stringContaining('no host hands out addresses of 10.0.99.0/24'),
    })
  })

  it('gives an address that comes back while somebody waits for one', () => {
    const one = alone()
    for (const id of ['a', 'b']) one.allocate(id, '10.32.0.8/30')
    one.ask({ kind: 'allocate', ticket: 99, id: 'c', subnet: network('10.32.0.8/30'), timeoutMs: 60_000 })
    one.advance(4_000)
    one.tell({ kind: 'release', id: 'a' })
    expect(one.answers.get(99)).toMatchObject({ kind: 'address', lease: { id: 'c' } })
  })

  it('gives those who are not told apart an address each', () => {
    const one = alone()
    expect([one.allocate('_'), one.allocate('_')]).toEqual(['10.32.0.1', '10.32.0.2'])
  })

  it('claims an address for one container only (IPM-06)', () => {
    const one = alone()
    expect(one.claim('a', '10.32.0.7/24')).toBe('10.32.0.7')
    expect(one.claim('a', '10.32.0.7/24')).toBe('10.32.0.7')
    expect(one.claim('b', '10.32.0.7/24')).toBe('address 10.32.0.7 is already owned by a')
    expect(one.claim('b', '192.168.7.1/24')).toBe('192.168.7.1')
  })

  it('refuses a range outside of its own (IPM-07)', () => {
    expect(alone().allocate('a', '10.99.0.0/24')).toBe(
      "range 10.99.0.0/24 out of bounds: 10.32.0.0/24: add it with 'weave add-range 10.99.0.0/24'",
    )
  })

  it('remembers what it gave', () => {
    const one = alone()
    one.allocate('a')
    const again = alone(one.stored)
    expect(again.ipam.lookUp('a').map(lease => formatIpAddress(lease.address))).toEqual(['10.32.0.1'])
    expect(again.allocate('b')).toBe('10.32.0.2')
  })

  it('gives of another range when it is launched with one, and counts that alone (FLAG-12)', () => {
    const one = alone()
    one.allocate('a')
    const other = alone(one.stored, { universe: '10.20.0.0/24' })
    expect(other.allocate('b', '10.20.0.0/24')).toBe('10.20.0.1')
    expect(other.ipam.status(0)).toMatchObject({ total: 256n, peers: [{ addresses: 256n, free: 255n }] })
  })

  it('ends the leases of a container that is gone, and of nothing else', () => {
    const one = alone()
    for (const id of ['a', 'b', 'weave:expose']) one.allocate(id)
    one.tell({ kind: 'release', id: 'a' })
    expect(one.ipam.leases.map(lease => lease.id)).toEqual(['b', 'weave:expose'])
  })

  it('keeps reserved addresses for those who ask by name', () => {
    const one = alone(undefined, { reserved: ['10.32.0.0/29'] })
    expect(one.allocate('a')).toBe('10.32.0.8')
    expect(one.claim('b', '10.32.0.3/24')).toBe('10.32.0.3')
  })

  it('gives from a range that was added', () => {
    const one = alone()
    one.tell({ kind: 'add-range', ticket: 1, range: network('10.64.0.0/24') })
    expect(one.answers.get(1)).toEqual({ kind: 'done' })
    expect(one.allocate('a', '10.64.0.0/24')).toBe('10.64.0.1')
    expect(alone(one.stored).allocate('b', '10.64.0.0/24')).toBe('10.64.0.2')
    one.tell({ kind: 'add-range', ticket: 2, range: network('10.64.0.128/25') })
    const reason = '10.64.0.128/25 overlaps 10.64.0.0/24, which is handed out'
    expect(one.answers.get(2)).toEqual({ kind: 'refused', reason })
  })

  it('takes no more ranges than it can tell of', () => {
    const one = alone()
    for (let i = 0; i < 64; i++) one.tell({ kind: 'add-range', ticket: i, range: network(`10.64.${i}.0/24`) })
    one.tell({ kind: 'add-range', ticket: 64, range: network('10.65.0.0/24') })
    expect([one.answers.get(63), one.answers.get(64)]).toEqual([
      { kind: 'done' },
      { kind: 'refused', reason: '64 ranges were added already' },
    ])
  })

  it('gives IPv6 addresses alike', () => {
    const one = alone(undefined, { universe: 'fd00:1::/64' })
    expect(one.allocate('a', 'fd00:1::/64')).toBe('fd00:1::1')
    expect(one.allocate('b', 'fd00:1::/80')).toBe('fd00:1::2')
  })

  it('tells nothing before it is on disk', () => {
    const one = alone()
    const kinds: string[] = []
    one.ipam.handle({ kind: 'allocate', ticket: 1, id: 'a', subnet: network(SUBNET), timeoutMs: 1 }, 0)
    for (const output of one.ipam.drain()) kinds.push(output.kind)
    expect(kinds).toEqual(['store', 'publish', 'answer'])
  })

  it('stops when another speaks in its name', () => {
    const one = alone()
    one.allocate('a')
    const copy = alone(one.stored)
    for (const id of ['b', 'c']) copy.allocate(id)
    one.tell({ kind: 'heard', peer: self, body: copy.body ?? new Uint8Array(0) })
    expect(one.allocate('d')).toMatch(/another host speaks in the name of this one/)
  })

  it('waits for a quorum, and says so (IPM-02, STAT-02)', () => {
    const one = alone(undefined, { initial: { kind: 'consensus', expected: 3 } })
    expect(one.ipam.status(0).state).toBe('awaiting consensus (quorum: 2, known: 1)')
    one.ask({ kind: 'allocate', ticket: 5, id: 'a', subnet: network(SUBNET), timeoutMs: 1_000 })
    one.advance(1_000)
    expect(one.answers.get(5)).toEqual({
      kind: 'refused',
      reason: expect.stringContaining('2 routers to be in contact, of which 1 are'),
    })
  })

  it('shares the range among seeds by halves (IPM-03, FLAG-14)', () => {
    const peers = [nameOf(1), nameOf(2), nameOf(3)]
    const world = new AddressWorld({ seed: 1, universe: SUBNET, initial: { kind: 'seed', peers } })
    for (let i = 1; i <= 3; i++) world.add(i, undefined)
    world.reconnect()
    world.run(5_000)
    for (const host of world.up) world.allocate(host, host.name, SUBNET)
    world.run(30_000)
    const sizes = world.up.map(host => host.ipam.status(world.time.now).peers.find(peer => peer.isSelf)?.addresses)
    expect(sizes).toEqual([128n, 64n, 64n])
  })

  it('claims an address of another peer, unless that one uses it', () => {
    const world = manifestWorld()
    const [a, b] = [...world.hosts.values()]
    world.tell(a!, { kind: 'claim', ticket: 70, id: 'x', address: onNetwork('10.0.2.5/24'), timeoutMs: 20_000 })
    world.run(10_000)
    expect(world.answers.get(70)).toMatchObject({ kind: 'address' })
    world.tell(b!, { kind: 'claim', ticket: 71, id: 'y', address: onNetwork('10.0.2.5/24'), timeoutMs: 20_000 })
    world.run(30_000)
    expect(world.answers.get(71)).toMatchObject({ reason: `address 10.0.2.5 is already in use by ${a!.name}` })
    expect(world.survey()).toEqual({ owned: 48n, doubled: 0n })
  })

  it('asks others for space when its own is used up', () => {
    const world = manifestWorld()
    const [a] = [...world.hosts.values()]
    const tickets = Array.from({ length: 40 }, (_, i) => world.allocate(a!, `c${i}`, '10.0.0.0/16', 120_000))
    world.run(120_000)
    expect(tickets.filter(ticket => world.answers.get(ticket)?.kind === 'address').length).toBe(40)
    expect(world.survey()).toEqual({ owned: 48n, doubled: 0n })
  })

  it('takes the space of a removed host within half a minute', () => {
    const world = manifestWorld()
    const [, b] = [...world.hosts.values()]
    world.remove(b!)
    world.publishManifest(world.hosts.keys())
    world.run(30_000)
    expect(world.survey()).toEqual({ owned: 48n, doubled: 0n })
  })

  it('leaves its space to another when it leaves (IPM-09, API-17)', () => {
    const world = manifestWorld()
    const [a] = [...world.hosts.values()]
    world.tell(a!, { kind: 'leave' })
    world.run(10_000)
    world.remove(a!)
    expect(world.survey()).toEqual({ owned: 48n, doubled: 0n })
  })
})

function manifestWorld(): AddressWorld {
  const world = new AddressWorld({ seed: 3, universe: '10.0.0.0/16', initial: { kind: 'manifest' } })
  for (let i = 1; i <= 3; i++) world.add(i, `10.0.${i}.0/28`)
  world.publishManifest(world.hosts.keys())
  world.run(20_000)
  return world
}

interface Settings {
  readonly universe?: string
  readonly reserved?: readonly string[]
  readonly initial?: InitialSpace
}

function alone(stored?: string, settings: Settings = {}): Alone {
  return new Alone(stored, settings)
}

class Alone {
  readonly ipam: Ipam
  readonly answers = new Map<number, IpamAnswer>()
  stored: string | undefined
  body: Uint8Array | undefined
  #tickets = 1_000

  constructor(stored: string | undefined, { universe = SUBNET, reserved = [], initial }: Settings) {
    this.ipam = new Ipam({
      self,
      universe: [network(universe)],
      commons: [network(universe)],
      initial: initial ?? { kind: 'consensus', expected: 1 },
      reserved: reserved.map(network),
      order: 'lowest',
      stored,
      now: 0,
    })
    this.#drain()
  }

  tell(input: IpamInput): void {
    this.ipam.handle(input, 0)
    this.#drain()
  }

  ask(input: IpamInput): void {
    this.tell(input)
  }

  advance(now: number): void {
    this.ipam.advance(now)
    this.#drain()
  }

  allocate(id: string, subnet = SUBNET): string {
    const ticket = ++this.#tickets
    this.tell({ kind: 'allocate', ticket, id, subnet: network(subnet), timeoutMs: 1_000 })
    return textOf(this.answers.get(ticket))
  }

  claim(id: string, address: string): string {
    const ticket = ++this.#tickets
    this.tell({ kind: 'claim', ticket, id, address: onNetwork(address), timeoutMs: 1_000 })
    return textOf(this.answers.get(ticket))
  }

  #drain(): void {
    for (const output of this.ipam.drain()) {
      if (output.kind === 'answer') this.answers.set(output.ticket, output.answer)
      if (output.kind === 'store') this.stored = output.text
      if (output.kind === 'publish') this.body = output.body
    }
  }
}

function textOf(answer: IpamAnswer | undefined): string {
  if (answer?.kind === 'address') return formatIpAddress(answer.lease.address)
  return answer?.kind === 'refused' ? answer.reason : 'waits'
}
