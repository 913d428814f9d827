import type { FastPathStatus } from '../../core/router/index.ts'
import type { Metric } from '../metrics/metric.ts'
import type { FastPathReport } from './fast-path-port.ts'
import type { Load } from './map-values.ts'

/** What went over the kernel's fast path, to whom, and what was dropped for which reason; nothing when there is none. */
export function fastPathMetrics(
  status: FastPathStatus | undefined,
  report: FastPathReport | undefined,
): readonly Metric[] {
  if (status === undefined || report === undefined) return []
  const counters = Object.entries(report.counters)
  const ofKind = (isDrop: boolean) => counters.filter(([name]) => name.startsWith('dropped') === isDrop)
  const loads = loadsOf(report)
  return [
    {
      name: 'weave_flows',
      help: 'Peers that the kernel forwards frames to by itself (Weave row MET-05).',
      type: 'gauge',
      samples: [{ value: status.peers.length }],
    },
    {
      name: 'weave_fast_path_frames_total',
      help: 'Frames on the fast path, by what the kernel did with them.',
      type: 'counter',
      samples: ofKind(false).map(([name, value]) => ({ labels: { action: snakeCase(name) }, value })),
    },
    {
      name: 'weave_fast_path_dropped_total',
      help: 'Frames that the fast path dropped, by reason.',
      type: 'counter',
      samples: ofKind(true).map(([name, value]) => ({ labels: { reason: snakeCase(name.slice(7)) }, value })),
    },
    {
      name: 'weave_fast_path_peer_frames_total',
      help: `Frames on the fast path, ${BY_PEER}`,
      type: 'counter',
      samples: loads.map(({ labels, frames }) => ({ labels, value: frames })),
    },
    {
      name: 'weave_fast_path_bytes_total',
      help: `Bytes of frames on the fast path, ${BY_PEER}`,
      type: 'counter',
      samples: loads.map(({ labels, bytes }) => ({ labels, value: bytes })),
    },
  ]
}

const BY_PEER =
  'by peer and direction; floods are sent to the peer all, and what is relayed is that of the peer it is from.'

function loadsOf({ flooded, peers }: FastPathReport) {
  const load = (peer: string, direction: string, { frames, bytes }: Load) => {
    return { labels: { peer, direction }, frames, bytes }
  }
  return [
    load('all', 'sent', flooded),
    ...Object.entries(peers).flatMap(([peer, traffic]) => [
      load(peer, 'sent', { frames: traffic.framesSent, bytes: traffic.bytesSent }),
      load(peer, 'received', { frames: traffic.framesReceived, bytes: traffic.bytesReceived }),
      load(peer, 'relayed', traffic.relayed),
    ]),
  ]
}

/** `fromSleeve` is `from_sleeve`. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter, at: number) => `${at === 0 ? '' : '_'}${letter.toLowerCase()}`)
}
