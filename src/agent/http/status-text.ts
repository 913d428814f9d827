import { formatEndpoint } from '../../base/endpoint.ts'
import type { ConnectionStatus, PeerStatus, RouterStatus } from '../../core/router/index.ts'
import { PROTOCOL_VERSION } from '../../core/router/index.ts'
import { describeMeasured } from './measured-text.ts'

export type { PeerStatus }

/** The texts of `weave status`, in the layout that scripts written for Weave read (rows STAT-01, STAT-05, STAT-06). */

const KEY_WIDTH = 15
const CONNECTION_STATES: readonly ConnectionStatus['state'][] = [
  'established',
  'pending',
  'retrying',
  'failed',
  'connecting',
]

/** How peers are told from strangers, and networks named as trusted. */
export interface AdmissionStatus {
  readonly kind: 'certificates' | 'password' | 'anybody'
  readonly trustedSubnets: readonly string[]
  /** Connections that were refused, by reason. */
  readonly refused: Readonly<Record<string, number>>
}

/** The first word is Weave's; frames are encrypted in each case. */
const ENCRYPTION: Readonly<Record<AdmissionStatus['kind'], string>> = {
  certificates: 'enabled',
  password: 'enabled (password)',
  anybody: 'enabled, but WHOEVER REACHES THIS HOST IS LET IN: set a password (weave password --file FILE)',
}

export function formatStatus(status: RouterStatus, version: string, admission: AdmissionStatus): string {
  const known = status.peers.filter(peer => peer.isSelf || peer.isReachable)
  const rows: readonly (readonly [string, string])[] = [
    ['Service', 'router'],
    ['Protocol', `weave-provision ${PROTOCOL_VERSION}`],
    ['Name', nameOf(status)],
    ['Encryption', `${ENCRYPTION[admission.kind]}${describeClear(status, admission.trustedSubnets)}`],
    ['PeerDiscovery', status.discovery ? 'enabled' : 'disabled'],
    ['Targets', String(status.targets.length)],
    ['Connections', countConnections(status.connections)],
    ['Peers', countPeers(known)],
    ['TrustedSubnets', describeSubnets(admission.trustedSubnets, status.fastPath !== undefined)],
    ...describeFastPath(status),
    ...describeSleeve(status),
  ]
  return `${formatRow('Version', `${version} (version check update disabled)`)}\n${rows.map(([key, value]) => formatRow(key, value)).join('')}`
}

/** `isVerbose`: what is measured comes behind the columns that scripts read, with two blanks before each figure. */
export function formatConnections(connections: readonly ConnectionStatus[], isVerbose = false): string {
  return connections
    .map(connection => {
      const { direction, address, state, info } = connection
      const row = `${arrowOf(direction)} ${formatEndpoint(address).padEnd(21)} ${state.padEnd(11)} ${info}`.trimEnd()
      return isVerbose ? [row, ...describeMeasured(connection).filter(fact => fact !== '-')].join('  ') : row
    })
    .map(line => `${line}\n`)
    .join('')
}

function describeFastPath({ fastPath, fastPathMissing }: RouterStatus): readonly (readonly [string, string])[] {
  const missing = fastPathMissing === undefined ? '' : `frames take the slower sleeve: ${fastPathMissing}`
  if (fastPath === undefined) return missing === '' ? [] : [['FastPath', `missing, ${missing}`]]
  const open = fastPath.links.filter(link => link.isOpen)
  const tunnels = open.filter(link => link.isEncrypted).length
  const through = fastPath.hasTunnels ? `, ${tunnels} of them WireGuard` : ''
  const counts = `${fastPath.peers.length} peers over ${open.length} links${through}, ${fastPath.changes} changes`
  return [['FastPath', `enabled (${counts})${missing === '' ? '' : `; other ${missing}`}`]]
}

function describeSleeve({ sleeveMissing }: RouterStatus): readonly (readonly [string, string])[] {
  if (sleeveMissing === undefined) return []
  return [['Sleeve', `missing, containers here reach hosts on the fast path only: ${sleeveMissing}`]]
}

/** What an unreachable peer last said of its connections is no longer so. */
export function formatPeers(peers: readonly PeerStatus[]): string {
  return peers
    .map(peer => {
      const isKnown = peer.isSelf || peer.isReachable
      if (!isKnown) return `${nameOf(peer)} - unreachable!\n${formatFlapping(peer)}`
      return `${nameOf(peer)}\n${formatTwins(peer)}${formatFlapping(peer)}${formatClock(peer)}${peer.connections.map(formatPeerConnection).join('')}`
    })
    .join('')
}

function formatTwins({ twins }: PeerStatus): string {
  return twins === undefined ? '' : `   two routers claim to be this one: at ${twins.at} and at ${twins.andAt}\n`
}

function formatFlapping({ flapping, unsteady }: PeerStatus): string {
  const inSeconds = (ms: number) => Math.ceil(ms / 1_000)
  const lines = [
    ...(flapping === undefined
      ? []
      : [`it has started ${flapping.starts} times lately: links with it wait for ${inSeconds(flapping.heldForMs)} s`]),
    ...(unsteady === undefined
      ? []
      : [
          `it has come back ${unsteady.returns} times lately: links with it count after ${inSeconds(unsteady.provesAfterMs)} s`,
        ]),
  ]
  return lines.map(line => `   ${line}\n`).join('')
}

function formatClock({ clockAheadMs }: PeerStatus): string {
  if (clockAheadMs === undefined) return ''
  const seconds = Math.round(Math.abs(clockAheadMs) / 1_000)
  return `   its clock is ${seconds} s ${clockAheadMs > 0 ? 'ahead of' : 'behind'} ours\n`
}

export function formatTargets(targets: RouterStatus['targets']): string {
  return targets.map(target => `${formatEndpoint(target)}\n`).join('')
}

function formatPeerConnection(connection: PeerStatus['connections'][number]): string {
  const { direction, address, peer, nickname, isEstablished } = connection
  const name = nameOf({ name: peer, nickname }).padEnd(37)
  const state = isEstablished ? 'established' : 'pending'
  return `   ${arrowOf(direction)} ${formatEndpoint(address).padEnd(21)} ${name} ${state}\n`
}

/** Frames on the fast path are not sealed, and that is said where one looks for encryption. */
function describeClear({ fastPath }: RouterStatus, trusted: readonly string[]): string {
  if (fastPath === undefined || trusted.length === 0) return ''
  const isEverywhere = trusted.some(network => network.endsWith('/0'))
  return isEverywhere ? '; NOT FOR FRAMES ON THE FAST PATH, to any member' : '; not for frames within TrustedSubnets'
}

function describeSubnets(subnets: readonly string[], hasFastPath: boolean): string {
  const all = hasFastPath ? '' : ' (encrypted all the same)'
  return subnets.length === 0 ? 'none' : `${subnets.join(', ')}${all}`
}

/** `5 (2 established, 3 failed)`. */
function countConnections(connections: readonly ConnectionStatus[]): string {
  const counts = CONNECTION_STATES.flatMap(state => {
    const count = connections.filter(connection => connection.state === state).length
    return count === 0 ? [] : [`${count} ${state}`]
  })
  return withDetail(connections.length, counts.join(', '))
}

/** `3 (with 4 established, 2 pending connections)`: each connection is seen from both its ends. */
function countPeers(peers: readonly PeerStatus[]): string {
  const all = peers.flatMap(peer => peer.connections)
  const established = all.filter(connection => connection.isEstablished).length
  const parts = [
    ...(established === 0 ? [] : [`${established} established`]),
    ...(all.length === established ? [] : [`${all.length - established} pending`]),
  ]
  return withDetail(peers.length, parts.length === 0 ? '' : `with ${parts.join(', ')} connections`)
}

function withDetail(count: number, detail: string): string {
  return detail === '' ? String(count) : `${count} (${detail})`
}

function formatRow(key: string, value: string): string {
  return `${key.padStart(KEY_WIDTH)}: ${value}\n`
}

function nameOf(peer: { readonly name: string; readonly nickname: string }): string {
  return `${peer.name}(${peer.nickname})`
}

function arrowOf(direction: 'outbound' | 'inbound'): string {
  return direction === 'outbound' ? '->' : '<-'
}
