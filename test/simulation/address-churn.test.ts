import { GRACE_MS, REMOVED_MS } from '../../src/core/ipam/contacts.ts'
import { liveThroughNights } from './address-nights.ts'
import { type AddressHost, AddressWorld } from './address-world.ts'
import { DISPUTED } from './fault-driver.ts'

const SUBNET = '10.0.0.0/8'
const MINUTE = 60_000

describe('addresses while hosts come and go', () => {
  it('are neither leaked nor given twice when most hosts are replaced each night, with clones, crashes and cuts', () => {
    const outcome = liveThroughNights({ seed: 7, hosts: 12, replacedEachNight: 10, nights: 8 })
    expect(outcome.world.violations).toEqual([])
    expect(outcome.errors).toEqual([])
    expect(outcome.givenTwice).toBe(0)
    expect(outcome.refused).toBe(0)
    expect(outcome.world.survey()).toEqual({ owned: BigInt(outcome.hosts * 256), doubled: 0n })
    expect(outcome.given).toBeGreaterThan(200)
  })

  it('come back from hosts that died, without a manifest, after the grace time', () => {
    const world = new AddressWorld({ seed: 11, universe: '10.32.0.0/16', initial: { kind: 'consensus', expected: 9 } })
    let number = 0
    for (let i = 0; i < 9; i++) world.add(++number, undefined)
    world.reconnect()
    world.run(10_000)
    for (let night = 0; night < 6; night++) {
      for (const host of world.up) world.allocate(host, `n${night}`, '10.32.0.0/16')
      world.run(MINUTE)
      for (const host of [...world.hosts.values()].slice(0, 3)) world.remove(host)
      for (let i = 0; i < 3; i++) world.add(++number, undefined)
      world.reconnect()
      world.run(GRACE_MS + MINUTE)
      expect(world.survey()).toEqual({ owned: 65_536n, doubled: 0n })
    }
    expect(world.violations).toEqual([])
    expect([...world.answers.values()].every(answer => answer.kind === 'address')).toBe(true)
  })

  it('have one owner whatever partition, crash and grace time meet', () => {
    for (let seed = 1; seed <= 2; seed++) {
      const world = new AddressWorld({ seed, universe: SUBNET, initial: { kind: 'manifest' } })
      for (let i = 1; i <= 7; i++) world.add(i, `10.0.${i}.0/28`)
      world.publishManifest(world.hosts.keys())
      world.run(MINUTE)
      for (let round = 0; round < 12; round++) {
        const cut = world.random.between(1, 127)
        world.split((_, i) => (cut >> i) & 1)
        world.run(world.random.between(0, 5_000))
        useSome(world, round)
        world.run(world.random.between(0, GRACE_MS * 1.5))
        useSome(world, round + 100)
        const host = world.random.pick(world.up)!
        if (world.random.chance(0.5)) {
          world.crash(host)
          world.run(world.random.between(0, 10_000))
          world.restart(host)
        }
        world.run(world.random.between(0, 5_000))
        if (world.random.chance(0.7)) world.split(() => 0)
        for (const each of world.up) world.endAllBut(each, `r${round}`)
      }
      world.split(() => 0)
      world.run(GRACE_MS * 2)
      expect({ seed, violations: world.violations }).toEqual({ seed, violations: [] })
      expect({ seed, ...world.survey() }).toEqual({ seed, owned: 7n * 16n, doubled: 0n })
    }
  })

  it('are not given by a host whose space was taken over when it comes into contact with just half of the others', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const world = sixHosts(seed)
      world.run(MINUTE)
      const [first] = [...world.hosts.values()]
      world.split(host => (host === first ? 1 : 0))
      world.run(GRACE_MS + 3 * MINUTE)
      world.allocate(first!, 'while cut off', '10.0.1.0/28', 2 * MINUTE)
      for (const host of world.up) if (host !== first) world.allocate(host, 'meanwhile', '10.0.1.0/28', 2 * MINUTE)
      world.run(MINUTE)
      world.split((_, i) => (i < 3 ? 1 : 0))
      world.run(MINUTE)
      expect({ seed, violations: world.violations }).toEqual({ seed, violations: [] })
      expect(first?.ipam.leases).toEqual([])
    }
  })

  it('are not given by a host whose space was taken over when all in its reach that know of that have just started again', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { world, former, witnesses } = inherited(seed)
      for (const witness of witnesses) {
        world.crash(witness)
        world.run(world.random.between(0, 2_000))
        world.restart(witness)
      }
      world.split(host => (host === former || witnesses.includes(host) ? 1 : 0))
      for (let second = 0; second < 30; second++) {
        world.run(1_000)
        for (const host of world.up) world.allocate(host, `${second}`, '10.0.1.0/28', 2_000)
      }
      const { violations, errors } = world
      expect({ seed, violations, errors }).toEqual({ seed, violations: [], errors: [] })
      expect(former.ipam.leases).toEqual([])
    }
  })

  it('have one owner though the heir is cut off before it notices, whenever that is', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const world = sixHosts(seed)
      world.run(MINUTE)
      const [heir, ...others] = [...world.hosts.values()]
      const out = others.pop()!
      world.remove(out)
      world.publishManifest(world.hosts.keys())
      world.run(REMOVED_MS + world.random.between(0, 4_000))
      world.split(host => (host === heir ? 1 : 0))
      useSixthWhileParted(world)
      const { violations, errors } = world
      expect({ seed, violations, errors }).toEqual({ seed, violations: [], errors: [] })
      expect(world.survey()).toEqual({ owned: 6n * 16n, doubled: 0n })
    }
  })

  it('have one owner though rmpeer was run on a host that had not noticed its cut, and then on another (IPM-10)', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const world = sixHosts(seed)
      world.run(MINUTE)
      const [heir, ...others] = [...world.hosts.values()]
      const out = others.pop()!
      world.crash(out)
      world.run(12 * MINUTE)
      world.split(host => (host === heir ? 1 : 0))
      world.run(world.random.between(0, 700))
      world.tell(heir!, { kind: 'take-over', peer: out.name, ticket: 900 })
      useSixthWhileParted(world, second => {
        if (second === 20) world.tell(others[0]!, { kind: 'take-over', peer: out.name, ticket: 901 })
      })
      expect({ seed, violations: world.violations }).toEqual({ seed, violations: [] })
    }
  })

  it('are not given again by hosts that start with an old disk', () => {
    let restored = 0
    for (let seed = 1; seed <= 6; seed++) {
      const world = sixHosts(seed)
      world.run(MINUTE)
      const disks = new Map<AddressHost, string | undefined>()
      for (let round = 0; round < 20; round++) {
        comeAndGo(world, round)
        const kept = world.random.pick(world.up)!
        if (world.random.chance(0.5)) disks.set(kept, kept.stored)
        world.run(world.random.between(0, 20_000))
        const host = world.random.pick([...disks.keys()])
        if (host === undefined || world.random.chance(0.5)) continue
        world.crash(host)
        world.run(world.random.between(0, 5_000))
        world.restart(host, disks.get(host))
        restored++
        world.split(() => (world.random.chance(0.2) ? 1 : 0))
        world.run(world.random.between(0, 10_000))
        world.split(() => 0)
      }
      const errors = world.errors.filter(text => !text.endsWith(DISPUTED))
      expect({ seed, violations: world.violations, errors }).toEqual({ seed, violations: [], errors: [] })
    }
    expect(restored).toBeGreaterThan(20)
  })

  it('are not lent from the old disk of a host that is taken back while an heir of its space is taken out', () => {
    for (let seed = 1; seed <= 15; seed++) {
      const world = takenOver(seed)
      const { back, out } = returnAndHeir(world)
      const deeds = [back, () => world.run(world.random.between(0, 20_000)), out]
      for (const deed of world.random.chance(0.5) ? deeds : deeds.reverse()) deed()
      for (let second = 0; second < 60; second++) {
        world.run(1_000)
        for (const host of world.up) world.allocate(host, `after ${second}`, SUBNET)
      }
      world.run(3 * MINUTE)
      expect({ seed, violations: world.violations }).toEqual({ seed, violations: [] })
      expect(world.survey().doubled).toBe(0n)
    }
  })
})

/** Each with a range of its own, and a manifest that names them. */
function sixHosts(seed: number): AddressWorld {
  const world = new AddressWorld({ seed, universe: SUBNET, initial: { kind: 'manifest' } })
  for (let i = 1; i <= 6; i++) world.add(i, `10.0.${i}.0/28`)
  world.publishManifest(world.hosts.keys())
  return world
}

/** The first of six hosts was cut off until others had its space, and uses of it; its reach is to be those that come after the heirs, half of all or most. */
function inherited(seed: number) {
  const world = sixHosts(seed)
  world.run(MINUTE)
  const [former, ...others] = [...world.hosts.values()] as [AddressHost, ...AddressHost[]]
  world.split(host => (host === former ? 1 : 0))
  world.run(GRACE_MS + 3 * MINUTE)
  for (const host of others.slice(0, 3)) world.allocate(host, 'meanwhile', '10.0.1.0/28', 2 * MINUTE)
  world.run(MINUTE)
  return { world, former, witnesses: others.slice(-world.random.between(2, 3)) }
}

/** For a minute, each second after `before`, all ask for addresses of the sixth host's range; then all are in contact again. */
function useSixthWhileParted(world: AddressWorld, before: (second: number) => void = () => undefined): void {
  for (let second = 0; second < 60; second++) {
    world.run(1_000)
    before(second)
    for (const host of world.up) world.allocate(host, `${second}`, '10.0.6.0/28', 2_000)
  }
  world.split(() => 0)
  world.run(MINUTE)
}

/** The fifth of six hosts has died and was taken out; others have its space and use it. */
function takenOver(seed: number): AddressWorld {
  const world = sixHosts(seed)
  world.run(2 * MINUTE)
  const { fifth, others } = lineUp(world)
  for (let i = 0; i < world.random.between(1, 40); i++) world.allocate(fifth, `before ${i}`, SUBNET)
  world.run(MINUTE)
  world.crash(fifth)
  world.publishManifest(others.map(({ name }) => name))
  world.run(world.random.between(0, 3 * MINUTE))
  for (const host of others) for (let i = 0; i < 20; i++) world.allocate(host, `meanwhile ${i}`, SUBNET)
  world.run(world.random.between(0, 2 * MINUTE))
  return world
}

function returnAndHeir(world: AddressWorld): { readonly back: () => void; readonly out: () => void } {
  const { fifth, others } = lineUp(world)
  const hasMore = ({ ipam, home }: AddressHost) =>
    ipam.leases.some(({ address }) => !home.some(({ from, to }) => address >= from && address <= to))
  const heir = world.random.pick(others.filter(hasMore)) ?? others[0]
  return {
    back: () => {
      world.restart(fifth)
      world.endAllBut(fifth, '')
      world.publishManifest([...(world.members ?? []), fifth.name])
    },
    out: () => {
      if (heir !== undefined) world.remove(heir)
      world.publishManifest([...(world.members ?? [])].filter(name => name !== heir?.name))
    },
  }
}

function lineUp(world: AddressWorld) {
  const all = [...world.hosts.values()]
  const fifth = all[4]
  if (fifth === undefined) throw new Error('there are fewer than five hosts')
  return { fifth, others: all.filter(host => host !== fifth) }
}

/** Of the host's own range, or of another's, which moves space. */
function comeAndGo(world: AddressWorld, round: number): void {
  for (const host of world.up) {
    for (let i = 0; i < world.random.between(0, 4); i++) {
      const subnet = world.random.chance(0.5) ? SUBNET : `10.0.${world.random.between(1, 6)}.0/28`
      world.allocate(host, `r${round}-${i}`, subnet)
    }
    for (const { id } of host.ipam.leases) if (world.random.chance(0.3)) world.tell(host, { kind: 'release', id })
  }
}

function useSome(world: AddressWorld, round: number): void {
  for (const host of world.up) {
    useOn(world, host, round)
  }
}

function useOn(world: AddressWorld, host: AddressHost, round: number): void {
  for (let i = 0; i < world.random.between(0, 6); i++) world.allocate(host, `r${round}-${i}`, SUBNET)
}
