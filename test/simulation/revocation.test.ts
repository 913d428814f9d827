import { rangeOf, without } from '../../src/core/ipam/range.ts'
import { network } from './address-world.ts'
import { broadcastFrame, converge } from './convergence.ts'
import type { NetworkFaults } from './network.ts'
import { World } from './world.ts'

const CUT_OFF_WITHIN_MS = 5_000
const INHERITED_WITHIN_MS = 20_000
const REVOKED = 'h12'
/** It has dialled all its targets several times by then, and gossip has compared all that there is. */
const RETURN_TRIED_FOR_MS = 8_000

describe.each([
  { hosts: 100, where: 'a hundred', faults: {} },
  {
    hosts: 25,
    where: 'twenty-five that are far from each other, on wires that lose',
    faults: { latencyMs: 60, jitterMs: 30, loss: 0.1 },
  },
])('a host that is taken out of a cluster of $where', ({ hosts, faults }) => {
  const names = Array.from({ length: hosts }, (_, i) => `h${i + 1}`)
  const world = startAll(names, faults, true)
  world.run(4_000)
  const before = world.host(REVOKED).stored
  const others = names.filter(name => name !== REVOKED)
  for (let i = 0; i < 5; i++) world.send(REVOKED, broadcastFrame(12, `before ${i}`))
  world.run(1_000)
  const sharedWith = (keys: ReadonlySet<string>) => (name: string) =>
    [...world.invariants.keysOf(name)].some(key => keys.has(key))
  const keysOfRevoked = world.invariants.keysOf(REVOKED)
  const holdersBefore = others.filter(sharedWith(keysOfRevoked))
  const kept = world.cluster.members.filter(member => member.name !== REVOKED)
  const manifest = world.cluster.manifest(kept)
  const removedAt = world.now
  world.tell('h1', { kind: 'manifest', signed: manifest })
  world.run(CUT_OFF_WITHIN_MS)
  const holdersAfter = others.filter(sharedWith(keysOfRevoked))

  it('is cut off by every other within 5 s, and nobody holds a key with it any more', () => {
    for (const name of others) {
      const { peers, connections } = world.host(name).router.status(world.host(name).clockAt(world.now))
      expect(peers.map(peer => peer.nickname)).not.toContain(REVOKED)
      expect(connections.map(({ peer }) => peer?.nickname)).not.toContain(REVOKED)
    }
    expect({ holdersBefore, holdersAfter }).toEqual({ holdersBefore: others, holdersAfter: [] })
  })

  it('has no frame delivered, neither as it runs nor after it was started again with its old state', () => {
    const heard = () => others.reduce((sum, name) => sum + world.host(name).injected.length, 0)
    const count = heard()
    world.send(REVOKED, broadcastFrame(12, 'as it runs'))
    world.run(200)
    world.kill(REVOKED)
    world.restart(REVOKED, before)
    const end = world.now + RETURN_TRIED_FOR_MS
    while (world.now < end) {
      world.run(1_000)
      world.send(REVOKED, broadcastFrame(12, 'after a restart'))
      for (const name of others) expect(world.host(name).router.reach.all).toBe(hosts - 1)
    }
    expect(heard()).toBe(count)
    for (const name of others) {
      const { peers } = world.host(name).router.status(world.host(name).clockAt(world.now))
      expect(peers.map(peer => peer.nickname)).not.toContain(REVOKED)
    }
  })

  it('leaves its range to the others within 20 s', () => {
    world.run(removedAt + INHERITED_WITHIN_MS - world.now)
    expectInherited(world, others, '10.2.12.0/24')
  })
})

describe('a host that is taken out and back while it reaches nobody', () => {
  it('is let in again when it reaches the others', () => {
    const names = ['h1', 'h2', 'h3']
    const world = new World({ seed: 17, keepsWiretap: false })
    world.define(names)
    world.wireAll(names)
    for (const other of ['h1', 'h2']) world.cut('h3', other)
    const manifest = world.cluster.manifest()
    for (const name of names) world.start(name, name === 'h1' ? ['h2'] : ['h1'], manifest)
    world.run(1_000)
    const kept = world.cluster.members.filter(member => member.name !== 'h3')
    for (const signed of [world.cluster.manifest(kept), world.cluster.manifest()]) {
      for (const name of names) world.tell(name, { kind: 'manifest', signed })
      world.run(1_000)
    }
    world.heal()
    expect(() => converge(world, names)).not.toThrow()
  })
})

describe('the range of a host that is taken out', () => {
  it('is the others’ within 20 s', () => {
    const names = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6']
    const world = startAll(names, { latencyMs: 60, jitterMs: 30, loss: 0.1 }, true)
    world.run(10_000)
    const kept = world.cluster.members.filter(member => member.name !== 'h3')
    world.tell('h1', { kind: 'manifest', signed: world.cluster.manifest(kept) })
    world.run(INHERITED_WITHIN_MS)
    expectInherited(
      world,
      kept.map(({ name }) => name),
      '10.2.3.0/24',
    )
  })
})

/** By the word of each of them. */
function expectInherited(world: World, heirs: readonly string[], range: string): void {
  for (const name of heirs) {
    const peers = world.host(name).router.shared?.ipam?.status(world.now).peers ?? []
    const owned = peers.flatMap(({ ranges }) => ranges)
    expect(without(rangeOf(network(range)), owned)).toEqual([])
    expect(peers).toHaveLength(heirs.length)
  }
}

function startAll(names: readonly string[], faults: Partial<NetworkFaults>, hasTopics = false): World {
  const world = new World({ seed: 17, faults, hasTopics, keepsWiretap: false })
  world.define(names)
  world.wireAll(names)
  const manifest = world.cluster.manifest()
  for (const name of names) world.start(name, name === 'h1' ? ['h2'] : ['h1'], manifest)
  world.run(4_000)
  return world
}
