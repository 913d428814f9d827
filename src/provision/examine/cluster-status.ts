import type { ClusterFacts } from './disorder.ts'

/** The cluster as `weave-provision status` tells it. */
export interface ClusterStatus {
  readonly clusterName: string
  readonly subnet: string
  /** Every host answers, runs, reaches all others, and nothing is left half done. */
  readonly isWell: boolean
  readonly manifestVersion: number
  readonly isLocked: boolean
  readonly unfinishedApply: { readonly number: number; readonly outcome: string } | null
  readonly hosts: readonly HostStatus[]
}

export interface HostStatus {
  readonly name: string
  readonly number: number
  readonly bridgeAddress: string
  readonly containerRange: string
  /** `lost`: it cannot be asked. `absent`: nothing is installed. `stopped`: no router answers. */
  readonly state: 'well' | 'partial' | 'stopped' | 'absent' | 'lost'
  readonly version: string | null
  readonly release: string | null
  readonly manifestVersion: number | null
  readonly reached: number
  readonly unreached: readonly string[]
  /** How many others frames reach in which way. */
  readonly paths: { readonly direct: number; readonly relayed: number; readonly overTcp: number }
  /** What an apply has left undone, or `up` would change. */
  readonly pending: readonly string[]
  /** Why it cannot be asked. */
  readonly reason: string | null
}

export function clusterStatus(facts: ClusterFacts): ClusterStatus {
  const { plan, examinations, unfinished } = facts
  const hosts = plan.hosts.map(({ name }) => hostStatus(facts, name))
  return {
    clusterName: plan.clusterName,
    subnet: plan.subnet,
    isWell: hosts.every(({ state, pending }) => state === 'well' && pending.length === 0) && unfinished === undefined,
    manifestVersion: facts.manifestVersion,
    isLocked: [...examinations.values()].some(({ isLocked }) => isLocked),
    unfinishedApply: unfinished ?? null,
    hosts,
  }
}

function hostStatus(facts: ClusterFacts, name: string): HostStatus {
  const { plan, examinations, silent } = facts
  const host = plan.hosts.find(one => one.name === name)
  const seen = examinations.get(name)
  const router = seen?.router ?? null
  const others = plan.hosts.map(one => one.name).filter(one => one !== name)
  const peers = others.map(other => router?.peers.find(({ nickname }) => nickname === other))
  const unreached = others.filter((_, i) => peers[i]?.isReachable !== true)
  const overTcp = others.filter(other => router?.connections.some(c => c.peer === other && c.info.includes('over tls')))
  const relayed = peers.filter(peer => peer?.isReachable === true && peer.path?.kind === 'relayed')
  const reached = others.length - unreached.length
  return {
    name,
    number: host?.index ?? 0,
    bridgeAddress: host?.bridgeAddress ?? '',
    containerRange: host?.containerRange ?? '',
    state: stateOf(seen, unreached.length === 0),
    version: router?.version ?? null,
    release: seen?.release ?? null,
    manifestVersion: router?.manifestVersion ?? null,
    reached,
    unreached: router === null ? [] : unreached,
    paths: { direct: reached - relayed.length - overTcp.length, relayed: relayed.length, overTcp: overTcp.length },
    pending: seen === undefined ? [] : pendingOf(facts, seen),
    reason: silent.get(name) ?? null,
  }
}

type Seen = NonNullable<ReturnType<ClusterFacts['examinations']['get']>>

function stateOf(seen: Seen | undefined, reachesAll: boolean): HostStatus['state'] {
  if (seen === undefined) return 'lost'
  if (!seen.isInstalled) return 'absent'
  if (seen.router === null) return 'stopped'
  return reachesAll ? 'well' : 'partial'
}

function pendingOf({ release, manifestVersion }: ClusterFacts, seen: Seen): readonly string[] {
  const services = Object.entries(seen.pending).map(([service, need]) => `${need} of ${service}`)
  return [
    ...services,
    ...(seen.halfWritten.length > 0 ? ['a file half written'] : []),
    ...(seen.release !== null && seen.release !== release ? ['another release'] : []),
    ...(seen.router !== null && seen.router.manifestVersion < manifestVersion ? ['an older manifest'] : []),
  ]
}
