import { type AddressHost, AddressWorld } from './address-world.ts'

const MINUTE = 60_000
/** Of all simulations in which hosts have ranges of their own in one subnet. */
export const SUBNET = '10.0.0.0/16'

/** Hosts of these ranges, which have been in contact for long. */
export function startInContact(homes: readonly string[], seed: number) {
  const world = new AddressWorld({ seed, universe: SUBNET, initial: { kind: 'manifest' } })
  const hosts = homes.map((home, i) => world.add(i + 1, home))
  world.publishManifest(world.hosts.keys())
  world.run(3 * MINUTE)
  return { world, hosts }
}

/** One whose range is 10.0.1.0/28, one that may lie, and others, likewise. */
export function startWithLiar(count: number, seed = 3) {
  const homes = Array.from({ length: count }, (_, i) => `10.0.${i + 1}.0/28`)
  const { world, hosts } = startInContact(homes, seed)
  const [owner, liar, ...others] = hosts as [AddressHost, AddressHost, ...AddressHost[]]
  return { world, owner, liar, others }
}
