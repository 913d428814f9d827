import type { AgentConfig } from '../../src/contract/agent-config.ts'
import type { AgentLab } from '../../test/system/agent/agent-lab.ts'
import type { Daemons } from './daemons.ts'

/** How many hosts are between the two ends: none, one, two. */
export const DISTANCES = ['direct', 'one relay', 'two relays'] as const
export type Distance = (typeof DISTANCES)[number]

/** From where to where, and the address of the one that receives. */
export interface Route {
  readonly from: string
  readonly to: string
  readonly address: string
}

/** A candidate that runs. */
export interface Contestant {
  readonly candidate: Candidate
  readonly lab: AgentLab
  /** Distances that it cannot do are missing. */
  readonly routes: Readonly<Partial<Record<Distance, Route>>>
  readonly daemons: Daemons
}

export interface Candidate {
  readonly name: string
  readonly kind: 'ours' | 'peer' | 'reference'
  /** What it carries, and how that is sealed. */
  readonly about: string
  readonly isSealed: boolean
  /** Changes what the agents are told. Given, the candidate has hosts of its own. */
  readonly configure?: (config: AgentConfig) => AgentConfig
  /** Starts it on the hosts of `lab`, and waits until it carries packets. `underlayMtu`: of the cables. */
  start(lab: AgentLab, underlayMtu: number): Promise<Omit<Contestant, 'candidate' | 'lab'>>
}

/** The hosts of the chain, in order. */
export const CHAIN = ['a', 'b', 'c', 'd'] as const
export type ChainHost = (typeof CHAIN)[number]

/** `10.91.N.x` is cable N; a host is x on both its cables. */
export function cableAddress(host: ChainHost, towards: ChainHost): string {
  const [one, other] = [CHAIN.indexOf(host), CHAIN.indexOf(towards)]
  return `10.91.${Math.min(one, other) + 1}.${one + 1}`
}

/** The device on `host` whose cable leads to `towards`. */
export function cableDevice(host: ChainHost, towards: ChainHost): string {
  return host + towards
}

export function neighboursOf(host: ChainHost): readonly ChainHost[] {
  const at = CHAIN.indexOf(host)
  return CHAIN.filter((_, i) => Math.abs(i - at) === 1)
}

/** Host to host, over the addresses that `addressOf` gives. */
export function hostRoutes(
  addressOf: (host: ChainHost) => string,
  distances: readonly Distance[] = DISTANCES,
): Partial<Record<Distance, Route>> {
  const far: Readonly<Record<Distance, ChainHost>> = { direct: 'b', 'one relay': 'c', 'two relays': 'd' }
  return Object.fromEntries(
    distances.map(distance => [distance, { from: 'a', to: far[distance], address: addressOf(far[distance]) }]),
  )
}
