import type { Plan } from '../plan/plan.ts'
import { BRIDGE_CHECKS } from './bridge-checks.ts'
import { asDisorder, type ClusterFacts, type Disorder, type HostCase } from './disorder.ts'
import { DOCKER_CHECKS } from './docker-checks.ts'
import { FIREWALL_CHECKS, PAIR_CHECKS } from './network-checks.ts'
import { ROUTER_CHECKS } from './router-checks.ts'

const CHECKS = [...BRIDGE_CHECKS, ...ROUTER_CHECKS, ...DOCKER_CHECKS, ...FIREWALL_CHECKS, ...PAIR_CHECKS]

/** All that is not as it should be, host by host in the order of their numbers. What was not read is not judged. */
export function diagnoseCluster(facts: ClusterFacts): readonly Disorder[] {
  return [...ofCluster(facts), ...facts.plan.hosts.flatMap(host => ofHost(facts, host))]
}

function ofCluster({ silent, unfinished }: ClusterFacts): readonly Disorder[] {
  const away = [...silent].map(([host, reason]) =>
    asDisorder(host, {
      about: 'silent',
      cause: `it cannot be asked: ${reason}`,
      remedy: `bring it back; when it is gone for good, 'weave-provision remove ${host}'`,
    }),
  )
  if (unfinished === undefined) return away
  const cause = `apply ${unfinished.number} did not come to its end (${unfinished.outcome})`
  const remedy = "'weave-provision up --resume' goes on in the same batches; 'weave-provision up' does what is missing"
  return [...away, asDisorder('', { about: 'unfinished-apply', severity: 'warning', cause, remedy })]
}

function ofHost(facts: ClusterFacts, host: Plan['hosts'][number]): readonly Disorder[] {
  const seen = facts.examinations.get(host.name)
  if (seen === undefined) return []
  if (!seen.isInstalled) {
    const cause = 'the overlay is not installed on it'
    return [
      asDisorder(host.name, { about: 'not-installed', cause, remedy: `'weave-provision up --limit ${host.name}'` }),
    ]
  }
  if (seen.whole === undefined) return []
  const one: HostCase = { facts, host, seen, whole: seen.whole }
  return CHECKS.flatMap(check => check(one)).map(complaint => asDisorder(host.name, complaint))
}
