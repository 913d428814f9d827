import { formatEndpoint } from '../../base/endpoint.ts'
import type { ConnectionStatus, PeerStatus, RouterStatus } from '../../core/router/index.ts'
import { PROTOCOL_OLDEST, PROTOCOL_VERSION } from '../../core/router/index.ts'
import { factsOf } from './connection-facts.ts'

/** The router's part of the report, with the names that scripts written for Weave ask for (rows API-02, STAT-08). */
export function reportRouter(router: RouterStatus): object {
  return {
    Protocol: 'weave-provision',
    ProtocolMinVersion: PROTOCOL_OLDEST,
    ProtocolMaxVersion: PROTOCOL_VERSION,
    Encryption: true,
    PeerDiscovery: router.discovery,
    Name: router.name,
    NickName: router.nickname,
    ShortID: router.shortId,
    ClusterId: router.clusterId,
    Membership: router.membership,
    ManifestVersion: router.manifestVersion,
    Peers: router.peers.map(reportPeer),
    UnicastRoutes: router.peers.flatMap(reportRoute),
    // There is no such table: a template that names it goes on.
    BroadcastRoutes: [],
    Interface: '',
    Connections: router.connections.map(reportConnection),
    Targets: router.targets.map(formatEndpoint),
    Refused: router.refused,
    WayChanges: router.wayChanges,
    Sizes: router.sizes,
    FastPath: router.fastPath ?? null,
    ...(router.fastPathMissing === undefined ? {} : { FastPathMissing: router.fastPathMissing }),
    ...(router.sleeveMissing === undefined ? {} : { SleeveMissing: router.sleeveMissing }),
  }
}

function reportPeer(peer: PeerStatus): object {
  return {
    Name: peer.name,
    NickName: peer.nickname,
    UID: 0,
    ShortID: peer.shortId,
    Version: 0,
    Self: peer.isSelf,
    Reachable: peer.isReachable,
    ...known({ Hops: peer.hops, Cost: peer.cost, ClockAheadMs: peer.clockAheadMs }),
    ...(peer.path === undefined ? {} : { Path: peer.path }),
    ...(peer.twins === undefined ? {} : { Twins: peer.twins }),
    ...(peer.flapping === undefined ? {} : { Flapping: peer.flapping }),
    ...(peer.unsteady === undefined ? {} : { Unsteady: peer.unsteady }),
    Connections: peer.connections.map(connection => ({
      Name: connection.peer,
      NickName: connection.nickname,
      Address: formatEndpoint(connection.address),
      Outbound: connection.direction === 'outbound',
      Established: connection.isEstablished,
    })),
  }
}

function reportRoute({ isSelf, name, nextHop, hops }: PeerStatus): readonly object[] {
  return isSelf || nextHop === undefined ? [] : [{ Dest: name, Via: nextHop, Hops: hops }]
}

/** With what the link has carried, where it is open. */
type Connection = ConnectionStatus & { readonly bytesSent?: number; readonly bytesReceived?: number }

function reportConnection(connection: Connection): object {
  const { peer, roundTripMs, loss, cost, bytesSent, bytesReceived } = connection
  const facts = factsOf(connection)
  return {
    Address: formatEndpoint(connection.address),
    Outbound: connection.direction === 'outbound',
    State: connection.state,
    Info: connection.info,
    Attrs: {
      // Without a value while the connection does not stand: to a template they are there all the same.
      name: facts?.name ?? null,
      encrypted: facts?.isEncrypted ?? null,
      mtu: facts?.mtu ?? null,
      ...(peer === undefined ? {} : { peer: peer.name, nickname: peer.nickname }),
      ...known({ roundTripMs, loss, cost, bytesSent, bytesReceived }),
      sinceMs: Math.round(connection.forMs),
    },
  }
}

function known(figures: Readonly<Record<string, number | undefined>>): object {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined))
}
