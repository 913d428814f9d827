import type { SeededRandom } from './random.ts'

export const TOPOLOGIES = ['mesh', 'chain', 'star', 'ring', 'random', 'two islands'] as const
export type Topology = (typeof TOPOLOGIES)[number]

/** Beyond so many hosts a chain is longer than the hops of a datagram, which the reference model knows, but few want. */
export const CHAIN_HOSTS_MAX = 14

export function wiresOf(
  topology: Topology,
  names: readonly string[],
  random: SeededRandom,
): readonly (readonly [string, string])[] {
  const chain = names.slice(1).map((name, i) => [names[i] ?? name, name] as const)
  const [hub = ''] = names
  switch (topology) {
    case 'mesh':
      return allPairs(names)
    case 'chain':
      return names.length <= CHAIN_HOSTS_MAX ? chain : randomWires(names, random)
    case 'star':
      return names.slice(1).map(name => [hub, name] as const)
    case 'ring':
      return names.length > 2 ? [...chain, [names.at(-1) ?? '', hub] as const] : chain
    case 'random':
      return randomWires(names, random)
    case 'two islands': {
      const middle = Math.ceil(names.length / 2)
      return [...allPairs(names.slice(0, middle)), ...allPairs(names.slice(middle))]
    }
  }
}

function allPairs(names: readonly string[]): readonly (readonly [string, string])[] {
  return names.flatMap((a, i) => names.slice(i + 1).map(b => [a, b] as const))
}

/** A tree, so that all are connected, and about as many wires again. */
function randomWires(names: readonly string[], random: SeededRandom): readonly (readonly [string, string])[] {
  const tree = names.slice(1).map((name, i) => [names[random.between(0, i)] ?? '', name] as const)
  const more = names.map(name => [name, random.pick(names) ?? name] as const).filter(([a, b]) => a !== b)
  return [...tree, ...more]
}
