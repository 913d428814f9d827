import type { PeerName } from '../../base/peer-name.ts'
import { EPOCH_MAX, type Grant } from './body.ts'
import { type Range, without } from './range.ts'
import type { Territory } from './territory.ts'

/** A piece of what a lost peer leaves to its heirs. */
export interface EstatePart extends Range {
  readonly epoch: number
}

export function estateOf(peer: PeerName, territory: Territory): readonly EstatePart[] {
  const { views, self, space, homes, grants } = territory
  const owned = [...views.ownedBy(peer, { name: self, claims: space.claims }), ...strandedGrantsOf(peer, territory)]
  const isMember = homes.isMember(peer)
  // Of what it claimed besides a member, one that the manifest names no more leaves nothing behind.
  const others = views.ofMembers.filter(({ name }) => name !== peer)
  const onTheWay = [...grants, ...others.flatMap(view => view.grants)]
  const kept = [...space.claims, ...onTheWay, ...(isMember ? [] : others.flatMap(({ claims }) => claims))]
  return owned
    .filter(({ epoch }) => !isMember || epoch < EPOCH_MAX)
    .flatMap(part => without(part, kept).map(range => ({ ...range, epoch: part.epoch })))
}

/** Its own, or on its way to one that has not taken it yet, for lack of room. */
export function leavesAnything(peer: PeerName, territory: Territory): boolean {
  const { views, contacts } = territory
  const isPending = (grant: Grant) => contacts.isReachable(grant.receiver) && !views.isTaken(peer, grant)
  return estateOf(peer, territory).length > 0 || views.get(peer)?.grants.some(isPending) === true
}

/** Whether members own all that a removed peer claimed: what they give each other from then on is not found ownerless on its way. */
export function hasHeirs(peer: PeerName, { views, space, homes }: Territory): boolean {
  if (homes.isMember(peer)) return false
  const settled = [...space.claims, ...views.ofMembers.flatMap(({ claims }) => claims)].filter(one => !one.isSettling)
  return views.get(peer)?.claims.every(claim => without(claim, settled).length === 0) === true
}

/** What the peer gave to one that is out of reach too, and that nobody speaks for. */
function strandedGrantsOf(peer: PeerName, { views, space, contacts, self }: Territory): readonly EstatePart[] {
  const claims = [...views.all.flatMap(view => view.claims), ...space.claims]
  return (views.get(peer)?.grants ?? [])
    .filter(grant => grant.receiver !== self && !contacts.isReachable(grant.receiver))
    .filter(grant => !views.isTaken(peer, grant))
    .flatMap(grant => without(grant, claims).map(part => ({ ...part, epoch: grant.epoch })))
}
