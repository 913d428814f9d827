import { formatEndpoint } from '../../base/endpoint.ts'
import type { PeerName } from '../../base/peer-name.ts'
import type { ConnectionMaker, Target } from '../mesh/connection-maker.ts'
import type { Link } from '../mesh/link.ts'
import { peerNameOf } from '../session/crypto.ts'
import type { Announcements } from './announcements.ts'
import type {
  ConnectionStatus,
  FastPathStatus,
  Instant,
  PathStatus,
  PeerStatus,
  RouterOptions,
  RouterStatus,
  SharedView,
  TableSizes,
} from './api.ts'
import { fastUseOf } from './fast-path-status.ts'
import type { Membership } from './membership.ts'
import type { Neighbours } from './neighbours.ts'
import type { PathKeeper } from './path-keeper.ts'
import { describeRefusal, TOO_DEAR } from './path-reasons.ts'
import type { Publication } from './publication.ts'
import type { Flapping } from './restarts.ts'
import type { TwinDesk } from './twin-desk.ts'

export interface StatusSources {
  readonly options: RouterOptions
  readonly membership: Membership
  readonly announcements: Announcements
  readonly neighbours: Neighbours
  readonly maker: ConnectionMaker
  readonly publication: Pick<Publication, 'routes' | 'costs' | 'ways'>
  readonly paths: PathKeeper
  readonly pathTo: (peer: number) => PathStatus
  readonly twins: Pick<TwinDesk, 'twinsOf' | 'flappingOf' | 'returns' | 'clocks' | 'size'>
  readonly shared: SharedView
  readonly fastPath: FastPathStatus | undefined
  readonly isSatisfied: (target: Target) => boolean
  readonly refused: RouterStatus['refused']
  readonly now: Instant
}

/** Each peer is a neighbour of several: a name is looked for in its record once for each description. */
interface Sources extends StatusSources {
  readonly names: Map<number, Named | undefined>
}

interface Named {
  readonly name: PeerName
  readonly nickname: string
}

export function describeRouter(given: StatusSources): RouterStatus {
  const sources: Sources = { ...given, names: new Map() }
  const { options, membership, maker, announcements } = sources
  return {
    name: peerNameOf(announcements.publicKey),
    nickname: options.nickname,
    membership: membership.kind,
    shortId: options.shortId,
    clusterId: membership.clusterId,
    manifestVersion: membership.version,
    discovery: options.discovery,
    targets: maker.configured,
    connections: [...linkConnections(sources), ...pathConnections(sources), ...targetConnections(sources)],
    peers: describePeers(sources),
    ...(sources.fastPath === undefined ? {} : { fastPath: sources.fastPath }),
    wayChanges: sources.paths.moves,
    refused: sources.refused,
    sizes: describeSizes(sources),
    ...(options.fastPathMissing === undefined ? {} : { fastPathMissing: options.fastPathMissing }),
    ...(options.sleeveMissing === undefined ? {} : { sleeveMissing: options.sleeveMissing }),
  }
}

export function describeSizes({
  announcements,
  neighbours,
  maker,
  paths,
  twins,
  shared,
}: Pick<StatusSources, 'announcements' | 'neighbours' | 'maker' | 'paths' | 'twins' | 'shared'>): TableSizes {
  return {
    records: announcements.store.size,
    unsent: Math.max(0, ...neighbours.links.map(link => link.unsent.size)),
    links: neighbours.links.length,
    targets: maker.targets.length,
    directPaths: paths.paths.all.length,
    measuredPaths: paths.sizes.count,
    watchedPeers: twins.size,
    addressPeers: shared.ipam?.sizes.peers ?? 0,
    addressRequests: shared.ipam?.sizes.requests ?? 0,
    namePeers: shared.names?.peerCount ?? 0,
  }
}

function linkConnections(sources: Sources): readonly ConnectionStatus[] {
  return sources.neighbours.links.map(link => {
    const peer = link.peer === undefined ? undefined : nameOf(sources, link.peer)
    return {
      direction: link.direction,
      address: link.remote,
      state: stateOf(link),
      info: describeLink(sources, link, peer === undefined ? '' : `${peer.name}(${peer.nickname})`),
      ...(peer === undefined ? {} : { peer }),
      forMs: sources.now - link.changedAt,
      ...(link.quality.roundTripMs === undefined ? {} : { roundTripMs: link.quality.roundTripMs }),
      ...(link.isEstablished ? { loss: link.quality.loss, cost: costOf(sources, link) } : {}),
    }
  })
}

function stateOf({ state, provesAt }: Link): ConnectionStatus['state'] {
  if (state === 'greeting') return 'connecting'
  return provesAt === undefined ? state : 'pending'
}

function costOf(sources: Sources, link: Link): number {
  return sources.publication.costs.own(link.peer ?? 0) ?? link.quality.cost
}

/** In the order of columns that scripts written for Weave read: encryption, path, peer, MTU. */
function describeLink(sources: Sources, link: Link, peer: string): string {
  if (link.state === 'greeting') return 'waiting for hello'
  const { options, fastPath } = sources
  const fast = fastPath === undefined ? undefined : fastUseOf(link.peer, fastPath)
  if (fast?.way === 'clear') return `unencrypted fastdp ${peer} mtu=${options.mtu}`
  if (fast?.way === 'sealed') {
    const why =
      fast.refused.length === 0 ? '' : `, in the clear: ${describeRefusal(fast.refused, { hasTunnels: true })}`
    return `encrypted   fastdp ${peer} mtu=${options.mtu}${why}`
  }
  if (link.state === 'pending') return `encrypted   sleeve ${peer} no datagram has come back yet: is UDP blocked?`
  if (link.provesAt !== undefined) {
    const seconds = Math.ceil((link.provesAt - sources.now) / 1_000)
    return `encrypted   sleeve ${peer} comes and goes again and again: counts when it has lasted ${seconds} s more`
  }
  const established = `encrypted   sleeve ${peer} mtu=${link.isCarrying ? options.mtu : mtuOf(sources, link.peer)}`
  if (link.isCarrying) return `${established} sleeve over tls: no datagram comes through, is UDP blocked?`
  const sealed = `${established}${describeMove(link)}`
  if (fastPath === undefined || fast === undefined) return sealed
  const isDear = link.peer !== undefined && sources.publication.ways.isDear(link.peer)
  const isRelayed = fast.way === 'relayed'
  const hasTunnels = fastPath.hasTunnels && !isRelayed
  const reason = isDear ? TOO_DEAR : describeRefusal(fast.refused, { hasTunnels })
  if (isRelayed) return `unencrypted fastdp ${peer} mtu=${options.mtu}, over a relay: ${reason}`
  return `${sealed}, fast path: ${reason}`
}

/** Datagrams may take another of the peer's addresses than the link: of the other family, where the first loses them. */
function describeMove({ endpoint, remote }: Link): string {
  return endpoint === undefined || endpoint.ip === remote.ip ? '' : `, datagrams go to ${formatEndpoint(endpoint)}`
}

/** As it was measured, or `?`: that takes a moment. */
function mtuOf({ pathTo }: Sources, peer: number | undefined): string {
  return `${(peer === undefined ? undefined : pathTo(peer).mtu) ?? '?'}`
}

/** Direct paths that are open beside the links. */
function pathConnections(sources: Sources): readonly ConnectionStatus[] {
  return sources.paths.paths.all.flatMap(({ peer: shortId, endpoint, isPunched, quality, changedAt }) => {
    const peer = nameOf(sources, shortId)
    if (peer === undefined || endpoint === undefined) return []
    return {
      direction: 'outbound' as const,
      address: endpoint,
      state: 'established' as const,
      info: `encrypted   sleeve ${peer.name}(${peer.nickname}) mtu=${mtuOf(sources, shortId)} ${isPunched ? 'punched' : 'direct'}, without a link`,
      peer,
      forMs: sources.now - changedAt,
      ...(quality.roundTripMs === undefined ? {} : { roundTripMs: quality.roundTripMs }),
      loss: quality.loss,
    }
  })
}

function targetConnections(sources: Sources): readonly ConnectionStatus[] {
  const open = sources.maker.targets.filter(target => !sources.isSatisfied(target))
  return open.map(target => ({
    direction: 'outbound' as const,
    address: target.endpoint,
    ...describeTarget(target, sources.now),
    forMs: sources.now - target.changedAt,
  }))
}

function describeTarget(target: Target, now: Instant): Pick<ConnectionStatus, 'state' | 'info'> {
  const error = target.lastError ?? ''
  if (target.isDialling) return { state: target.failures > 0 ? 'retrying' : 'connecting', info: error }
  const seconds = Math.max(0, Math.ceil((target.retryAt - now) / 1000))
  return { state: 'failed', info: `${error === '' ? 'not tried yet' : error}, retry in ${seconds} s` }
}

/** All members, heard of or not. */
function describePeers(sources: Sources): readonly PeerStatus[] {
  const { membership, announcements, options } = sources
  const { routes } = sources.publication
  return membership.members.map(host => {
    const record = announcements.peer(host.shortId)
    const route = routes.get(host.shortId)
    const nextHop = route === undefined ? undefined : nameOf(sources, route.nextHop)?.name
    const isSelf = host.shortId === options.shortId
    const twins = sources.twins.twinsOf(host.shortId, sources.now)
    const flapping = sources.twins.flappingOf(host.shortId, sources.now)
    const unsteady = sources.twins.returns.of(host.shortId, sources.now)
    const isNeighbour = sources.neighbours.linkTo(host.shortId) !== undefined
    const clockAheadMs = isNeighbour ? sources.twins.clocks.aheadMsOf(host.shortId) : undefined
    return {
      name: host.peerName,
      nickname: record?.nickname ?? host.host,
      shortId: host.shortId,
      isSelf,
      isReachable: isSelf || route !== undefined,
      ...(nextHop === undefined ? {} : { nextHop }),
      ...(twins === undefined ? {} : { twins }),
      ...(flapping === undefined ? {} : { flapping: describeFlapping(flapping, sources.now) }),
      ...(unsteady === undefined ? {} : { unsteady: { ...unsteady, returns: Math.floor(unsteady.returns) } }),
      ...(clockAheadMs === undefined ? {} : { clockAheadMs }),
      ...(route === undefined ? {} : { hops: route.hops, cost: route.cost, path: sources.pathTo(host.shortId) }),
      connections: (record?.links ?? []).flatMap(link => {
        const peer = nameOf(sources, link.shortId)
        const direction = link.isOutbound ? ('outbound' as const) : ('inbound' as const)
        const { isEstablished, remote: address } = link
        return peer === undefined
          ? []
          : [{ peer: peer.name, nickname: peer.nickname, direction, address, isEstablished }]
      }),
    }
  })
}

function describeFlapping({ starts, heldUntil }: Flapping, now: Instant): NonNullable<PeerStatus['flapping']> {
  return { starts: Math.floor(starts), heldForMs: heldUntil - now }
}

function nameOf(sources: Sources, shortId: number): Named | undefined {
  const { names } = sources
  if (!names.has(shortId)) names.set(shortId, findName(sources, shortId))
  return names.get(shortId)
}

function findName({ membership, announcements }: Sources, shortId: number): Named | undefined {
  const host = membership.host(shortId)
  if (host === undefined) return undefined
  return { name: host.peerName, nickname: announcements.peer(shortId)?.nickname ?? host.host }
}
