import { macFromNumber } from '../../base/mac.ts'
import type { MacListing, PeerStatus } from '../../core/router/index.ts'

/** Each of the two ways that frames go has a table of its own; undefined where there is none, or it does not answer. */
export interface MacListings {
  readonly sleeve: MacListing | undefined
  readonly fastdp: MacListing | undefined
}

/** Ethernet addresses and the peers that they were seen behind, as Weave had them (row STAT-08), and how many there are in all. */
export function reportMacs(tables: MacListings, peers: readonly PeerStatus[], at: Date): object {
  const peerOf = new Map(peers.map(peer => [peer.shortId, peer]))
  const rows = Object.entries(tables).flatMap(([path, table]: [string, MacListing | undefined]) =>
    (table?.listed ?? []).map(({ mac, peer, agoMs }) => ({
      Mac: macFromNumber(mac),
      Name: peerOf.get(peer)?.name ?? '',
      NickName: peerOf.get(peer)?.nickname ?? '',
      LastSeen: new Date(at.getTime() - agoMs).toISOString(),
      Path: path,
    })),
  )
  return { MACs: rows, MACCounts: { sleeve: tables.sleeve?.count ?? null, fastdp: tables.fastdp?.count ?? null } }
}
