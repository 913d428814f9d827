import type { ClusterFacts } from '../../provision/examine/disorder.ts'
import { examineHosts } from '../../provision/examine/examine-hosts.ts'
import { readLock } from '../../provision/lock/lock-file.ts'
import { History, unfinishedApply } from '../../provision/operate/history.ts'
import { decide } from '../../provision/prepare-plan.ts'
import { type HostAccess, releaseDigest } from './host-access.ts'

/** Looks at the hosts, once, and changes nothing. */
export async function lookAtCluster(access: HostAccess, depth: 'status' | 'whole', logs = 0): Promise<ClusterLook> {
  const { sources, reach, limit } = access
  const { plan } = decide(sources, {})
  const hosts = limit.length > 0 ? limit : plan.hosts.map(({ name }) => name)
  const outcome = await examineHosts(reach, { plan, hosts, depth, logs })
  const unfinished = unfinishedApply(new History(sources.paths.folder).all())
  return {
    hosts,
    facts: {
      plan,
      ...outcome,
      release: releaseDigest(),
      manifestVersion: readLock(sources.paths.lock).manifest.version,
      unfinished: unfinished && { number: unfinished.number, outcome: unfinished.outcome },
    },
  }
}

export interface ClusterLook {
  /** Those that were asked. */
  readonly hosts: readonly string[]
  readonly facts: ClusterFacts
}
