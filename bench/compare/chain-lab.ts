import type { AgentConfig } from '../../src/contract/agent-config.ts'
import { AgentLab, type LabPlan } from '../../test/system/agent/agent-lab.ts'
import { eventually } from '../../test/system/eventually.ts'
import { CHAIN, type Contestant, cableAddress, DISTANCES } from './candidate.ts'

/** What the sleeve's outer headers take of the underlay's MTU. */
export const SLEEVE_OVERHEAD = 124

export interface ChainWish {
  /** Tells two labs that are there at a time apart. */
  readonly name: string
  readonly underlayMtu: number
  readonly configure?: ((config: AgentConfig) => AgentConfig) | undefined
}

/** Four hosts in a chain, each with a cable to the next. */
export function createChainLab({ name, underlayMtu, configure = config => config }: ChainWish): Promise<AgentLab> {
  const wires = CHAIN.slice(1).map((host, i) => {
    const before = CHAIN[i] ?? 'a'
    return [`${before} ${cableAddress(before, host)}/24`, `${host} ${cableAddress(host, before)}/24`] as const
  })
  const hosts = CHAIN.map((name, i) => ({
    name,
    shortId: i + 1,
    address: cableAddress(name, CHAIN[i - 1] ?? 'b'),
    targets: i === 0 ? [] : [cableAddress(CHAIN[i - 1] ?? 'a', name)],
  }))
  const plan: LabPlan = {
    name,
    hosts,
    wires,
    underlayMtu,
    configure: config => configure({ ...config, bridge: { ...config.bridge, mtu: underlayMtu - SLEEVE_OVERHEAD } }),
  }
  return AgentLab.create(plan)
}

/** Puts a container on the bridge of each host; gives the routes between them. */
export function containerRoutes(lab: AgentLab, mtu: number): Contestant['routes'] {
  for (const host of CHAIN) lab.addContainer(host, mtu)
  const routes = DISTANCES.map((distance, i) => {
    const to = CHAIN[i + 1] ?? 'd'
    return [distance, { from: 'ca', to: `c${to}`, address: `10.2.${i + 2}.1` }] as const
  })
  return Object.fromEntries(routes)
}

/** Until every route carries pings: only then is it fair to measure. */
export async function awaitRoutes({ lab, routes, daemons, candidate }: Contestant): Promise<void> {
  for (const { from, address } of Object.values(routes)) {
    await eventually(30_000, async () => {
      const { exitCode } = await lab.on(from, 'ping', '-c', '1', '-W', '1', address)
      const logs = [...daemons.keys()].map(name => lab.log(name)).join('')
      return exitCode === 0 || `${candidate.name}: no answer from ${address}\n${logs}`
    })
  }
}
