import type { ForwardingTable } from '../forwarding/forwarding-table.ts'
import type { DirectPaths } from '../mesh/direct-paths.ts'
import type { Routes } from '../mesh/routes.ts'
import type { SessionKeys } from '../session/session-keys.ts'
import type { Announcements } from './announcements.ts'
import type { Neighbours } from './neighbours.ts'

export interface ForwardingSources {
  readonly self: number
  readonly announcements: Announcements
  readonly neighbours: Neighbours
  readonly sessions: SessionKeys
  readonly routes: Routes
  readonly paths: DirectPaths
  /** Whether the way straight to the peer is to be left alone. */
  readonly isLeft: (peer: number) => boolean
  /** Peers that floods reach in the kernel. */
  readonly flooded: ReadonlySet<number> | undefined
}

/** All that the data plane needs, drawn together from the machines that know it. */
export function describeForwarding(sources: ForwardingSources): ForwardingTable {
  const { self, announcements, neighbours, sessions, routes, paths, isLeft, flooded } = sources
  const isLinked = (peer: number) => neighbours.linkTo(peer)?.isEstablished === true
  const direct = paths.all.filter(({ peer }) => routes.has(peer) && !isLinked(peer) && !isLeft(peer))
  const open = new Set(direct.flatMap(({ peer, endpoint }) => (endpoint === undefined ? [] : [peer])))
  const others = announcements.shortIds.filter(shortId => shortId !== self)
  return {
    self,
    peers: others.map(shortId => {
      const nextHop = open.has(shortId) ? shortId : routes.get(shortId)?.nextHop
      const sealing = sessions.sealingFor(shortId)
      return {
        shortId,
        ...(nextHop === undefined ? {} : { nextHop }),
        ...(open.has(shortId) ? { isBeside: true } : {}),
        ...(sealing === undefined ? {} : { sealing }),
        opening: sessions.openingFor(shortId),
        ...(flooded?.has(shortId) === true ? { isFloodedByKernel: true } : {}),
      }
    }),
    neighbours: [
      ...neighbours.ready.flatMap(({ peer, endpoint, isCarrying }) => {
        // A link whose datagrams do not pass yet knows where it tries, and the way beside it where they do.
        if (peer === undefined || endpoint === undefined || open.has(peer)) return []
        return isCarrying ? [{ shortId: peer }] : [{ shortId: peer, endpoint }]
      }),
      ...direct.flatMap(({ peer, endpoint }) => (endpoint === undefined ? [] : [{ shortId: peer, endpoint }])),
    ],
  }
}
