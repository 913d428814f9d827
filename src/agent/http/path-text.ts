import type { PeerStatus, RouterStatus } from '../../core/router/index.ts'
import type { PeerTraffic } from '../datapath/messages.ts'
import type { FastPathReport } from '../fastpath/fast-path-port.ts'
import { describeMeasured } from './measured-text.ts'

/** One peer: how frames get there, through whom, since when and why, and how that goes. */
export interface PathView {
  readonly name: string
  readonly nickname: string
  readonly kind: 'fast' | 'direct' | 'punched' | 'relayed' | 'none'
  /** The first relay's nickname, where there is one. */
  readonly via?: string
  readonly hops?: number
  readonly forMs?: number
  readonly reason: string
  readonly roundTripMs?: number
  /** Share of the last probes without an answer, 0 to 1. */
  readonly loss?: number
  readonly mtu?: number
  /** Sealed datagrams for the peer and from it, probes included, and frames on the fast path, but for floods to it, which go to all at once. */
  readonly bytesSent?: number
  readonly bytesReceived?: number
}

export interface PathTraffic {
  readonly sleeve: readonly PeerTraffic[]
  /** Absent where there is no fast path. */
  readonly fast?: FastPathReport['peers'] | undefined
}

export function describePaths(status: RouterStatus, traffic: PathTraffic): readonly PathView[] {
  const fast = new Set(status.fastPath?.peers.map(({ peer }) => peer))
  const bytes = new Map(traffic.sleeve.map(entry => [entry.peer, entry]))
  return status.peers
    .filter(peer => !peer.isSelf)
    .map(peer => {
      const [sealed, inKernel] = [bytes.get(peer.shortId), traffic.fast?.[peer.shortId]]
      return {
        ...describePath(peer, status.peers, fast.has(peer.shortId)),
        ...(sealed === undefined && inKernel === undefined ? {} : sumOf(sealed, inKernel)),
      }
    })
}

function sumOf(
  sealed: PeerTraffic | undefined,
  inKernel: FastPathReport['peers'][number] | undefined,
): Pick<PathView, 'bytesSent' | 'bytesReceived'> {
  return {
    bytesSent: (sealed?.sentBytes ?? 0) + (inKernel?.bytesSent ?? 0),
    bytesReceived: (sealed?.receivedBytes ?? 0) + (inKernel?.bytesReceived ?? 0),
  }
}

function describePath(peer: PeerStatus, peers: readonly PeerStatus[], isFast: boolean): PathView {
  const { name, nickname, path, hops, nextHop } = peer
  if (path === undefined) return { name, nickname, kind: 'none', reason: 'no path of established links leads there' }
  const relay = path.kind === 'relayed' ? peers.find(other => other.name === nextHop) : undefined
  const { kind, reason, ...measured } = path
  return {
    name,
    nickname,
    kind: isFast ? 'fast' : kind,
    reason: isFast ? 'every hop is on the fast path' : reason,
    ...(relay === undefined ? {} : { via: relay.nickname }),
    ...(hops === undefined ? {} : { hops }),
    ...measured,
  }
}

/** A line for each peer. */
export function formatPaths(paths: readonly PathView[]): string {
  return paths.map(path => `${formatPath(path)}\n`).join('')
}

function formatPath({ name, nickname, kind, via, ...path }: PathView): string {
  const way = via === undefined ? kind : `${kind} via ${via}`
  const facts = describeMeasured(path)
  const widths = [11, 10, 10, 15, 19]
  const columns = facts.map((fact, i) => fact.padEnd(widths[i] ?? 0)).join(' ')
  return `${`${name}(${nickname})`.padEnd(37)} ${way.padEnd(20)} ${columns} ${path.reason}`
}
