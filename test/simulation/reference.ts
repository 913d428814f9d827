import { HOPS_MAX } from '../../src/core/wire/datagram.ts'
import type { World } from './world.ts'

export interface ReferenceFacts {
  /** Hosts whose router runs and that are members by the newest manifest. */
  readonly hosts: readonly string[]
  readonly passes: (a: string, b: string) => boolean
}

/**
 * Who should reach whom, by nothing but hosts and wires: as naive as can be, so that it is right where the routers may be wrong.
 * Frames reach as far as the hops of a datagram; routes have no such limit.
 */
export class ReferenceModel {
  readonly #distances = new Map<string, ReadonlyMap<string, number>>()

  constructor({ hosts, passes }: ReferenceFacts) {
    for (const host of hosts) this.#distances.set(host, distancesFrom(host, hosts, passes))
  }

  /** Including the host itself, by name. */
  reachableFrom(host: string): readonly string[] {
    return [...(this.#distances.get(host)?.keys() ?? [])].sort()
  }

  /** Hosts that a broadcast of `host` arrives at. */
  hearersOf(host: string): readonly string[] {
    const distances = [...(this.#distances.get(host) ?? [])]
    return distances
      .filter(([, distance]) => distance > 0 && distance <= HOPS_MAX)
      .map(([name]) => name)
      .sort()
  }
}

/** `must`: who has to reach whom; `may`: who can, where chance has a say. */
export function referenceOf(world: World, members: readonly string[]): Record<'must' | 'may', ReferenceModel> {
  const hosts = members.filter(name => world.hosts.get(name)?.isUp === true)
  const { network, underlay } = world
  return {
    must: new ReferenceModel({ hosts, passes: (a, b) => network.passesBothWays(a, b) && underlay.canLink(a, b) }),
    may: new ReferenceModel({ hosts, passes: (a, b) => network.passesBothWays(a, b) && underlay.mayLink(a, b) }),
  }
}

/** What is wrong about `names`: undefined when each is there once that must be, and none that may not. */
export function differenceOf(
  names: readonly string[],
  must: readonly string[],
  may: readonly string[],
): string | undefined {
  const isOnce = new Set(names).size === names.length
  if (isOnce && must.every(name => names.includes(name)) && names.every(name => may.includes(name))) return undefined
  return `[${[...names].sort().join()}], should be [${must.join()}], or more of [${may.join()}]`
}

function distancesFrom(
  start: string,
  hosts: readonly string[],
  passes: ReferenceFacts['passes'],
): ReadonlyMap<string, number> {
  const distances = new Map([[start, 0]])
  for (const from of distances.keys()) {
    const distance = (distances.get(from) ?? 0) + 1
    for (const to of hosts) if (!distances.has(to) && passes(from, to)) distances.set(to, distance)
  }
  return distances
}
