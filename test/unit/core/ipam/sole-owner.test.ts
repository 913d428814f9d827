import { AddressWorld, nameOf } from '../../../simulation/address-world.ts'

const self = nameOf(1)

describe('the only owner of addresses', () => {
  it('is named as gone by others, while they ask for an address (STAT-02)', () => {
    const world = new AddressWorld({ seed: 1, universe: '10.32.0.0/24', initial: { kind: 'seed', peers: [self] } })
    const [owner, another] = [world.add(1, undefined), world.add(2, undefined)]
    world.reconnect()
    world.run(5_000)
    world.allocate(owner, 'a', '10.32.0.0/24')
    world.run(5_000)
    world.crash(owner)
    world.run(20_000)
    const state = () => another.ipam.status(world.time.now).state
    expect(state()).toBe('ready')
    world.allocate(another, 'b', '10.32.0.0/24', 60_000)
    world.run(1_000)
    expect(state()).toBe("all IP ranges owned by unreachable peers - use 'rmpeer' if they are dead")
    world.tell(another, { kind: 'take-over', ticket: 80, peer: self })
    world.run(5_000)
    expect(state()).toBe('ready')
  })

  it('leaves them to one that has none, which hands them out at once (IPM-09)', () => {
    const world = new AddressWorld({ seed: 1, universe: '10.32.0.0/24', initial: { kind: 'seed', peers: [self] } })
    const [owner, heir] = [world.add(1, undefined), world.add(2, undefined)]
    world.reconnect()
    world.run(5_000)
    world.allocate(owner, 'a', '10.32.0.0/24')
    world.run(5_000)
    world.tell(owner, { kind: 'leave' })
    world.run(5_000)
    world.remove(owner)
    world.run(1_000)
    expect(heir.ipam.status(world.time.now).peers).toEqual([expect.objectContaining({ isSelf: true, addresses: 256n })])
    const ticket = world.allocate(heir, 'b', '10.32.0.0/24')
    world.run(1_000)
    expect(world.answers.get(ticket)).toMatchObject({ kind: 'address', lease: { id: 'b' } })
  })
})
