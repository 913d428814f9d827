import type { Problem } from '../../base/user-error.ts'
import type { Membership } from './host-facts.ts'
import type { Lock } from './lock.ts'

/**
 * A host that is set up already must be of the cluster that the lock file knows, and know no more of it than the lock file. Else the
 * inventory is another's or an old one, and going by it would number the host anew and shut it out of its cluster.
 */
export function checkMembership(host: string, membership: Membership | undefined, lock: Lock): readonly Problem[] {
  if (membership === undefined) return []
  const { clusterId, shortId, manifestVersion } = membership
  if (beginsAnew(host, membership, lock)) return []
  if (clusterId !== lock.cluster?.id) {
    const ours =
      lock.cluster === undefined ? 'there is no lock file that knows it' : `the lock file is of ${lock.cluster.id}`
    const cause = `host '${host}' is number ${shortId} of another cluster, ${clusterId}: ${ours}`
    const remedy =
      "fetch .weave.lock.yml and .weave.cluster.vault.yml of that cluster; or take its overlay off the host first: 'weave-provision down'"
    return [{ cause, remedy }]
  }
  if (manifestVersion <= lock.manifest.version) return []
  const cause = `the lock file is out of date: host '${host}' has manifest ${manifestVersion}, and it knows ${lock.manifest.version}`
  return [
    { cause, remedy: "fetch the newest .weave.lock.yml, as with 'git pull': somebody else has changed the cluster" },
  ]
}

/** The keys of the cluster were given up, by taking them out of the lock file; its numbers were not. */
function beginsAnew(host: string, { shortId }: Membership, lock: Lock): boolean {
  return lock.cluster === undefined && lock.hosts.some(({ name, index }) => name === host && index === shortId)
}
