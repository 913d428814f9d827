import type { IpamStatus } from '../../core/router/index.ts'

/** `weave status ipam`, a line for each owner (Weave row STAT-07). */
export function formatIpam(status: IpamStatus, nicknames: ReadonlyMap<string, string>): string {
  if (status.peers.length === 0) return `${status.state}\n`
  const rows = [...status.peers].sort((a, b) => Number(b.isSelf) - Number(a.isSelf) || (a.name < b.name ? -1 : 1))
  return [...rows.map(peer => formatPeer(peer, status, nicknames)), ...formatOwnerless(status, nicknames)]
    .map(line => `${line}\n`)
    .join('')
}

function formatOwnerless({ ownerless }: IpamStatus, nicknames: ReadonlyMap<string, string>): readonly string[] {
  if (ownerless === undefined) return []
  const hosts = ownerless.waitsFor.map(peer => `${peer}(${nicknames.get(peer) ?? ''})`).join(', ')
  const cause = `${ownerless.addresses} IPs of this host's range have no owner, and wait for hosts of which nothing is known`
  return [`${cause}: ${hosts}: start them, or 'npx weave-provision remove HOST' on the control machine`]
}

function formatPeer(
  peer: IpamStatus['peers'][number],
  { total, active }: IpamStatus,
  nicknames: ReadonlyMap<string, string>,
): string {
  const name = `${peer.name}(${nicknames.get(peer.name) ?? ''})`.padEnd(37)
  const share = total === 0n ? 0 : (Number(peer.addresses) / Number(total)) * 100
  const count = `${String(peer.addresses).padStart(8)} IPs (${share.toFixed(1).padStart(4, '0')}% of total)`
  if (peer.isSelf) return `${name} ${count} (${active} active)`
  if (peer.isReachable) return `${name} ${count}`
  const minutes = peer.takenOverInMs === undefined ? undefined : Math.ceil(peer.takenOverInMs / 60_000)
  return `${name} ${count} - unreachable!${minutes === undefined ? '' : ` taken over in ${minutes} min`}`
}
