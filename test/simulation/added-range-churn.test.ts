import { type AddressHost, AddressWorld } from './address-world.ts'

const MINUTE = 60_000
const HOSTS = 6
const DEEDS = 40
/** Nobody is away for an hour, after which others inherit what its containers have. */
const DEEDS_UNHEALED = 5
const UNIVERSE = '10.0.0.0/16'
const [FIRST, SECOND] = ['10.9.0.0/16', '10.10.0.0/18']

describe('ranges that manifests add while hosts come, go, crash and are cut off', () => {
  it.each(Array.from({ length: 8 }, (_, i) => i + 1))(
    'have no address twice, and nobody refuses another (seed %i)',
    seed => {
      const world = new AddressWorld({ seed, universe: UNIVERSE, initial: { kind: 'manifest' } })
      let number = 0
      const addHost = () => world.add(++number, `10.0.${number}.0/28`)
      for (let i = 0; i < HOSTS; i++) addHost()
      world.publishManifest(world.hosts.keys())
      world.run(3 * MINUTE)
      for (let deed = 0; deed < DEEDS; deed++) {
        doOne(world, addHost)
        useSome(world, `d${deed}`)
        if (deed % DEEDS_UNHEALED === 0) heal(world)
        else world.run(pauseOf(world))
      }
      change(world, [FIRST, SECOND])
      heal(world)
      const lies = world.refusals.filter(text => text.includes('another host holds'))
      const { violations, errors } = world
      expect({ violations, errors, lies, doubled: world.survey().doubled }).toEqual({
        violations: [],
        errors: [],
        lies: [],
        doubled: 0n,
      })
      for (const host of world.up) {
        const ticket = world.allocate(host, 'last', FIRST, 2 * MINUTE)
        world.run(2 * MINUTE)
        expect(world.answers.get(ticket)).toMatchObject({ kind: 'address' })
      }
    },
  )
})

function doOne(world: AddressWorld, addHost: () => AddressHost): void {
  const { random } = world
  const deeds = [
    () => change(world, [FIRST, SECOND].slice(0, world.addedRanges.length + 1)),
    () => crash(world),
    () => restartAll(world),
    () => world.split((_, i) => (i % HOSTS === random.between(0, HOSTS - 1) ? 1 : 0)),
    () => world.split(() => 0),
    () => {
      const going = random.pick([...world.hosts.values()])
      if (going !== undefined) world.remove(going)
      addHost()
      world.publishManifest(world.hosts.keys())
    },
  ]
  random.pick(deeds)?.()
}

function change(world: AddressWorld, ranges: readonly string[]): void {
  world.addedRanges = ranges
  world.reconnect()
}

/** One at a time, so that most are up. */
function crash(world: AddressWorld): void {
  const host = world.random.pick(world.up)
  if (host !== undefined && world.up.length === world.hosts.size) world.crash(host)
}

function restartAll(world: AddressWorld): void {
  for (const host of world.hosts.values()) if (!host.isUp) world.restart(host)
}

function useSome(world: AddressWorld, name: string): void {
  for (const host of world.up) {
    if (world.random.chance(0.3)) world.endAllBut(host, '')
    for (let i = 0; i < world.random.between(0, 12); i++) {
      world.allocate(host, `${name}-${i}`, world.random.pick([FIRST, SECOND, UNIVERSE]) ?? UNIVERSE)
    }
  }
}

function pauseOf({ random }: AddressWorld): number {
  return random.pick([1_000, 10_000, 3 * MINUTE, 11 * MINUTE]) ?? MINUTE
}

function heal(world: AddressWorld): void {
  restartAll(world)
  world.split(() => 0)
  world.run(70 * MINUTE)
}
