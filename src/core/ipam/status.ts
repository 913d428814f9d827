import type { IpNetwork } from '../../base/ip-address.ts'
import type { IpamPeerStatus, IpamStatus } from './api.ts'
import { intersect, type Range, rangeOf, sizeOfRange } from './range.ts'
import type { Requests } from './requests.ts'
import type { Succession } from './succession.ts'
import type { Territory } from './territory.ts'

export function describeIpam(
  territory: Territory,
  succession: Succession,
  requests: Requests,
  now: number,
): IpamStatus {
  const { universe, leases, disputed } = territory
  const peers = [describeSelf(territory), ...describeOthers(territory, succession, now)].filter(
    peer => peer.addresses > 0n,
  )
  const count = (kind: string) => requests.pending.filter(({ request }) => request.kind === kind).length
  const state = describeState(territory, succession, requests, now)
  const ownerless = succession.ownerless(now)
  return {
    state,
    isReady: state === 'ready',
    universe,
    total: universe.reduce((sum, network) => sum + sizeOfRange(rangeOf(network)), 0n),
    peers,
    active: leases.size,
    pendingAllocates: count('allocate'),
    pendingClaims: count('claim'),
    disputed,
    ...(ownerless === undefined ? {} : { ownerless }),
  }
}

/** In the original's words (Weave row STAT-02). */
function describeState(territory: Territory, succession: Succession, requests: Requests, now: number): string {
  const { contacts, space, views, initial, isFrozen, reachable, universe } = territory
  if (succession.isRemoved) return 'removed from the manifest'
  if (isFrozen) return 'another host speaks in the name of this one'
  if (contacts.isFenced(now))
    return `out of contact with most of the cluster (needed: ${contacts.majority}, known: ${contacts.present.length})`
  const owners = views.all.filter(view => view.claims.some(claim => !claim.isSettling))
  if (space.usable.length === 0 && owners.length === 0) {
    const { needed, known } = succession.quorum
    if (known < needed) return `awaiting consensus (quorum: ${needed}, known: ${known})`
    if (initial.kind === 'observer') return 'priming'
    return requests.pending.length === 0 && space.claims.length === 0 ? 'idle' : 'priming'
  }
  if (requests.pending.length > 0) {
    const isCovered = universe.every(network =>
      owners.some(({ claims }) => claims.some(claim => intersect(claim, rangeOf(network)))),
    )
    const isNobodyThere = owners.length > 0 && owners.every(({ name }) => !reachable.has(name))
    if (isCovered && isNobodyThere && space.usable.length === 0) {
      return "all IP ranges owned by unreachable peers - use 'rmpeer' if they are dead"
    }
    return 'waiting for IP(s) to become available'
  }
  return 'ready'
}

function describeSelf({ self, space, leases, universe }: Territory): IpamPeerStatus {
  const ranges = within(space.claims, universe)
  const addresses = ranges.reduce((sum, range) => sum + sizeOfRange(range), 0n)
  const used = ranges.reduce((sum, range) => sum + BigInt(leases.countIn(range)), 0n)
  return { name: self, ranges, addresses, free: addresses - used, isReachable: true, isSelf: true }
}

/** A router that was launched with another range has still what it had of the former one, which is no part of the whole. */
function within(ranges: readonly Range[], universe: readonly IpNetwork[]): readonly Range[] {
  return ranges.flatMap(range => universe.flatMap(network => intersect(range, rangeOf(network)) ?? []))
}

function describeOthers(territory: Territory, succession: Succession, now: number): readonly IpamPeerStatus[] {
  const { views, self, space, reachable, universe } = territory
  return views.all.map(({ name, body }) => {
    const ranges = within(views.ownedBy(name, { name: self, claims: space.claims }), universe)
    const at = reachable.has(name) ? undefined : succession.takeOverAt(name)
    return {
      name,
      ranges,
      addresses: ranges.reduce((sum, range) => sum + sizeOfRange(range), 0n),
      free: (body?.claims ?? [])
        .filter(claim => within([claim], universe).length > 0)
        .reduce((sum, claim) => sum + claim.free, 0n),
      isReachable: reachable.has(name),
      isSelf: false,
      ...(at === undefined ? {} : { takenOverInMs: Math.max(0, at - now) }),
    }
  })
}
