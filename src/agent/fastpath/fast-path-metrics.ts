import type { FastPathStatus } from '../../core/router/index.ts'
import type { Metric } from '../metrics/metric.ts'
import type { FastPathReport } from './fast-path-port.ts'

/** What went over the kernel's fast path, to whom, and what was dropped for which reason; nothing when there is none. */
export function fastPathMetrics(
  status: FastPathStatus | undefined,
  report: FastPathReport | undefined,
): readonly Metric[] {
  if (status === undefined || report === undefined) return []
  const counters = Object.entries(report.counters)
  const ofKind = (isDrop: boolean) => counters.filter(([name]) => name.startsWith('dropped') === isDrop)
  const peers = Object.entries(report.peers)
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
      name: 'weave_fast_path_bytes_total',
      help: 'Bytes of frames on the fast path, by peer and direction; sent: without floods, and neither has what is relayed.',
      type: 'counter',
      samples: peers.flatMap(([peer, traffic]) => [
        { labels: { peer, direction: 'sent' }, value: traffic.bytesSent },
        { labels: { peer, direction: 'received' }, value: traffic.bytesReceived },
      ]),
    },
  ]
}

/** `fromSleeve` is `from_sleeve`. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter, at: number) => `${at === 0 ? '' : '_'}${letter.toLowerCase()}`)
}
