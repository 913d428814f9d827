import type { Plan } from '../plan/plan.ts'

/** Whom a host must reach, and which bridges must answer a ping from it. */
export interface GateDuty {
  readonly reach: readonly string[]
  readonly pings: readonly { readonly host: string; readonly address: string }[]
}

/** Each batch is held against so many hosts that were well before: all pairs would take for ever in a large cluster. */
const WITNESSES_MAX = 8

/**
 * What must hold after a batch: its hosts and some that were well before reach each other, and pings pass both ways, from a
 * container where there is one.
 */
export function gateDuties(
  plan: Plan,
  batch: readonly string[],
  healthy: readonly string[],
): ReadonlyMap<string, GateDuty> {
  const bridges = new Map(plan.hosts.map(host => [host.name, host.bridgeAddress.split('/')[0] ?? '']))
  const witnesses = spread(healthy.filter(host => !batch.includes(host)))
  const duty = (others: readonly string[]): GateDuty => ({
    reach: others,
    pings: spread(others).map(host => ({ host, address: bridges.get(host) ?? '' })),
  })
  const ofBatch = batch.map(host => [host, duty([...batch.filter(other => other !== host), ...witnesses])] as const)
  const ofWitnesses = witnesses.map(host => [host, duty(batch)] as const)
  return new Map([...ofBatch, ...ofWitnesses].filter(([, { reach }]) => reach.length > 0))
}

/** Evenly from all of them: neighbours in the list often share a rack. */
function spread(hosts: readonly string[]): readonly string[] {
  if (hosts.length <= WITNESSES_MAX) return hosts
  const step = hosts.length / WITNESSES_MAX
  return Array.from({ length: WITNESSES_MAX }, (_, i) => hosts[Math.floor(i * step)] ?? '')
}
