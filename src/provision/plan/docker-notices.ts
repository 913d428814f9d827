import { effectiveOptions } from './docker-defaults.ts'
import { parseDaemonJson } from './docker-method.ts'
import { valuesOfFlag } from './docker-options.ts'
import { FACT_PATHS, type FactsByHost, type HostFacts } from './host-facts.ts'
import type { Plan } from './plan.ts'

/** The bridge docker0 had the first address until Docker 1.8, and has the second one since. */
const DOCKER0_ADDRESSES = ['172.17.42.1', '172.17.0.1']

/** Settings of others that are kept, but that lose their meaning when Docker no longer has a bridge of its own. */
export function dockerNotices(plan: Plan, facts: FactsByHost): readonly string[] {
  return plan.hosts.flatMap(({ name, dockerMethod }) => {
    const ofHost = facts[name]
    if (ofHost === undefined || dockerMethod === 'none') return []
    return nameServersOf(ofHost)
      .filter(server => DOCKER0_ADDRESSES.includes(server))
      .map(server => `Docker on host '${name}' names ${server} as DNS server: docker0 had it, and docker0 goes.`)
  })
}

function nameServersOf({ files }: HostFacts): readonly string[] {
  const words = effectiveOptions(files[FACT_PATHS.dockerDefaults] ?? '')
  const daemon = parseDaemonJson(files[FACT_PATHS.daemonJson])
  const listed = daemon.ok && Array.isArray(daemon.value.dns) ? daemon.value.dns : []
  return [...valuesOfFlag(words, '--dns'), ...listed].filter(server => typeof server === 'string')
}
