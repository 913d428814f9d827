import { GRACE_MS } from '../../src/core/ipam/contacts.ts'
import { AddressWatch } from './address-watch.ts'
import { type AddressHost, AddressWorld, nameOf } from './address-world.ts'
import { HeldAddresses } from './held-addresses.ts'

const [A, B, C] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }]

describe('addresses that containers hold', () => {
  it('are each held once', () => {
    const held = new HeldAddresses()
    expect(held.hold(A, [1n, 2n], 0)).toBeUndefined()
    expect(held.hold(B, [3n], 0)).toBeUndefined()
    expect(held.hold(B, [3n, 2n], 5)).toMatch(/^2 on a .*0 ms.* and b .*5 ms/)
  })

  it('are free for others once their container has ended', () => {
    const held = new HeldAddresses()
    held.hold(A, [1n], 0)
    held.hold(A, [], 1)
    expect(held.hold(B, [1n], 2)).toBeUndefined()
    held.drop(B)
    expect(held.hold(A, [1n], 3)).toBeUndefined()
  })

  it('may be had by one other once their host has lost them, and by no second', () => {
    const held = new HeldAddresses()
    held.hold(A, [1n], 0)
    held.lose(A, 'cut off')
    expect(held.hold(B, [1n], 1)).toBeUndefined()
    expect(held.hold(C, [1n], 2)).toBeDefined()
  })

  it('may not be had by another when their host was given them after it had lost what it had', () => {
    const held = new HeldAddresses()
    held.hold(A, [1n], 9)
    held.lose(A, 'cut off', 5)
    expect(held.hold(B, [1n], 10)).toBeDefined()
  })

  it('may be had by another while their host is out, and not what it is given when it is in again', () => {
    const held = new HeldAddresses()
    held.putOut(A, 'removed')
    held.putOut(A, 'copied')
    held.hold(A, [1n], 1)
    expect(held.hold(B, [1n], 2)).toBeUndefined()
    held.putIn(A, 'removed')
    held.hold(A, [1n, 2n], 3)
    expect(held.hold(B, [1n, 2n], 4)).toBeUndefined()
    held.putIn(A, 'copied')
    held.hold(A, [1n, 2n, 3n], 5)
    expect(held.hold(B, [1n, 2n, 3n], 6)).toMatch(/^3 /)
  })
})

describe('who may have had its addresses taken over', () => {
  it('is nobody while all are in contact', () => {
    const { watch, has } = watched()
    has(0, 1n)
    has(1, 1n)
    expect(watch.violations).toHaveLength(1)
  })

  it('is a host that is down for as long as nobody gives up on it, and no shorter', () => {
    for (const [isLong, downMs] of [[false, GRACE_MS - 5_000] as const, [true, GRACE_MS] as const]) {
      const { world, watch, hosts, has } = watched()
      has(0, 1n)
      hosts[0]!.isUp = false
      watch.contactChanged()
      world.now = downMs
      has(1, 1n)
      expect(watch.violations).toHaveLength(isLong ? 0 : 1)
    }
  })

  it('is a host on the smaller side of a cut, though it had contact for a moment that nobody may have noticed', () => {
    const { world, watch, hosts, has } = watched()
    has(0, 1n)
    for (const [now, side] of [
      [0, 1],
      [2_000_000, 0],
      [2_001_000, 1],
      [GRACE_MS, 1],
    ] as const) {
      world.now = now
      hosts[0]!.side = side
      watch.contactChanged()
    }
    has(1, 1n)
    expect(watch.violations).toEqual([])
  })

  it('is not a host on the larger side of it, nor one that came back', () => {
    const { world, watch, hosts, has } = watched()
    hosts[0]!.side = 1
    watch.contactChanged()
    world.now = GRACE_MS / 2
    has(0, 1n)
    hosts[0]!.side = 0
    watch.contactChanged()
    world.now = 2 * GRACE_MS
    has(1, 1n)
    expect(watch.violations).toHaveLength(1)
    hosts[2]!.side = 1
    watch.contactChanged()
    world.now = 4 * GRACE_MS
    has(1, 2n)
    has(2, 2n)
    expect(watch.violations).toHaveLength(2)
  })

  it('is a host that the manifest leaves out, until it is named again and has heard what it missed', () => {
    const { world, watch, hosts, has } = watched()
    has(0, 1n)
    world.members = new Set([hosts[1]!.name, hosts[2]!.name])
    watch.contactChanged()
    has(1, 1n)
    world.members = undefined
    watch.contactChanged()
    world.now = 6_000
    has(0, 1n, 2n)
    has(1, 1n, 2n)
    expect(watch.violations).toHaveLength(1)
  })

  it('is a host that an operator says to be dead, when that is believed', () => {
    const { watch, hosts, has } = watched()
    has(0, 1n)
    for (const ticket of [1, 2]) watch.asked({ kind: 'take-over', ticket, peer: hosts[ticket - 1]!.name })
    watch.answered({ kind: 'answer', ticket: 2, answer: { kind: 'refused', reason: '' } })
    watch.answered({ kind: 'answer', ticket: 1, answer: { kind: 'taken-over', addresses: 1n } })
    has(1, 1n, 2n)
    expect(watch.violations).toEqual([])
    has(2, 2n)
    expect(watch.violations).toHaveLength(1)
  })

  it('is a host that starts with an old disk, in what is on that', () => {
    const { watch, hosts, has } = watched()
    has(1, 1n)
    watch.restored(hosts[0]!)
    has(0, 1n)
    expect(watch.violations).toEqual([])
    has(0, 1n, 2n)
    has(1, 1n, 2n)
    expect(watch.violations).toHaveLength(1)
  })

  it('is a host that was copied, in what was on its disk', () => {
    const { watch, hosts, has } = watched()
    has(0, 1n)
    watch.copied(hosts[0]!)
    has(1, 1n)
    has(0, 1n, 2n)
    expect(watch.violations).toEqual([])
    has(1, 1n, 2n)
    expect(watch.violations).toHaveLength(1)
  })
})

describe('a world of routers that hand out addresses', () => {
  it('notices what another has that starts again', () => {
    const world = new AddressWorld({ seed: 1, universe: '10.0.0.0/16', initial: { kind: 'manifest' } })
    const [one, other] = [world.add(1, '10.0.1.0/28'), world.add(2, '10.0.2.0/28')]
    world.publishManifest(world.hosts.keys())
    world.run(60_000)
    world.allocate(one, 'x', '10.0.1.0/28')
    const { stored } = one
    world.tell(one, { kind: 'release', id: 'x' })
    world.allocate(one, 'y', '10.0.1.0/28')
    expect(world.violations).toEqual([])
    world.crash(other)
    other.stored = stored
    world.restart(other)
    expect(world.violations).toHaveLength(1)
  })
})

/** Three hosts by nothing but what a watch looks at. */
function watched() {
  const host = (number: number) => ({ name: nameOf(number), isUp: true, side: 0, ipam: { leases: [] } })
  const all = [1, 2, 3].map(host) as unknown as readonly AddressHost[]
  const world: { now: number; all: typeof all; members: AddressWorld['members'] } = { now: 0, all, members: undefined }
  const watch = new AddressWatch(world, { noticeMs: 4_000, newsMs: 2_000 })
  watch.contactChanged()
  const has = (index: number, ...addresses: readonly bigint[]) => {
    Object.assign(all[index]!.ipam, { leases: addresses.map(address => ({ id: 'x', address, prefix: 120 })) })
    watch.look(all[index]!)
  }
  return { world, watch, hosts: all, has }
}
