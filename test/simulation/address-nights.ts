import { type AddressHost, AddressWorld } from './address-world.ts'

const UNIVERSE = '10.0.0.0/8'
const MINUTE = 60_000
const NIGHT = 24 * 60 * MINUTE
/** Word of a clone has reached all by then. */
const NEWS_IS_OUT = 10_000
const CLONED = 'another host speaks in the name of this one'

export interface NightsOptions {
  readonly seed: number
  readonly hosts: number
  readonly replacedEachNight: number
  readonly nights: number
}

export interface NightsOutcome {
  readonly world: AddressWorld
  /** Hosts that there ever were, each with 256 addresses of its own. */
  readonly hosts: number
  readonly given: number
  /** How often a host and its clone both gave out addresses. */
  readonly givenTwice: number
  /** Claims that were told to all as not lawful, though nobody lies. */
  readonly refused: number
  /** Errors other than those that a clone is there for. */
  readonly errors: readonly string[]
}

/** Night after night hosts are cloned, replaced, crash and are cut off, while containers come and go. */
export function liveThroughNights({ seed, hosts, replacedEachNight, nights }: NightsOptions): NightsOutcome {
  const world = new AddressWorld({ seed, universe: UNIVERSE, initial: { kind: 'manifest' } })
  let number = 0
  const addHost = () => world.add(++number, homeOf(number))
  for (let i = 0; i < hosts; i++) addHost()
  world.publishManifest(world.hosts.keys())
  world.run(MINUTE)
  let givenTwice = 0
  for (let night = 0; night < nights; night++) {
    const going = pickSome(world, replacedEachNight)
    if (cloneOne(world, going[0], night) > 1) givenTwice++
    for (const host of going) world.remove(host)
    for (let i = 0; i < replacedEachNight; i++) addHost()
    world.publishManifest(world.hosts.keys())
    world.run(2_000)
    useAll(world, `evening${night}`, number)
    sufferTrouble(world, night, number)
    for (const host of world.up) world.endAllBut(host, `cut${night}-0`)
    world.run(NIGHT)
  }
  const given = [...world.answers.values()].filter(answer => answer.kind === 'address').length
  const refused = world.refusals.filter(text => text.includes('another host holds')).length
  return {
    world,
    hosts: number,
    given,
    givenTwice,
    refused,
    errors: world.errors.filter(text => !text.includes(CLONED)),
  }
}

/** Of two hosts with one name at most one may hand out anything. Gives how many did. */
function cloneOne(world: AddressWorld, host: AddressHost | undefined, night: number): number {
  if (host === undefined) return 0
  const clone = world.clone(host)
  world.run(NEWS_IS_OUT)
  const tickets = [host, clone].map((one, i) => world.allocate(one, `clone${night}-${i}`, UNIVERSE))
  world.run(NEWS_IS_OUT)
  world.remove(clone)
  return tickets.filter(ticket => world.answers.get(ticket)?.kind === 'address').length
}

function sufferTrouble(world: AddressWorld, night: number, homes: number): void {
  const crashed = world.random.pick(world.up)
  if (crashed === undefined) return
  world.crash(crashed)
  world.run(world.random.between(0, 20_000))
  world.split((_, i) => (i % 7 === night % 7 ? 1 : 0))
  useAll(world, `cut${night}`, homes)
  world.run(30_000)
  world.restart(crashed)
  world.split(() => 0)
  world.run(MINUTE)
}

function pickSome(world: AddressWorld, count: number): readonly AddressHost[] {
  const all = [...world.hosts.values()]
  return Array.from({ length: count }, () => all.splice(world.random.between(0, all.length - 1), 1)).flat()
}

/** Of the host's own space, or of what is or was another's home, which moves space. */
function useAll(world: AddressWorld, name: string, homes: number): void {
  for (const host of world.up) {
    for (let i = 0; i < world.random.between(0, 6); i++) {
      const subnet = world.random.chance(0.3) ? homeOf(world.random.between(1, homes)) : UNIVERSE
      world.allocate(host, `${name}-${i}`, subnet)
    }
  }
}

function homeOf(number: number): string {
  return `10.${number >> 8}.${number & 255}.0/24`
}
